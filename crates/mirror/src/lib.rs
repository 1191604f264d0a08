//! Mirror maps, Bregman divergences and mirror descent, with its baselines. Knows no model.
//!
//! | noun | what it is |
//! |---|---|
//! | [`LpNorm`] | $\lVert\cdot\rVert_p$ for $p > 1$, with its conjugate exponent |
//! | [`Potential`], [`PowerPotential`] | $\psi(w) = \tfrac1p\lVert w\rVert_p^p$: mirror map, inverse, conjugate |
//! | [`bregman_divergence`], [`directional_bregman`] | how far apart two points, or two directions, are in that geometry |
//! | [`Optimizer`] | the interface: a configuration, a state that serialises, a step |
//! | [`MirrorDescent`], [`StepSize`] | the method, keeping the dual iterate, and its step rules |
//! | [`SteepestDescent`], [`Adam`], [`MirrorDescent::gradient_descent`] | the baselines |

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod adam;
mod bregman;
mod error;
mod mirror_descent;
mod norm;
mod optimizer;
mod potential;
mod steepest_descent;
mod step_size;

pub use adam::{Adam, AdamState};
pub use bregman::{bregman_divergence, directional_bregman};
pub use error::MirrorError;
pub use mirror_descent::{DualState, MirrorDescent};
pub use norm::LpNorm;
pub use optimizer::{Optimizer, Progress};
pub use potential::{Potential, PowerPotential};
pub use steepest_descent::{SteepestDescent, SteepestState};
pub use step_size::StepSize;
