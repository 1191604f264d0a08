//! Soft margins and intercepts: the classifier that gives up a row for a price, with proof.
//!
//! | file | noun |
//! |---|---|
//! | `problem` | the problem |
//! | `regularizer` | `$\varphi(w)$` and its conjugate |
//! | `interior_point` | the method; its state is an `iterate`, its matrices `newton`, its step a `direction` |
//! | `curve`, `power_tangents`, `subdifferential`, `linearization` | what ties `$w$` to `$A^\top\lambda$`: a power, or a staircase at either end |
//! | `reference` | the strength of the penalty for exponents on the way from 2 to `$p$` |
//! | `search` | attempts, each for what the last may have failed by |
//! | `given_up` | the solution without any `$w$` |
//! | `high_prices` | prices at which no row is given up |
//! | `units` | the powers of two that bring data and prices into the range of doubles |
//! | `balance` | multipliers that meet `$y^\top\lambda = 0$` exactly |
//! | `operators` | rows times labels, and columns appended to an operator |
//! | `centred` | columns far from zero, taken from their middle |
//! | `plane` | a hyperplane with an intercept, and its size |
//! | `own_columns` | contradictions, as those of rows and signs as they are |
//! | `intercept` | hard margins with an intercept, by such prices or in many digits |
//! | `certificate`, `solution` | what a pair proves, and what a solve returns |

mod balance;
mod centred;
mod certificate;
mod curve;
mod direction;
mod given_up;
mod high_prices;
mod intercept;
mod interior_point;
mod iterate;
mod linearization;
mod newton;
mod operators;
mod own_columns;
mod plane;
mod power_tangents;
mod problem;
mod reference;
mod regularizer;
mod search;
mod solution;
mod solve;
mod subdifferential;
mod units;

pub use certificate::{ObjectiveInterval, objective_interval};
pub(crate) use operators::{Appended, Augmented, ScaledRows};
pub(crate) use units::log_size;

pub use intercept::{InterceptMargin, InterceptOutcome, solve_with_intercept};
pub use problem::SoftMarginProblem;
pub use solution::{SoftMargin, SoftOutcome};
pub(crate) use solve::solve_soft_in_doubles;
pub use solve::{solve_soft, solve_soft_from};
