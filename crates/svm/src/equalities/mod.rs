//! Margins under linear equalities: `$\max_{\lVert w\rVert_p \le 1,\ E w = 0} \min_j (A w)_j$`.
//!
//! Hardly any `$w$` of doubles satisfies `$E w = 0$`, and of what nearly does nothing would be proven. So a solution has a
//! column for each independent equality whose entry is a fraction, the one that the others determine
//! ([`ExactEntries`]), and proofs are about that vector.

mod best;
mod certificate;
mod exact_point;
mod farkas;
mod fraction;
mod many_digits;
mod multipliers;
mod null_space;
mod pivot_system;
mod problem;
mod reduction;
mod rounds;
mod search;
mod solution;
mod solve;
mod stacked;

pub use self::exact_point::{ExactEntries, ExactEntry};
pub use self::farkas::EqualityFarkas;
pub use self::problem::EqualityProblem;
pub use self::solution::{EqualityMargin, EqualityOutcome, NoEqualityMargin};
pub use self::solve::solve_with_equalities;
