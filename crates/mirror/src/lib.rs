//! Mirror maps, Bregman divergences, first-order methods, and the risks that they minimise. Knows no token.
//!
//! | noun | what it is |
//! |---|---|
//! | [`Norm`] | `$\lVert\cdot\rVert_p$` for `$1 \le p \le \infty$`, of a number such as `1.5` |
//! | [`LpNorm`] | the same for `$1 < p < \infty$`, where it has a mirror map |
//! | [`Potential`] | `$\psi$`: mirror map, inverse, conjugate, norms |
//! | [`PowerPotential`], [`SquaredNormPotential`] | `$\tfrac1p\lVert w\rVert_p^p$`, the paper's, and `$\tfrac12\lVert w\rVert_p^2$` |
//! | [`SchattenPotential`] | `$\tfrac1p\sum_i\sigma_i(W)^p$`, of matrices |
//! | [`HypentropyPotential`], [`EntropyPotential`] | hyperbolic entropy, and entropy on the simplex |
//! | [`ElasticNetPotential`] | `$\lambda\lVert w\rVert_1 + \tfrac12\lVert w\rVert_2^2$`: exact zeros by a soft threshold |
//! | [`CentredPotential`], [`Geometry`] | a potential around a start; the potentials of a list of tensors |
//! | [`OutsideDomain`] | why a tensor is no point of a potential's domain |
//! | [`bregman_divergence`], [`bregman_from_dual`], [`directional_bregman`] | how far apart two points, or two directions, are in that geometry |
//! | [`Optimizer`] | the interface: a configuration, a state that serialises, a step |
//! | [`Method`] | a first-order method of four parts: [`Direction`], [`Memory`], [`StepSize`] with its [`Schedule`], [`Space`] |
//! | [`MirrorDescent`], [`SteepestDescent`], [`MirrorDescent::gradient_descent`] | three of them |
//! | [`SliceState`] | a method on slices of `f64` or `f32` with their own shape, order and precision |
//! | [`Backend`], [`TensorMethod`] | what methods ask of numbers of any kind, such as a framework's tensors; a method as it acts on one tensor |
//! | [`conformance`] | holds a backend against the formulas of every method |
//! | [`Adam`] | the baseline of deep learning, with its `$\epsilon$` |
//! | [`Risk`], [`Loss`], [`risk_of`] | what is minimised; the losses of margins; a risk made of a closure |
//! | [`LinearRisk`], [`LinearClassRisk`], [`DiagonalNet`] | linear classifiers over any operator; diagonal networks |
//! | [`DescentNorm`], [`MaxNorm`], [`SpectralNorm`] | the norms of steepest, sign and spectral descent |

#![forbid(unsafe_code)]
#![deny(missing_docs)]
// Tests compare with the system's functions.
#![cfg_attr(test, allow(clippy::disallowed_methods))]

mod adam;
mod backend;
mod bregman;
mod conformance;
mod descent_norm;
mod domain;
mod elastic_net;
mod entropy;
mod error;
mod geometry;
mod hypentropy;
mod lp_norm;
mod method;
mod norm;
mod optimizer;
mod potential;
mod risk;
mod schatten;
mod schedule;
mod squared_norm;
mod step_size;
mod step_start;

pub use adam::{Adam, AdamState};
pub use backend::{
    Ahead, At, Backend, DirectionForm, EntrywiseMap, EntrywiseNorm, Iterate, Keeps, Layout,
    Outcome, Past, Real, Remembered, Shape, SliceState, SliceTensor, Slices, SpaceForm,
    TensorMethod,
};
pub use bregman::{bregman_divergence, bregman_from_dual, directional_bregman};
pub use conformance::{ConformanceCase, Disagreement, Trial, conformance};
pub use descent_norm::{DescentNorm, MaxNorm, SpectralNorm};
pub use domain::OutsideDomain;
pub use elastic_net::ElasticNetPotential;
pub use entropy::EntropyPotential;
pub use error::{InvalidExponent, MirrorError};
pub use geometry::{Geometry, PotentialOfEach};
pub use hypentropy::HypentropyPotential;
pub use lp_norm::LpNorm;
pub use method::{
    Direction, Dual, DualState, Gradient, Memory, Method, MethodState, MirrorDescent, Primal,
    Space, Steepest, SteepestDescent,
};
pub use norm::Norm;
pub use optimizer::{Optimizer, Progress};
pub use potential::{CentredPotential, Potential, PowerPotential};
pub use risk::{
    ClassWorkspace, DiagonalNet, DiagonalNetWorkspace, LinearClassRisk, LinearRisk,
    LinearWorkspace, Loss, MarginLosses, Risk, RiskError, RiskOf, risk_of,
};
pub use schatten::SchattenPotential;
pub use schedule::{Schedule, ScheduledStep};
pub use squared_norm::SquaredNormPotential;
pub use step_size::StepSize;

/// How to add a mirror map: the book's page, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/add-a-mirror-map.md")]
struct AddAMirrorMap;

/// The methods by their names, likewise.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/methods.md")]
struct Methods;

/// The example of the crate's page, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
