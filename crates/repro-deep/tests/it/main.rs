//! The tests of this crate, in one program: linking one costs less than linking many.

mod cifar10;
mod cifar10_equal_fit;
mod command_line;
