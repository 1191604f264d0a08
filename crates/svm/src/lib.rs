//! The lp hard-margin SVM, certified.

mod certificate;
mod curve;
mod direction;
mod error;
mod farkas;
mod interior_point;
mod iterate;
mod limits;
mod newton;
mod outcome;
mod problem;
mod rows;
mod search;
mod settings;
mod solve;
mod work;
mod working_set;

pub use certificate::{
    FarkasCertificate, KktResidual, MarginInterval, kkt_residual, margin_interval,
};
pub use error::SvmError;
pub use outcome::{MaxMargin, Outcome, StallReason, Stalled};
pub use problem::HardMarginProblem;
pub use settings::SvmSettings;
pub use solve::solve;
pub use work::WorkCounters;
