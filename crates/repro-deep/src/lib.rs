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
mod image_source;
mod image_training;
mod method;
mod processor;
mod registry;
mod text_source;
mod text_training;
mod training_course;
mod weight_census;

pub use registry::registry;
