//! The risk of a linear classifier: the mean loss of its margins.

use mirrorhead_kernels::{KernelError, LinearOperator, LogScaled, Matrix, elementary};

use super::margin_losses::MarginLosses;
use crate::{Loss, Risk, RiskError};

/// The risk `$L(w) = \tfrac1M\sum_j \ell\bigl((A w)_j\bigr)$` of the margins `$A w$`, the rows of any
/// [`LinearOperator`], with
///
/// `$$ \nabla L = \frac1M A^\top \ell'(A w) = e^{m} G, \qquad
///    m = \max_j\, \log\lvert\ell'((Aw)_j)\rvert + \log\lVert a_j\rVert_\infty . $$`
///
/// Labels are folded into the rows, `$a_j = y_j x_j$`, as in the SVM that the directions of training
/// tend to (Soudry et al. 2018). With the scale `$e^m$` carried apart `$G$` is of order one however large the
/// margins, and whatever unit the rows are in.
///
/// Tensors: `$w$`, an `$N \times 1$` matrix, or one of [`with_shape`](Self::with_shape) whose entries are
/// `$w$` column after column.
///
/// ```
/// use mirrorhead_kernels::{DenseRows, Matrix};
/// use mirrorhead_mirror::{LinearRisk, Loss, Risk};
/// let rows = DenseRows::new(&Matrix::from_rows(&[[2.0, 0.0], [0.0, 1.0]])?);
/// let risk = LinearRisk::new(&rows, Loss::Exponential)?;
/// let (w, mut gradients) = ([Matrix::column(vec![1e3, 2e3])?], risk.zero_gradients());
/// assert_eq!(risk.value_and_gradient(&w, &mut gradients, &mut risk.workspace())?, 0.0); // e^-2000
/// let log_entry = gradients[0].log_scale + (-gradients[0].value[(0, 0)]).ln();
/// assert!((log_entry + 2000.0).abs() < 1e-12); // (1/2) e^-2000 * 2, kept
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct LinearRisk<'a> {
    operator: &'a dyn LinearOperator,
    loss: Loss,
    shape: (usize, usize),
    /// `$\log\lVert a_j\rVert_\infty$`, `$-\infty$` for rows of zeros.
    log_sizes: Vec<f64>,
}

impl<'a> LinearRisk<'a> {
    /// The risk of the margins `$A w$` under `loss`.
    ///
    /// # Errors
    /// [`RiskError::NoRows`], or [`RiskError::RowNotFinite`].
    pub fn new(operator: &'a dyn LinearOperator, loss: Loss) -> Result<Self, RiskError> {
        let log_sizes = log_sizes(operator)?;
        Ok(Self { operator, loss, shape: (operator.ncols(), 1), log_sizes })
    }

    /// The same risk of an `nrows` by `ncols` matrix, whose entries are `$w$` column after column: for
    /// geometries of matrices.
    ///
    /// # Errors
    /// [`KernelError::ShapeMismatch`] unless the matrix has as many entries as `$A$` columns.
    pub fn with_shape(self, nrows: usize, ncols: usize) -> Result<Self, RiskError> {
        let found = nrows.saturating_mul(ncols);
        KernelError::require_size(|| "entries of the matrix", self.operator.ncols(), found)?;
        Ok(Self { shape: (nrows, ncols), ..self })
    }

    /// The operator `$A$`.
    pub fn operator(&self) -> &'a dyn LinearOperator {
        self.operator
    }

    /// The loss.
    pub fn loss(&self) -> Loss {
        self.loss
    }
}

/// `$\log\lVert a_j\rVert_\infty$` of every row.
pub(super) fn log_sizes(operator: &dyn LinearOperator) -> Result<Vec<f64>, RiskError> {
    if operator.nrows() == 0 {
        return Err(RiskError::NoRows);
    }
    let mut sizes = vec![0.0; operator.nrows()];
    operator.row_max_abs(&mut sizes);
    if let Some(row) = sizes.iter().position(|size| !size.is_finite()) {
        return Err(RiskError::RowNotFinite { row });
    }
    for size in &mut sizes {
        // The inverse of a subnormal size has no place in f64.
        *size = if *size == 0.0 {
            f64::NEG_INFINITY
        } else {
            elementary::ln(size.max(f64::MIN_POSITIVE))
        };
    }
    Ok(sizes)
}

/// Scratch of [`LinearRisk`].
#[derive(Debug, Clone, PartialEq)]
pub struct LinearWorkspace {
    /// Of the margins; its slopes become the weights of the rows.
    losses: MarginLosses,
}

impl Risk for LinearRisk<'_> {
    type Workspace = LinearWorkspace;

    fn shapes(&self) -> Vec<(usize, usize)> {
        vec![self.shape]
    }

    fn workspace(&self) -> LinearWorkspace {
        LinearWorkspace { losses: MarginLosses::new(self.operator.nrows()) }
    }

    fn value_and_gradient(
        &self,
        parameters: &[Matrix],
        gradients: &mut [LogScaled<Matrix>],
        LinearWorkspace { losses }: &mut LinearWorkspace,
    ) -> Result<f64, RiskError> {
        RiskError::require_tensors([self.shape], parameters, gradients)?;
        self.operator.apply(parameters[0].as_slice(), losses.margins_mut());
        let (risk, n) = (losses.evaluate(self.loss), self.operator.nrows() as f64);
        let slopes = losses.log_slopes_mut();
        gradients[0].log_scale = weights_of(slopes, &self.log_sizes, |weight| -weight / n);
        self.operator.apply_adjoint(slopes, gradients[0].value.as_mut_slice());
        Ok(risk)
    }
}

/// Turns the logarithms of weights into weights, `finish`ed, less the scale `$e^{m}$` of the largest
/// weighted row; returns `$m$`, 0 if all rows are zero.
fn weights_of(logs: &mut [f64], log_sizes: &[f64], finish: impl Fn(f64) -> f64) -> f64 {
    let in_gradient = logs.iter().zip(log_sizes).map(|(log, size)| log + size);
    let log_scale = common_scale(in_gradient);
    for (log, size) in logs.iter_mut().zip(log_sizes) {
        // A row of zeros pulls on nothing, however hard.
        *log = if *size == f64::NEG_INFINITY {
            0.0
        } else {
            finish(elementary::exp(*log - log_scale))
        };
    }
    log_scale
}

/// The largest of the logarithms; that of one for nothing at all.
pub(super) fn common_scale(logs: impl Iterator<Item = f64>) -> f64 {
    let largest = logs.fold(f64::NEG_INFINITY, f64::max);
    if largest == f64::NEG_INFINITY { 0.0 } else { largest }
}
