//! What can be wrong with a model, its sizes, its training, or its saved state.

use std::path::PathBuf;

use thiserror::Error;

/// Misuse, a file that isn't what was saved, or a training that left the range of numbers.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TransformerError {
    /// A size that must be positive.
    #[error("the model's {what} must be at least 1")]
    EmptyModel {
        /// Which size.
        what: &'static str,
    },
    /// A width that the heads can't share.
    #[error(
        "a width of {width} can't be shared by {n_heads} heads; choose a multiple of {n_heads}"
    )]
    UnevenHeads {
        /// Width of the model.
        width: usize,
        /// Number of heads.
        n_heads: usize,
    },
    /// A rate of dropout outside `$[0, 1)$`.
    #[error("a dropout rate must be at least 0 and less than 1, not {rate}")]
    Dropout {
        /// The rate.
        rate: f64,
    },
    /// An image side that patches don't fill.
    #[error("patches of {patch} pixels don't fill images of {side}; choose a divisor of {side}")]
    UnevenPatches {
        /// Side of an image.
        side: usize,
        /// Side of a patch.
        patch: usize,
    },
    /// A loss that is not a finite number.
    #[error(
        "the loss is not finite at step {step} of epoch {epoch}; the last checkpoint is kept: take \
         smaller steps"
    )]
    NotFinite {
        /// The epoch, from 1.
        epoch: usize,
        /// The step in that epoch, from 1.
        step: usize,
    },
    /// A device that didn't compute what it was asked for.
    #[error(
        "the device failed: {reason}; if its memory is short, compute the gradients of a step in several \
         batches"
    )]
    Device {
        /// The first cause that the framework names.
        reason: String,
    },
    /// A file that can't be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file that isn't a checkpoint of this model.
    #[error("{}: {reason}; remove it to begin again", path.display())]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

impl TransformerError {
    /// What the framework says of a device: a chain of causes, of which the first is told last.
    pub(crate) fn of_device(error: &impl ToString) -> Self {
        let chain = error.to_string();
        let first = chain.rsplit("Caused by:").next().unwrap_or(&chain);
        let line = first.lines().map(str::trim).find(|line| !line.is_empty());
        Self::Device { reason: line.unwrap_or("no reason given").to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_chain_of_causes_the_first_is_told() {
        let chain = "An error happened\nCaused by:\n  An IO error happened\nCaused by:\n  can't allocate \
                     buffer of size: 141312000\nNo backtrace available";
        let told = |error: &str| TransformerError::of_device(&error).to_string();
        assert!(told(chain).contains("failed: can't allocate buffer of size: 141312000; if its"));
        assert!(told("gone").contains("failed: gone;") && told("").contains("no reason given"));
    }
}
