//! The methods of the core as optimizers of the framework, with the dual point as their state.

mod composed;
mod config;
mod dual_state;
mod method;
mod momentum;
mod refused;
mod slices;
mod step;
mod step_rule;
mod tensor_backend;
mod tensor_powers;
mod tensors;

pub use self::composed::Composed;
pub use self::config::MirrorDescentConfig;
pub use self::dual_state::DualState;
pub use self::method::MirrorDescent;
pub use self::momentum::Momentum;
pub use self::refused::RefusedUpdates;
pub use self::step_rule::StepRule;
