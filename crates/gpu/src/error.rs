//! What can go wrong on a machine with a GPU.

use std::path::PathBuf;

use mirrorhead_deep::DeepError;
use mirrorhead_harness::CellError;
use mirrorhead_transformers::TransformerError;
use thiserror::Error;

/// An error of one part.
#[derive(Debug, Error)]
pub enum GpuError {
    /// No such device.
    #[error(
        "no GPU was found through {device}: build with `cargo xtask gpu --device {device}`, and install its driver"
    )]
    NoDevice {
        /// Its name.
        device: &'static str,
    },
    /// The data or the training of an experiment.
    #[error("{0}")]
    Cell(CellError),
    /// Sizes that no model has, a loss that isn't finite, a device that fails.
    #[error(transparent)]
    Model(#[from] TransformerError),
    /// Settings that no optimizer has.
    #[error(transparent)]
    Optimizer(#[from] DeepError),
    /// The experiment has no such run.
    #[error("the experiment `imdb` has no run with {blocks} block(s) and p = {p} in this profile")]
    NoSuchRun {
        /// Its number of blocks.
        blocks: usize,
        /// Its exponent.
        p: f64,
    },
    /// A batch without texts, or texts without tokens.
    #[error("{what} must be at least 1")]
    Empty {
        /// The option.
        what: &'static str,
    },
    /// The device's steps went elsewhere than the processor's.
    #[error("the device disagrees with the processor: {what}")]
    Disagrees {
        /// Where, and by how much.
        what: String,
    },
    /// A file that can't be written or read.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl From<CellError> for GpuError {
    fn from(error: CellError) -> Self {
        Self::Cell(error)
    }
}
