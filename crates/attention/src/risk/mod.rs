//! Risks of attention heads.

mod factored_risk;
mod joint_risk;
mod key_query_risk;
mod multi_class_risk;
mod multi_head_risk;
mod next_token_risk;
mod sample_gradients;

pub use factored_risk::{FactoredRisk, FactoredWorkspace};
pub use joint_risk::{JointRisk, JointWorkspace};
pub use key_query_risk::{KeyQueryRisk, KeyQueryWorkspace};
pub use multi_class_risk::{MultiClassRisk, MultiClassWorkspace};
pub use multi_head_risk::{MultiHeadRisk, MultiHeadWorkspace};
pub use next_token_risk::{NextTokenRisk, NextTokenWorkspace};
