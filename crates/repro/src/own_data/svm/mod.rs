//! `svm`: a certified classifier of rows with labels, without attention.

mod arguments;
mod command;
mod data;
mod result;

pub use arguments::SvmArgs;
pub use command::svm;
