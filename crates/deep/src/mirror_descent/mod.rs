//! Mirror descent as an optimizer of the framework, with the dual point as its state.

mod chunk;
mod config;
mod dual_state;
mod dual_step;
mod method;
mod momentum;
mod optimizer;
mod refused;
mod signed_powers;
mod slices;
mod step_rule;
mod tensor_powers;
mod tensors;

pub use self::config::MirrorDescentConfig;
pub use self::dual_state::DualState;
pub use self::method::MirrorDescent;
pub use self::momentum::Momentum;
pub use self::refused::RefusedUpdates;
pub use self::step_rule::StepRule;
