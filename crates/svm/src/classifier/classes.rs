//! The classes that labels name.

use mirrorhead_kernels::{KernelError, LinearOperator};

use crate::error::SvmError;

/// The labels that occur, in increasing order: at least two.
pub(crate) struct Classes(Vec<f64>);

impl Classes {
    /// Those of the `labels` of `points`.
    ///
    /// # Errors
    /// Labels of another number than points, not finite, or all the same.
    pub fn of(points: &dyn LinearOperator, labels: &[f64]) -> Result<Self, SvmError> {
        let (expected, found) = (points.nrows(), labels.len());
        KernelError::require_size(|| "labels", expected, found)?;
        KernelError::require_finite(|| "labels", labels)?;
        // Zero and minus zero are one class.
        let mut classes: Vec<f64> = labels.iter().map(|label| label + 0.0).collect();
        classes.sort_by(f64::total_cmp);
        classes.dedup();
        match classes.len() {
            few @ (0 | 1) => Err(SvmError::OneClass { classes: few, labels: labels.len() }),
            _ => Ok(Self(classes)),
        }
    }

    /// All of them.
    pub fn all(&self) -> &[f64] {
        &self.0
    }

    /// Those that get a hyperplane: the larger of two, each of more.
    pub fn separated(&self) -> &[f64] {
        if self.0.len() == 2 { &self.0[1..] } else { &self.0 }
    }
}

/// `$+1$` for the labels of `class`, `$-1$` for others.
pub(crate) fn signs(labels: &[f64], class: f64) -> Vec<f64> {
    labels.iter().map(|label| if *label == class { 1.0 } else { -1.0 }).collect()
}
