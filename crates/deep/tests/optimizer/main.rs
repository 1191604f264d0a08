//! Mirror descent as an optimizer of the framework.

// Tests compare with the system's functions.
#![allow(clippy::disallowed_methods)]

mod adam;
mod agreement;
mod checkpoint;
mod conformance;
mod draws;
mod example;
mod geometry;
#[cfg(feature = "wgpu")]
mod gpu;
mod groups;
mod half_precision;
mod memory;
mod network;
mod outside;
mod properties;
mod refusal;
