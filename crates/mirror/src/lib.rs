//! Mirror maps, Bregman divergences and mirror descent, with its baselines. Knows no model.
//!
//! | noun | what it is |
//! |---|---|
//! | [`LpNorm`] | $\lVert\cdot\rVert_p$ for $p > 1$, with its conjugate exponent |
//! | [`Potential`], [`PowerPotential`] | $\psi(w) = \tfrac1p\lVert w\rVert_p^p$: mirror map, inverse, conjugate |
//! | [`bregman_divergence`], [`directional_bregman`] | how far apart two points, or two directions, are in that geometry |

mod bregman;
mod error;
mod norm;
mod potential;

pub use bregman::{bregman_divergence, directional_bregman};
pub use error::MirrorError;
pub use norm::LpNorm;
pub use potential::{Potential, PowerPotential};
