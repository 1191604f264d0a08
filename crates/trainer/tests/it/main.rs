//! The tests of this crate, in one program: linking one costs less than linking many.

mod bregman;
mod checkpoint;
mod enumeration;
mod flow;
mod golden;
mod linear;
mod observers;
mod optimality;
mod path;
mod resumption;
mod small;
mod stopping;
mod threads;
mod trajectory;
