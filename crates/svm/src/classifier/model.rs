//! What is learned.

use std::fmt;

use mirrorhead_kernels::{KernelError, LinearOperator, Matrix};
use serde::{Deserialize, Serialize};

use crate::classifier::binary::ClassSeparator;
use crate::{FarkasCertificate, SvmError};

/// What [`LpClassifier::fit`](crate::LpClassifier::fit) came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[must_use]
pub enum Fit {
    /// A classifier; its proofs say how good it is.
    Model(LpModel),
    /// A proof that no hyperplane has all of this class on one side and all others on the other, where none may
    /// be given up.
    NotSeparable {
        /// The label of the class.
        class: f64,
        /// The proof.
        proof: FarkasCertificate,
    },
}

impl fmt::Display for Fit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Model(model) => model.fmt(f),
            Self::NotSeparable { class, proof } => write!(f, "class {class}: {proof}"),
        }
    }
}

/// A learned classifier.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LpModel {
    ncols: usize,
    classes: Vec<f64>,
    separators: Vec<ClassSeparator>,
}

impl fmt::Display for LpModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (k, separator) in self.separators.iter().enumerate() {
            let line = if k == 0 { "" } else { "\n" };
            write!(f, "{line}class {}: {}", separator.class, separator.proof)?;
        }
        Ok(())
    }
}

impl LpModel {
    pub(crate) fn new(ncols: usize, classes: Vec<f64>, separators: Vec<ClassSeparator>) -> Self {
        Self { ncols, classes, separators }
    }

    /// The labels, in increasing order.
    pub fn classes(&self) -> &[f64] {
        &self.classes
    }

    /// The hyperplanes: one for the larger label of two, one for every label of more.
    pub fn separators(&self) -> &[ClassSeparator] {
        &self.separators
    }

    /// `$\langle w, x\rangle + \beta$` for every point (a row) and every separator (a column).
    ///
    /// # Errors
    /// [`KernelError::ShapeMismatch`] for points with another number of columns.
    pub fn decision_function(&self, points: &dyn LinearOperator) -> Result<Matrix, SvmError> {
        let (expected, found) = (self.ncols, points.ncols());
        KernelError::require_size(|| "columns of the points", expected, found)?;
        let mut decisions = Matrix::zeros(points.nrows(), self.separators.len());
        for (k, separator) in self.separators.iter().enumerate() {
            points.apply(&separator.coefficients, decisions.col_mut(k));
            for decision in decisions.col_mut(k) {
                *decision += separator.intercept;
            }
        }
        Ok(decisions)
    }

    /// The label of the class that claims each point most; of two classes the larger label from zero on.
    ///
    /// # Errors
    /// As [`decision_function`](Self::decision_function).
    pub fn predict(&self, points: &dyn LinearOperator) -> Result<Vec<f64>, SvmError> {
        let decisions = self.decision_function(points)?;
        let of = |j: usize| {
            if self.separators.len() == 1 {
                return usize::from(decisions[(j, 0)] >= 0.0);
            }
            // The first of equals.
            let claims = (0..self.separators.len()).map(|k| decisions[(j, k)]);
            let best = claims.enumerate().fold((0, f64::NEG_INFINITY), |best, (k, claim)| {
                if claim > best.1 { (k, claim) } else { best }
            });
            best.0
        };
        Ok((0..decisions.nrows()).map(|j| self.classes[of(j)]).collect())
    }

    /// The share of points whose label is predicted.
    ///
    /// # Errors
    /// As [`predict`](Self::predict), and labels of another number than points.
    pub fn accuracy(&self, points: &dyn LinearOperator, labels: &[f64]) -> Result<f64, SvmError> {
        let (expected, found) = (points.nrows(), labels.len());
        KernelError::require_size(|| "labels", expected, found)?;
        let predicted = self.predict(points)?;
        let right = predicted.iter().zip(labels).filter(|(p, l)| p == l).count();
        Ok(right as f64 / found as f64)
    }
}
