//! The risk of a linear classifier of several classes: its cross-entropy.

use mirrorhead_kernels::{
    DenseRows, KernelError, LinearOperator, LogScaled, Matrix, elementary, log_softmax,
};

use super::linear_risk::{common_scale, log_sizes};
use crate::{Risk, RiskError};

/// The cross-entropy of a linear classifier of `$C$` classes, sample `$x_i$` (row `$i$` of `$X$`) being of class
/// `$c_i$`:
///
/// `$$ L(W) = -\frac1M\sum_i \log\operatorname{softmax}(W^\top x_i)_{c_i}, \qquad
///    \nabla_{w_c} L = \frac1M\sum_i (\pi_{ic} - [c = c_i])\, x_i, $$`
///
/// with `$\pi_i = \operatorname{softmax}(W^\top x_i)$`. The residual `$\pi_{ic_i} - 1$` is formed as
/// `$-\sum_{c\ne c_i}\pi_{ic}$`, with the scale of the largest of them taken out: nothing cancels once
/// probabilities round to one, and nothing underflows. With two classes it is the logistic
/// [`LinearRisk`](crate::LinearRisk) of `$w_1 - w_0$`.
///
/// On separable data directions tend to the max margin over the constraints `$(w_{c_i} - w_c)^\top x_i \ge 1$`
/// (Soudry et al. 2018, section 4.3); [`margin_rows`](Self::margin_rows) makes them for the SVM.
///
/// Tensors: `$W$`, `$N \times C$`, one column a class.
///
/// ```
/// use mirrorhead_kernels::{DenseRows, Matrix};
/// use mirrorhead_mirror::{LinearClassRisk, Risk};
/// let points = DenseRows::new(&Matrix::from_rows(&[[1.0, 0.0], [0.0, 1.0]])?);
/// let risk = LinearClassRisk::new(&points, &[0, 2], 3)?;
/// assert!((risk.value(&[Matrix::zeros(2, 3)])? - 3f64.ln()).abs() < 1e-15);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct LinearClassRisk<'a> {
    points: &'a dyn LinearOperator,
    classes: Vec<usize>,
    n_classes: usize,
    /// `$\log\lVert x_i\rVert_\infty$`.
    log_sizes: Vec<f64>,
}

impl<'a> LinearClassRisk<'a> {
    /// The risk of the rows of `points`, row `$i$` being of class `classes[i]` of `n_classes`.
    ///
    /// # Errors
    /// [`RiskError::NoRows`], [`RiskError::RowNotFinite`], [`RiskError::TooFewClasses`], a number of
    /// classes that is not that of the rows, [`RiskError::NoSuchClass`].
    pub fn new(
        points: &'a dyn LinearOperator,
        classes: &[usize],
        n_classes: usize,
    ) -> Result<Self, RiskError> {
        let log_sizes = log_sizes(points)?;
        if n_classes < 2 {
            return Err(RiskError::TooFewClasses { found: n_classes });
        }
        KernelError::require_size(|| "classes of the rows", points.nrows(), classes.len())?;
        if let Some(row) = classes.iter().position(|class| *class >= n_classes) {
            return Err(RiskError::NoSuchClass { row, class: classes[row], n_classes });
        }
        Ok(Self { points, classes: classes.to_vec(), n_classes, log_sizes })
    }

    /// The rows `$(e_{c_i} - e_c) \otimes x_i$`, `$c \ne c_i$`: with `$w$` the entries of `$W$` column after
    /// column, row times `$w$` is the margin `$(w_{c_i} - w_c)^\top x_i$` against class `$c$`.
    pub fn margin_rows(&self) -> DenseRows {
        let (m, n) = (self.points.nrows(), self.points.ncols());
        let mut rows = Matrix::zeros(m * (self.n_classes - 1), n * self.n_classes);
        let (mut unit, mut point) = (vec![0.0; m], vec![0.0; n]);
        for (i, own) in self.classes.iter().enumerate() {
            unit[i] = 1.0;
            self.points.apply_adjoint(&unit, &mut point);
            unit[i] = 0.0;
            let others = (0..self.n_classes).filter(|c| c != own);
            for (rival, other) in others.enumerate() {
                let row = i * (self.n_classes - 1) + rival;
                for (k, x) in point.iter().enumerate() {
                    rows[(row, own * n + k)] = *x;
                    rows[(row, other * n + k)] = -x;
                }
            }
        }
        DenseRows::new(&rows)
    }
}

/// Scratch of [`LinearClassRisk`].
#[derive(Debug, Clone, PartialEq)]
pub struct ClassWorkspace {
    /// `$M \times C$`: logits, then the logarithms of the probabilities, then the residuals.
    residuals: Matrix,
    /// Of one row, its logits less that of its own class.
    logits: Vec<f64>,
    /// Of one row, the logarithms of the probabilities.
    logs: Vec<f64>,
}

impl Risk for LinearClassRisk<'_> {
    type Workspace = ClassWorkspace;

    fn shapes(&self) -> Vec<(usize, usize)> {
        vec![(self.points.ncols(), self.n_classes)]
    }

    fn workspace(&self) -> ClassWorkspace {
        let (m, c) = (self.points.nrows(), self.n_classes);
        ClassWorkspace { residuals: Matrix::zeros(m, c), logits: vec![0.0; c], logs: vec![0.0; c] }
    }

    fn value_and_gradient(
        &self,
        parameters: &[Matrix],
        gradients: &mut [LogScaled<Matrix>],
        work: &mut ClassWorkspace,
    ) -> Result<f64, RiskError> {
        let shape = (self.points.ncols(), self.n_classes);
        RiskError::require_tensors([shape], parameters, gradients)?;
        for c in 0..self.n_classes {
            self.points.apply(parameters[0].col(c), work.residuals.col_mut(c));
        }
        let risk = self.log_probabilities(work);
        gradients[0].log_scale = self.residuals(&mut work.residuals);
        for c in 0..self.n_classes {
            self.points.apply_adjoint(work.residuals.col(c), gradients[0].value.col_mut(c));
        }
        Ok(risk)
    }
}

impl LinearClassRisk<'_> {
    /// Turns logits into the logarithms of probabilities; returns the mean cross-entropy.
    fn log_probabilities(&self, work: &mut ClassWorkspace) -> f64 {
        let mut total = 0.0;
        for (i, &own) in self.classes.iter().enumerate() {
            let origin = work.residuals[(i, own)];
            for (c, logit) in work.logits.iter_mut().enumerate() {
                *logit = work.residuals[(i, c)] - origin;
            }
            log_softmax(&work.logits, &mut work.logs);
            total -= work.logs[own];
            for (c, log) in work.logs.iter().enumerate() {
                work.residuals[(i, c)] = *log;
            }
        }
        total / self.classes.len() as f64
    }

    /// Turns the logarithms of probabilities into residuals, less a common scale, whose logarithm it
    /// returns.
    fn residuals(&self, residuals: &mut Matrix) -> f64 {
        let rivals = |i: usize| (0..self.n_classes).filter(move |c| *c != self.classes[i]);
        let m = self.classes.len();
        let sizes = (0..m).flat_map(|i| {
            let logs = &*residuals;
            rivals(i).map(move |c| logs[(i, c)] + self.log_sizes[i])
        });
        let log_scale = common_scale(sizes);
        for (i, &own) in self.classes.iter().enumerate() {
            let silent = self.log_sizes[i] == f64::NEG_INFINITY;
            let mut missing = 0.0;
            for c in rivals(i) {
                let probability = if silent {
                    0.0
                } else {
                    elementary::exp(residuals[(i, c)] - log_scale) / m as f64
                };
                residuals[(i, c)] = probability;
                missing -= probability;
            }
            residuals[(i, own)] = missing;
        }
        log_scale
    }
}
