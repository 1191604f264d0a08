//! Mirror descent as an optimizer for deep models.
//!
//! | noun | what it is |
//! |---|---|
//! | [`MirrorDescentConfig`], [`MirrorDescent`], [`DualState`] | ℓp mirror descent as an optimizer of the framework, keeping the dual point |
//! | [`Composed`] | any other method of `mirrorhead-mirror`: its directions, memories, step rules and potentials |
//! | [`StepRule`], [`Momentum`] | how long its steps are, and what they remember |
//! | [`FusedAdamConfig`], [`FusedAdam`], [`AdamMoments`], [`WeightDecay`] | Adam, the baseline, in one sweep over memory |
//! | [`RefusedUpdates`] | the updates that were not made because they are not finite |

#![forbid(unsafe_code)]
#![deny(missing_docs)]
// Tests compare with the system's functions.
#![cfg_attr(test, allow(clippy::disallowed_methods))]

mod adam;
mod error;
mod memory;
mod mirror_descent;
mod width;

pub use adam::{AdamMoments, FusedAdam, FusedAdamConfig, WeightDecay};
pub use error::DeepError;
pub use mirror_descent::{
    Composed, DualState, MirrorDescent, MirrorDescentConfig, Momentum, RefusedUpdates, StepRule,
};

/// How to use the optimizer in a model of one's own: the book's page, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/use-in-your-model.md")]
struct UseInYourModel;
