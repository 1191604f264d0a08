//! The problem: the ℓp hard-margin SVM `$\min \tfrac1p\lVert w\rVert_p^p$` subject to `$A w \ge b$`.

use std::sync::Arc;

use mirrorhead_kernels::{KernelError, LinearOperator, max_abs};

use crate::Norm;
use crate::error::SvmError;
use crate::operator_handle::OperatorHandle;

/// The ℓp hard-margin SVM
/// `$$\min_{w \in \mathbb{R}^N} \tfrac1p \lVert w\rVert_p^p \quad \text{subject to} \quad A w \ge b,$$`
/// over any [`LinearOperator`] `$A$` (`$M \times N$`), whose products are looked up: a function over operators takes
/// `&dyn LinearOperator`.
///
/// With `$b = \mathbf 1$` ([`new`](Self::new)) its solution is the direction of largest margin; with
/// some `$b_j = 0$` ([`with_bounds`](Self::with_bounds)) those rows only have to be on the right side.
///
/// ```
/// use mirrorhead_kernels::{DenseRows, Matrix};
/// use mirrorhead_svm::{HardMarginProblem, SvmSettings, solve};
///
/// let rows = DenseRows::new(&Matrix::from_rows(&[[2.0, 0.0], [0.0, 1.0]])?);
/// let problem = HardMarginProblem::new(&rows, 2.0)?;
/// let solution = solve(&problem, &SvmSettings::default())?.max_margin()?;
/// assert!((solution.direction()[0] - 0.5).abs() < 1e-8);
/// assert!((solution.direction()[1] - 1.0).abs() < 1e-8);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct HardMarginProblem<'a> {
    operator: OperatorHandle<'a>,
    norm: Norm,
    bounds: Vec<f64>,
    row_sizes: Vec<f64>,
}

impl<'a> HardMarginProblem<'a> {
    /// The problem with every bound `$b_j = 1$`. The norm is an exponent such as `1.5`, 1 or infinity, a
    /// [`Norm`] or an [`LpNorm`](mirrorhead_mirror::LpNorm).
    ///
    /// # Errors
    /// An exponent that is none ([`SvmError::InvalidExponent`]); an operator without rows or columns, or
    /// with a row that is neither zero nor of normal size ([`SvmError::RowOutOfRange`]).
    pub fn new<N>(operator: &'a dyn LinearOperator, norm: N) -> Result<Self, SvmError>
    where
        N: TryInto<Norm>,
        SvmError: From<N::Error>,
    {
        Self::with_bounds(operator, norm, vec![1.0; operator.nrows()])
    }

    /// The problem with the right-hand side `bounds` `$= b$` (`$M$` finite entries, one of them
    /// positive). The relaxed AttSVM has `$b_j \in \{0, 1\}$`.
    ///
    /// # Errors
    /// Those of [`new`](Self::new); bounds of another length, not finite, or none of them positive.
    pub fn with_bounds<N>(
        operator: &'a dyn LinearOperator,
        norm: N,
        bounds: Vec<f64>,
    ) -> Result<Self, SvmError>
    where
        N: TryInto<Norm>,
        SvmError: From<N::Error>,
    {
        Self::checked(OperatorHandle::Borrowed(operator), norm.try_into()?, bounds)
    }

    fn checked(
        operator: OperatorHandle<'a>,
        norm: Norm,
        bounds: Vec<f64>,
    ) -> Result<Self, SvmError> {
        if operator.nrows() == 0 {
            return Err(SvmError::Empty { what: "rows" });
        }
        if operator.ncols() == 0 {
            return Err(SvmError::Empty { what: "columns" });
        }
        KernelError::require_size(|| "bounds", operator.nrows(), bounds.len())?;
        KernelError::require_finite(|| "bounds", &bounds)?;
        if !bounds.iter().any(|&b| b > 0.0) {
            return Err(SvmError::NoPositiveBound);
        }
        let mut row_sizes = vec![0.0; operator.nrows()];
        operator.row_max_abs(&mut row_sizes);
        if let Some(row) = row_sizes.iter().position(|size| *size != 0.0 && !size.is_normal()) {
            return Err(SvmError::RowOutOfRange { row, size: row_sizes[row] });
        }
        if let Some(row) = vanished_row(&*operator, &row_sizes) {
            return Err(SvmError::RowOutOfRange { row, size: 0.0 });
        }
        Ok(Self { operator, norm, bounds, row_sizes })
    }

    /// The constraint matrix `$A$`.
    pub fn operator(&self) -> &dyn LinearOperator {
        &*self.operator
    }

    /// The norm `$\lVert\cdot\rVert_p$`.
    pub fn norm(&self) -> Norm {
        self.norm
    }

    /// The right-hand side `$b$`, one entry per row.
    pub fn bounds(&self) -> &[f64] {
        &self.bounds
    }

    /// `$\max_k \lvert A_{jk}\rvert$` of each row `$j$`.
    pub fn row_sizes(&self) -> &[f64] {
        &self.row_sizes
    }

    /// The power of two by which a `$w$` or multipliers of size one are multiplied so that products with rows near the end
    /// of the range stay in it: 1 for others.
    pub(crate) fn headroom(&self) -> f64 {
        const NEAR_THE_END: f64 = f64::from_bits((1023 + 900) << 52);
        const SHARE: f64 = f64::from_bits((1023 - 100) << 52);
        if max_abs(&self.row_sizes) > NEAR_THE_END { SHARE } else { 1.0 }
    }
}

impl HardMarginProblem<'static> {
    /// The problem that owns its operator, with every bound `$b_j = 1$`. Clones share it. An `Arc` or a `Box` of an operator is one,
    /// if that may be sent to other threads.
    ///
    /// ```
    /// use mirrorhead_kernels::{DenseRows, Matrix};
    /// use mirrorhead_svm::HardMarginProblem;
    /// fn problem() -> Result<HardMarginProblem<'static>, Box<dyn std::error::Error>> {
    ///     let rows = Matrix::from_rows(&[[2.0, 0.0], [0.0, 1.0]])?;
    ///     Ok(HardMarginProblem::owning(DenseRows::new(&rows), f64::INFINITY)?)
    /// }
    /// assert_eq!(problem()?.bounds(), [1.0, 1.0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`new`](Self::new).
    pub fn owning<A, N>(operator: A, norm: N) -> Result<Self, SvmError>
    where
        A: LinearOperator + Send + 'static,
        N: TryInto<Norm>,
        SvmError: From<N::Error>,
    {
        let bounds = vec![1.0; operator.nrows()];
        Self::owning_with_bounds(operator, norm, bounds)
    }

    /// The same with the right-hand side `bounds`, as in [`with_bounds`](Self::with_bounds).
    ///
    /// # Errors
    /// Those of [`with_bounds`](Self::with_bounds).
    pub fn owning_with_bounds<A, N>(
        operator: A,
        norm: N,
        bounds: Vec<f64>,
    ) -> Result<Self, SvmError>
    where
        A: LinearOperator + Send + 'static,
        N: TryInto<Norm>,
        SvmError: From<N::Error>,
    {
        Self::checked(OperatorHandle::Owned(Arc::new(operator)), norm.try_into()?, bounds)
    }
}

/// A row of size zero that is not zero once its multiplier is large: an operator whose entries are
/// products and underflow.
fn vanished_row(operator: &dyn LinearOperator, row_sizes: &[f64]) -> Option<usize> {
    /// `$2^{512}$`: brings back products down to `$10^{-470}$`.
    const LARGE: f64 = f64::from_bits((1023 + 512) << 52);
    let zeros: Vec<usize> = (0..row_sizes.len()).filter(|&j| row_sizes[j] == 0.0).collect();
    let mut multipliers = vec![0.0; row_sizes.len()];
    let mut dual_point = vec![0.0; operator.ncols()];
    let mut pulls = |rows: &[usize]| {
        multipliers.fill(0.0);
        for &j in rows {
            // Multipliers of their own, so that opposite rows do not cancel.
            multipliers[j] = LARGE * (1.0 + (j as f64 * 0.618_033_988_749_895).fract());
        }
        operator.apply_adjoint(&multipliers, &mut dual_point);
        max_abs(&dual_point) > 0.0
    };
    if zeros.is_empty() || !pulls(&zeros) {
        return None;
    }
    zeros.iter().copied().find(|&j| pulls(&[j]))
}
