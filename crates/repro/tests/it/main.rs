//! The tests of this crate, in one program: linking one costs less than linking many.

mod own_data;
mod own_pages;
mod own_runs;
mod reproduce;
mod svm_command;
mod verify_command;
