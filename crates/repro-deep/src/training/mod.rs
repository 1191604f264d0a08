//! How deep models are trained, epoch by epoch, from checkpoint to checkpoint.

pub mod batches_ahead;
pub mod image_training;
pub mod memory;
pub mod method;
pub mod processor;
pub mod start;
pub mod task;
pub mod test_samples;
pub mod text_training;
pub mod train;
pub mod trained;
