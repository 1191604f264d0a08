//! First-order methods as compositions: direction, memory, step rule, space.

mod composition;
mod direction;
mod memory;
mod method_parts;
mod mirror_descent;
mod space;
mod state;
mod steepest_descent;

pub use composition::Method;
pub use direction::{Direction, Gradient, Steepest};
pub use memory::Memory;
pub use mirror_descent::MirrorDescent;
pub use space::{Dual, Primal, Space};
pub use state::{DualState, MethodState};
pub use steepest_descent::SteepestDescent;
