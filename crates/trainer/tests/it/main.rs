//! The tests of this crate, in one program: linking one costs less than linking many.

// Tests compare with the system's functions.
#![allow(clippy::disallowed_methods)]

mod bregman;
mod checkpoint;
mod enumeration;
mod flow;
mod golden;
mod linear;
mod many_queries;
mod observers;
mod optimality;
mod path;
mod resumption;
mod small;
mod stopping;
mod threads;
mod trajectory;
