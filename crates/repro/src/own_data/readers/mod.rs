//! Bring your own data: files in JSON or NPZ, checked entry by entry.

mod count;
mod error;
mod file;
mod foreign;
mod json;
mod limits;
mod nested;
mod npy;
mod npy_header;
mod npz;
mod npz_writer;
mod padding;
mod parts;
mod selection;
mod source;
mod warning;

pub use error::{DataError, DataProblem};
pub use file::DataFile;
pub use foreign::Foreign;
pub use json::syntax;
pub use npz::read_arrays;
pub use npz_writer::write_arrays;
pub use selection::{parse as parse_selection, read_selection};
pub use source::read_bytes;
pub use warning::DataWarning;
