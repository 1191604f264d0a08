//! What can go wrong in a training run.

use std::convert::Infallible;
use std::path::PathBuf;

use mirrorhead_attention::AttentionError;
use mirrorhead_kernels::InvalidSetting;
use mirrorhead_mirror::{InvalidExponent, MirrorError, RiskError};
use mirrorhead_svm::SvmError;
use thiserror::Error;

/// Misuse, an iterate out of range, or a checkpoint that cannot be written or read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TrainError {
    /// The optimizer refused its settings, or a step left the range of `f64`.
    #[error(transparent)]
    Mirror(#[from] MirrorError),
    /// A risk that can't be built or evaluated.
    #[error(transparent)]
    Risk(#[from] RiskError),
    /// Data or a selection that is not valid.
    #[error(transparent)]
    Attention(#[from] AttentionError),
    /// An exponent of no norm.
    #[error(transparent)]
    InvalidExponent(#[from] InvalidExponent),
    /// A problem that the SVM solver refused.
    #[error(transparent)]
    Svm(#[from] SvmError),
    /// More selections than are to be enumerated.
    #[error(
        "there are more than {limit} selections: take fewer or shorter sequences, or raise the limit"
    )]
    TooManySelections {
        /// The most that were allowed.
        limit: usize,
    },
    /// A starting point of the wrong shape.
    #[error("{}", misshapen(*tensor, *expected, *found))]
    StartShape {
        /// Which tensor.
        tensor: usize,
        /// The shape the risk wants.
        expected: Option<(usize, usize)>,
        /// The shape given.
        found: Option<(usize, usize)>,
    },
    /// A setting that is out of its range.
    #[error(transparent)]
    InvalidSetting(#[from] InvalidSetting),
    /// A risk that is NaN or infinite.
    #[error(
        "the risk at iteration {iteration} is {risk}: the parameters before it are kept; take a \
         smaller step"
    )]
    RiskNotFinite {
        /// The iteration.
        iteration: u64,
        /// The risk.
        risk: f64,
    },
    /// A checkpoint that cannot be written.
    #[error("cannot write the checkpoint {}: {source}; the one before it is intact", path.display())]
    CheckpointWrite {
        /// Where.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A checkpoint that cannot be read.
    #[error("cannot read the checkpoint {}: {source}", path.display())]
    CheckpointRead {
        /// Where.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A checkpoint that is damaged or of another format.
    #[error(
        "the checkpoint {} is damaged or of another format ({source}): delete it to start anew",
        path.display()
    )]
    CheckpointFormat {
        /// Where.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
    /// A checkpoint whose contents are not what was once written.
    #[error(
        "the checkpoint {} is damaged: its checksum is not that of its contents",
        path.display()
    )]
    CheckpointDamaged {
        /// Where.
        path: PathBuf,
    },
    /// A checkpoint of another version or another run.
    #[error("the checkpoint {} is of {found}, this run is {expected}", path.display())]
    CheckpointMismatch {
        /// Where.
        path: PathBuf,
        /// What this run is.
        expected: String,
        /// What the checkpoint is of.
        found: String,
    },
}

impl From<Infallible> for TrainError {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

type Shape = Option<(usize, usize)>;

fn misshapen(tensor: usize, expected: Shape, found: Shape) -> String {
    match (expected, found) {
        (Some(expected), Some(found)) => format!(
            "tensor {tensor} of the start is {} x {}, the risk wants {} x {}",
            found.0, found.1, expected.0, expected.1
        ),
        (Some(_), None) => format!("the start has {tensor} tensors, the risk wants more"),
        (None, _) => format!("the start has more than {tensor} tensors, the risk wants no more"),
    }
}
