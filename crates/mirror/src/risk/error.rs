//! What keeps a risk from being built or evaluated.

use mirrorhead_kernels::{KernelError, LogScaled, Matrix};
use thiserror::Error;

/// Misuse of a [`Risk`](crate::Risk), or what a model of one's own can't do.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RiskError {
    /// Another number of tensors than the risk has.
    #[error("{found} {what}: the risk has {expected} tensors")]
    TensorCount {
        /// Parameters or gradients.
        what: &'static str,
        /// Tensors of the risk.
        expected: usize,
        /// Tensors given.
        found: usize,
    },
    /// A tensor of another shape.
    #[error("{what}, tensor {tensor}: {found:?} (rows, columns), the risk wants {expected:?}")]
    Shape {
        /// Parameters or gradients.
        what: &'static str,
        /// Which tensor.
        tensor: usize,
        /// Rows and columns that the risk wants.
        expected: (usize, usize),
        /// Rows and columns given.
        found: (usize, usize),
    },
    /// Two sizes that do not agree.
    #[error(transparent)]
    Kernel(#[from] KernelError),
    /// Data without a row.
    #[error("the data have no row: a mean of no losses is no risk")]
    NoRows,
    /// A row with an entry that is not finite.
    #[error("row {row} of the data has an entry beyond the range of f64: rescale the data")]
    RowNotFinite {
        /// Which row.
        row: usize,
    },
    /// Fewer than two classes.
    #[error("{found} classes: a classifier needs two or more")]
    TooFewClasses {
        /// The number given.
        found: usize,
    },
    /// A class that is not among those there are.
    #[error("row {row} is of class {class}: classes are 0 to {}", n_classes - 1)]
    NoSuchClass {
        /// Which row.
        row: usize,
        /// The class given.
        class: usize,
        /// Number of classes.
        n_classes: usize,
    },
    /// What a model of one's own reports.
    #[error("the model: {0}")]
    Model(Box<dyn std::error::Error + Send + Sync>),
}

impl RiskError {
    /// Checks that `parameters` and `gradients` have the shapes `expected`: what every
    /// [`Risk`](crate::Risk) does first.
    ///
    /// # Errors
    /// [`RiskError::TensorCount`] or [`RiskError::Shape`], for the first tensor that does not fit.
    pub fn require_tensors<I>(
        expected: I,
        parameters: &[Matrix],
        gradients: &[LogScaled<Matrix>],
    ) -> Result<(), Self>
    where
        I: IntoIterator<Item = (usize, usize)>,
        I::IntoIter: ExactSizeIterator,
    {
        let expected = expected.into_iter();
        let count = expected.len();
        for (what, found) in [("parameters", parameters.len()), ("gradients", gradients.len())] {
            if found != count {
                return Err(Self::TensorCount { what, expected: count, found });
            }
        }
        for (tensor, ((expected, w), g)) in expected.zip(parameters).zip(gradients).enumerate() {
            for (what, x) in [("parameters", w), ("gradients", &g.value)] {
                let found = (x.nrows(), x.ncols());
                if found != expected {
                    return Err(Self::Shape { what, tensor, expected, found });
                }
            }
        }
        Ok(())
    }
}
