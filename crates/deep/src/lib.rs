//! Mirror descent as an optimizer for deep models, and the transformers of the paper's real-data
//! experiments.
//!
//! | noun | what it is |
//! |---|---|
//! | [`MirrorDescentConfig`], [`MirrorDescent`], [`DualState`] | lp mirror descent as an optimizer of the framework, keeping the dual point |
//! | [`StepRule`], [`Momentum`] | how long its steps are, and what they remember |
//! | [`RefusedUpdates`] | the updates that were not made because they are not finite |
//! | [`TextClassifier`], [`VisionTransformer`] | the paper's models, with attention weights exposed |
//! | [`EncoderBlock`], [`SelfAttention`] | what they are made of |
//! | [`Initial`], [`Noise`] | seeded weights and seeded dropout |
//! | [`Trainable`], [`TrainingRun`], [`evaluate`] | training an epoch at a time |
//! | [`Checkpoints`] | runs that can be stopped and resumed |

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod error;
mod mirror_descent;
mod training;
mod transformer;

pub use error::DeepError;
pub use mirror_descent::{
    DualState, MirrorDescent, MirrorDescentConfig, Momentum, RefusedUpdates, StepRule,
};
pub use training::{
    BatchLoss, Checkpoints, EpochEnd, Evaluation, Objective, Trainable, TrainingRun, evaluate,
    load_weights, save_weights,
};
pub use transformer::{
    EncoderBlock, ImageBatch, Initial, Noise, NormPlacement, PaddingMask, SelfAttention,
    TextClassifier, TextClassifierConfig, TokenBatch, VisionTransformer, VisionTransformerConfig,
};

/// How to use the optimizer in a model of one's own: the book's page, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/use-in-your-model.md")]
struct UseInYourModel;
