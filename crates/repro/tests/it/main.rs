//! The tests of this crate, in one program: linking one costs less than linking many.

mod own_data;
mod own_runs;
mod reproduce;
mod seeds;
mod svm_command;
mod verdicts;
mod verify_command;
