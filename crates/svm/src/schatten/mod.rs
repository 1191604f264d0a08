//! The hard-margin SVM over matrices: `$\min \lVert W\rVert_{S_p}$` subject to `$A \operatorname{vec}(W) \ge b$`.

mod frame;
mod iterate;
mod method;
mod norm;
mod norm_bound;
mod problem;
mod scalar_curve;
mod solve;
mod spectral_curve;
mod stored_rows;

pub use norm::SchattenNorm;
pub use problem::SchattenProblem;
pub use solve::solve_schatten;
