//! Methods on numbers of any kind: what they ask of a backend, and slices as one.

mod definition;
mod form;
mod real;
mod slice_state;
mod slice_step;
mod slices;
mod tensor_method;

pub use definition::Backend;
pub use form::{DirectionForm, EntrywiseMap, EntrywiseNorm, SpaceForm};
pub use real::Real;
pub use slice_state::SliceState;
pub use slice_step::{Outcome, SliceTensor};
pub use slices::{Layout, Shape, Slices};
pub use tensor_method::{Ahead, At, Iterate, Keeps, Past, Remembered, TensorMethod};

pub(crate) use real::CHUNK;
