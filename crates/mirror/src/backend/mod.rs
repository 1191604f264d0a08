//! Methods on numbers of any kind: what they ask of a backend, and slices as one.

mod definition;
mod entrywise;
mod form;
mod parts;
mod real;
mod slice_state;
mod slice_step;
mod slices;
mod tensor_method;

pub use definition::Backend;
pub use entrywise::{EntrywiseMap, EntrywiseNorm};
pub use form::{DirectionForm, SpaceForm};
pub use parts::{Ahead, At, Iterate, Keeps, Past, Remembered};
pub use real::Real;
pub use slice_state::SliceState;
pub use slice_step::{Outcome, SliceTensor};
pub use slices::{Layout, Shape, Slices};
pub use tensor_method::TensorMethod;

pub(crate) use real::CHUNK;
