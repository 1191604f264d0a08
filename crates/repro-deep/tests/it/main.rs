//! The tests of this crate, in one program: linking one costs less than linking many.

mod cifar10;
mod command_line;
