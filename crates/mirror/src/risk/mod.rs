//! Risks: what is minimised, over a list of tensors, with gradients that carry their scale.

mod class_risk;
mod closure;
mod definition;
mod diagonal_net;
mod error;
mod linear_risk;
mod loss;
mod margin_losses;

pub use class_risk::{ClassWorkspace, LinearClassRisk};
pub use closure::{RiskOf, risk_of};
pub use definition::Risk;
pub use diagonal_net::{DiagonalNet, DiagonalNetWorkspace};
pub use error::RiskError;
pub use linear_risk::{LinearRisk, LinearWorkspace};
pub use loss::Loss;
pub use margin_losses::MarginLosses;
