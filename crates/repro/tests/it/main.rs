//! The tests of this crate, in one program: linking one costs less than linking many.

mod browser;
mod committed_report;
mod documented_commands;
mod fences;
#[cfg(target_os = "linux")]
mod hosts;
mod own_data;
mod own_pages;
mod own_runs;
mod page;
mod reproduce;
mod seeds;
#[cfg(target_os = "linux")]
mod slurm;
mod svm_command;
mod verify_command;
