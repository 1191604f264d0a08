//! Classifiers: points and labels in, a decision function out.
//!
//! | file | noun |
//! |---|---|
//! | `lp_classifier`, `wish` | what is asked for: the norm, the penalty, the intercept, the weights of classes |
//! | `classes` | the classes that labels name, and which of them get a hyperplane |
//! | `binary` | one class against the rest: the problem, the solve, what it proves |
//! | `model` | what is learned: coefficients, intercepts, supports, predictions |
//! | `verification` | the proofs of all classes, checked once more |

mod binary;
mod classes;
mod lp_classifier;
mod model;
mod verification;
mod wish;

pub use binary::{ClassSeparator, Proof};
pub use lp_classifier::LpClassifier;
pub use model::{Fit, LpModel};
pub use verification::NotVerified;
pub use wish::{ClassWeights, Intercept, Penalty};
