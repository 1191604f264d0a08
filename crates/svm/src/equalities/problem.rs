//! The problem: `$\min \tfrac1p\lVert w\rVert_p^p$` subject to `$A w \ge b$` and `$E w = 0$`.

use mirrorhead_kernels::{KernelError, LinearOperator};

use crate::{HardMarginProblem, SvmError};

/// The ℓp hard-margin SVM under linear equalities
/// `$$\min_{w \in \mathbb{R}^N} \tfrac1p \lVert w\rVert_p^p \quad \text{subject to} \quad A w \ge b,\quad E w = 0,$$`
/// over any two [`LinearOperator`]s `$A$` (`$M \times N$`) and `$E$` (`$L \times N$`).
///
/// For `$b = \mathbf 1$` margin and dual are
/// `$$\max_{\lVert w\rVert_p \le 1,\ E w = 0} \min_j (A w)_j
/// = \min_{\lambda \ge 0,\ \mathbf 1^\top\lambda = 1,\ \mu} \lVert A^\top\lambda + E^\top\mu\rVert_q.$$`
/// The Graph-SVM of next-token prediction is of this kind (Li, Huang, Ildiz, Rawat and Oymak, 2024): tokens of one strongly
/// connected component of a token graph have equal logits, `$(e_i - e_j)^\top W e_k = 0$`, and those of later ones smaller
/// ones, `$(e_i - e_j)^\top W e_k \ge 1$`. Rows of `$E$` may be duplicates, or depend on each other, as the differences along
/// a cycle do; what counts is that they do so *exactly*, as the operator knows its rows
/// ([`exact_row`](LinearOperator::exact_row)): a row that depends on others but for its rounding is an equality more.
///
/// ```
/// use mirrorhead_kernels::{DenseRows, Matrix};
/// use mirrorhead_svm::{HardMarginProblem, SvmSettings, solve_with_equalities};
/// // The largest first entry where all three are equal: w = (1, 1, 1), whose norm is the square root of 3.
/// let rows = DenseRows::new(&Matrix::from_rows(&[[1.0, 0.0, 0.0]])?);
/// let cycle = Matrix::from_rows(&[[1.0, -1.0, 0.0], [0.0, 1.0, -1.0], [-1.0, 0.0, 1.0]])?;
/// let equalities = DenseRows::new(&cycle);
/// let problem = HardMarginProblem::new(&rows, 2.0)?.with_equalities(&equalities)?;
/// let found = solve_with_equalities(&problem, &SvmSettings::default())?.max_margin()?;
/// assert!((found.interval.lower * 3f64.sqrt() - 1.0).abs() < 1e-9);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct EqualityProblem<'a> {
    inequalities: HardMarginProblem<'a>,
    equalities: &'a dyn LinearOperator,
}

impl<'a> HardMarginProblem<'a> {
    /// The same problem for `$w$` with `$E w = 0$`, `equalities` being `$E$` (`$L \times N$`).
    ///
    /// # Errors
    /// An operator with other columns; a row that isn't known exactly or whose size isn't that of a normal number
    /// ([`SvmError::InvalidEquality`]).
    pub fn with_equalities(
        self,
        equalities: &'a dyn LinearOperator,
    ) -> Result<EqualityProblem<'a>, SvmError> {
        let (expected, found) = (self.operator().ncols(), equalities.ncols());
        KernelError::require_size(|| "columns of the equalities", expected, found)?;
        let mut sizes = vec![0.0; equalities.nrows()];
        equalities.row_max_abs(&mut sizes);
        for (row, size) in sizes.into_iter().enumerate() {
            let mut is_finite = true;
            let is_known = equalities.exact_row(row, &mut |_, a| is_finite &= a.is_finite());
            if !(is_known && is_finite && (size == 0.0 || size.is_normal())) {
                return Err(SvmError::InvalidEquality { row, size });
            }
        }
        Ok(EqualityProblem { inequalities: self, equalities })
    }
}

impl<'a> EqualityProblem<'a> {
    /// The problem without the equalities.
    pub fn inequalities(&self) -> &HardMarginProblem<'a> {
        &self.inequalities
    }

    /// `$E$`.
    pub fn equalities(&self) -> &'a dyn LinearOperator {
        self.equalities
    }
}
