//! The tests of this crate, in one program: linking one costs less than linking many.

// Tests compare with the system's functions.
#![allow(clippy::disallowed_methods)]

mod baselines;
mod conformance;
mod descent_norms;
mod divergence;
mod fine_tuning;
mod geometries;
mod grid;
mod max_margin;
mod methods;
mod mirror_map_descent;
mod mirror_map_values;
mod mirror_maps;
mod potential;
mod refusal;
mod resumption;
mod risks;
mod step_rules;
mod value_stability;
