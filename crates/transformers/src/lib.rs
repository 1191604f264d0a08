//! The transformers of the paper's real-data experiments, and their training.
//!
//! | noun | what it is |
//! |---|---|
//! | [`TextClassifier`], [`VisionTransformer`] | the paper's models, with attention weights exposed |
//! | [`EncoderBlock`], [`SelfAttention`] | what they are made of |
//! | [`TokenBatch`], [`ImageBatch`], [`PaddingMask`] | what they read |
//! | [`Initial`], [`Noise`] | seeded weights and seeded dropout |
//! | [`Trainable`], [`TrainingRun`], [`evaluate`] | training an epoch at a time, with any optimizer of the framework |
//! | [`Checkpoints`] | runs that can be stopped and resumed |

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod encoder;
mod encoder_block;
mod error;
mod initial;
mod noise;
mod padding_mask;
mod self_attention;
mod step_memory;
mod text_classifier;
mod token_batch;
mod token_map;
mod training;
mod vision_transformer;

pub use encoder_block::{EncoderBlock, NormPlacement};
pub use error::TransformerError;
pub use initial::Initial;
pub use noise::Noise;
pub use padding_mask::PaddingMask;
pub use self_attention::SelfAttention;
pub use text_classifier::{TextClassifier, TextClassifierConfig};
pub use token_batch::TokenBatch;
pub use training::{
    BatchLoss, Checkpoints, EpochEnd, Evaluation, Objective, Trainable, TrainingRun, evaluate,
    load_weights, save_weights,
};
pub use vision_transformer::{ImageBatch, VisionTransformer, VisionTransformerConfig};
