//! Bring your own data: files in JSON or NPZ, checked entry by entry.

mod count;
mod error;
mod file;
mod json;
mod npy;
mod npz;
mod selection;

pub use error::{DataError, DataProblem};
pub use file::{DataFile, read_bytes};
pub use selection::read_selection;
