//! Mirror maps, Bregman divergences and mirror descent, with its baselines. Knows no model.
//!
//! | noun | what it is |
//! |---|---|
//! | [`LpNorm`] | $\lVert\cdot\rVert_p$ for $p > 1$, with its conjugate exponent |
//! | [`Potential`] | $\psi$: mirror map, inverse, conjugate, norms |
//! | [`PowerPotential`], [`SquaredNormPotential`] | $\tfrac1p\lVert w\rVert_p^p$, the paper's, and $\tfrac12\lVert w\rVert_p^2$ |
//! | [`SchattenPotential`] | $\tfrac1p\sum_i\sigma_i(W)^p$, of matrices |
//! | [`HypentropyPotential`], [`EntropyPotential`] | hyperbolic entropy, and entropy on the simplex |
//! | [`OutsideDomain`] | why a tensor is no point of a potential's domain |
//! | [`bregman_divergence`], [`directional_bregman`] | how far apart two points, or two directions, are in that geometry |
//! | [`Optimizer`] | the interface: a configuration, a state that serialises, a step |
//! | [`MirrorDescent`], [`StepSize`] | the method, keeping the dual iterate, and its step rules |
//! | [`SteepestDescent`], [`Adam`], [`MirrorDescent::gradient_descent`] | the baselines |
//! | [`DescentNorm`], [`MaxNorm`], [`SpectralNorm`] | the norms of steepest, sign and spectral descent |

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod adam;
mod bregman;
mod descent_norm;
mod domain;
mod entropy;
mod error;
mod hypentropy;
mod mirror_descent;
mod norm;
mod optimizer;
mod potential;
mod schatten;
mod squared_norm;
mod steepest_descent;
mod step_size;

pub use adam::{Adam, AdamState};
pub use bregman::{bregman_divergence, directional_bregman};
pub use descent_norm::{DescentNorm, MaxNorm, SpectralNorm};
pub use domain::OutsideDomain;
pub use entropy::EntropyPotential;
pub use error::MirrorError;
pub use hypentropy::HypentropyPotential;
pub use mirror_descent::{DualState, MirrorDescent};
pub use norm::LpNorm;
pub use optimizer::{Optimizer, Progress};
pub use potential::{Potential, PowerPotential};
pub use schatten::SchattenPotential;
pub use squared_norm::SquaredNormPotential;
pub use steepest_descent::{SteepestDescent, SteepestState};
pub use step_size::StepSize;

/// How to add a mirror map: the book's page, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/add-a-mirror-map.md")]
struct AddAMirrorMap;
