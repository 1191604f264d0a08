//! The paper's experiments on real data.
//!
//! | noun | what it is |
//! |---|---|
//! | [`registry`] | the core's experiments and those on real data, for the `mirrorhead-repro-deep` binary |

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod batches_ahead;
mod decisive_attention;
mod experiments;
mod frozen_reviews;
mod image_source;
mod image_training;
mod leading_subspace;
mod memory;
mod method;
mod processor;
mod registry;
mod review_tokens;
mod separability;
mod single_head;
mod text_source;
mod text_training;
mod training_course;
mod weight_census;
mod word_vectors;

pub use registry::registry;
