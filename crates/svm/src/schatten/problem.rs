//! The problem: `$\min \lVert W\rVert_{S_p}$` subject to `$A \operatorname{vec}(W) \ge b$`.

use mirrorhead_kernels::{KernelError, LinearOperator};

use super::norm::{SchattenNorm, frobenius};
use crate::certificate::{interval_in, kkt_in};
use crate::{HardMarginProblem, KktResidual, MarginInterval, SvmError};

/// The hard-margin SVM over matrices `$W \in \mathbb{R}^{r \times c}$`,
/// `$$\min_W \lVert W\rVert_{S_p} \quad \text{subject to} \quad A \operatorname{vec}(W) \ge b,$$`
/// over any [`LinearOperator`] `$A$` (`$M \times r c$`) that acts on matrices stored column after column.
///
/// ```
/// use mirrorhead_kernels::{DenseRows, Matrix};
/// use mirrorhead_svm::{SchattenProblem, SvmSettings, solve_schatten};
///
/// // W_11 >= 1 and W_22 >= 1: every W = [1, t; t, 1] with |t| <= 1 has the smallest nuclear norm.
/// let rows = Matrix::from_rows(&[[1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]])?;
/// let rows = DenseRows::new(&rows);
/// let problem = SchattenProblem::new(&rows, (1.0, 2, 2))?;
/// let solution = solve_schatten(&problem, &SvmSettings::default())?.max_margin()?;
/// assert!((solution.norm() - 2.0).abs() < 1e-8);
/// assert_eq!(problem.margin_interval(&solution.w, &solution.multipliers), solution.interval);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct SchattenProblem<'a> {
    constraints: HardMarginProblem<'a>,
    norm: SchattenNorm,
}

impl<'a> SchattenProblem<'a> {
    /// The problem with every bound `$b_j = 1$`. The norm is a [`SchattenNorm`], or `$(p, r, c)$`.
    ///
    /// # Errors
    /// Those of [`HardMarginProblem::new`]; an operator that does not have `$r c$` columns.
    pub fn new<N>(operator: &'a dyn LinearOperator, norm: N) -> Result<Self, SvmError>
    where
        N: TryInto<SchattenNorm>,
        SvmError: From<N::Error>,
    {
        Self::with_bounds(operator, norm, vec![1.0; operator.nrows()])
    }

    /// The problem with the right-hand side `bounds` `$= b$` (`$M$` finite entries, one of them
    /// positive).
    ///
    /// # Errors
    /// Those of [`HardMarginProblem::with_bounds`]; an operator that does not have `$r c$` columns.
    pub fn with_bounds<N>(
        operator: &'a dyn LinearOperator,
        norm: N,
        bounds: Vec<f64>,
    ) -> Result<Self, SvmError>
    where
        N: TryInto<SchattenNorm>,
        SvmError: From<N::Error>,
    {
        Self::checked(operator, norm.try_into()?, bounds)
    }

    fn checked(
        operator: &'a dyn LinearOperator,
        norm: SchattenNorm,
        bounds: Vec<f64>,
    ) -> Result<Self, SvmError> {
        let (nrows, ncols) = norm.shape();
        let (expected, found) = (nrows.saturating_mul(ncols), operator.ncols());
        KernelError::require_size(|| "the columns of A", expected, found)?;
        Ok(Self {
            constraints: HardMarginProblem::with_bounds(operator, frobenius(), bounds)?,
            norm,
        })
    }

    /// The norm `$\lVert\cdot\rVert_{S_p}$`.
    pub fn norm(&self) -> SchattenNorm {
        self.norm
    }

    /// The same constraints with the Frobenius norm, `$p = 2$`. A
    /// [`FarkasCertificate`](crate::FarkasCertificate) knows no norm: it is verified against these.
    pub fn frobenius(&self) -> &HardMarginProblem<'a> {
        &self.constraints
    }

    /// The bounds on the margin `$1/\min\lVert W\rVert_{S_p}$` that any `$w = \operatorname{vec}(W)$` and any
    /// `multipliers` `$\lambda \ge 0$` prove,
    /// `$$\frac{\min_{j : b_j > 0} (A w)_j / b_j}{\lVert W\rVert_{S_p}} \;\le\; \text{margin} \;\le\;
    ///   \frac{\lVert A^\top\lambda\rVert_{S_q}}{b^\top\lambda},$$`
    /// as in [`margin_interval`](crate::margin_interval).
    ///
    /// # Panics
    /// If the lengths do not fit.
    pub fn margin_interval(&self, w: &[f64], multipliers: &[f64]) -> MarginInterval {
        interval_in(&self.constraints, &self.norm, w, multipliers)
    }

    /// How far `w` and `multipliers` are from the optimality conditions, as in
    /// [`kkt_residual`](crate::kkt_residual): mirror images are those of the singular values.
    ///
    /// # Panics
    /// If the lengths do not fit.
    pub fn kkt_residual(&self, w: &[f64], multipliers: &[f64]) -> KktResidual {
        kkt_in(&self.constraints, &self.norm, w, multipliers)
    }
}
