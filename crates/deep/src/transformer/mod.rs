//! Transformers over texts and images, with their attention weights exposed.

mod encoder_block;
mod initial;
mod noise;
mod padding_mask;
mod self_attention;
mod sizes;
mod step_memory;
mod text_classifier;
mod token_batch;
mod token_map;
mod vision_transformer;

pub use encoder_block::{EncoderBlock, NormPlacement};
pub use initial::Initial;
pub use noise::Noise;
pub use padding_mask::PaddingMask;
pub use self_attention::SelfAttention;
pub use text_classifier::{TextClassifier, TextClassifierConfig};
pub use token_batch::TokenBatch;
pub use vision_transformer::{ImageBatch, VisionTransformer, VisionTransformerConfig};
