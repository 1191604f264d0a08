//! The tests of this crate from outside, in one program.

mod several_machines;
mod sums;
