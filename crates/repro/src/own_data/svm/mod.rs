//! `svm`: a certified classifier of rows with labels, without attention.

mod arguments;
mod command;
mod data;
mod result;
mod verify;
mod wish;

pub use arguments::SvmArgs;
pub use command::svm;
pub use verify::verify_svm;
