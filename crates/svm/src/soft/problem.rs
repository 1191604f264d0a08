//! The problem: `$\min \varphi(w) + C\sum_j c_j \xi_j$` subject to `$A w + \beta y + \xi \ge b$`, `$\xi \ge 0$`.

use mirrorhead_kernels::{InvalidSetting, KernelError, LinearOperator};

use crate::error::SvmError;
use crate::{HardMarginProblem, Norm};

/// The ℓp soft-margin SVM
/// `$$\min_{w, \beta, \xi}\ \varphi(w) + \sum_j C_j \xi_j \quad\text{subject to}\quad
///   A w + \beta y + \xi \ge b,\quad \xi \ge 0,$$`
/// with `$\varphi(w) = \tfrac1p\lVert w\rVert_p^p$` for `$1 < p < \infty$` and `$\varphi(w) = \lVert w\rVert_p$` at either end
/// `$p = 1$` and `$p = \infty$`, where it is a linear program. The intercept `$\beta$`, which isn't penalised, is there only
/// if asked for.
///
/// Its dual is `$\max b^\top\lambda - \varphi^*(A^\top\lambda)$` over the box `$0 \le \lambda_j \le C_j$`, with
/// `$y^\top\lambda = 0$` where there is an intercept: any `$w$` and any such `$\lambda$` bracket the smallest objective.
///
/// ```
/// use mirrorhead_kernels::{DenseRows, Matrix};
/// use mirrorhead_svm::{Norm, SoftMarginProblem, SvmSettings, solve_soft};
///
/// // Points 0, 1, 2, 3 on a line with an outlier, labels folded into the rows.
/// let labels = [-1.0, 1.0, -1.0, 1.0];
/// let rows: Vec<[f64; 1]> = labels.iter().enumerate().map(|(x, y)| [x as f64 * y]).collect();
/// let rows = DenseRows::new(&Matrix::from_rows(&rows)?);
/// let problem = SoftMarginProblem::new(&rows, Norm::new(2.0)?, 1.0)?.with_intercept(&labels)?;
/// let found = solve_soft(&problem, &SvmSettings::default())?;
/// assert!(found.solution().objective.relative_gap() <= 1e-9);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct SoftMarginProblem<'a> {
    operator: &'a dyn LinearOperator,
    norm: Norm,
    bounds: Vec<f64>,
    costs: Vec<f64>,
    signs: Option<Vec<f64>>,
}

impl<'a> SoftMarginProblem<'a> {
    /// The problem with `$b = \mathbf 1$`, the price `cost` `$= C$` for every row and no intercept.
    ///
    /// # Errors
    /// An operator without rows or columns or with a row out of the range of double precision; a price that
    /// isn't positive and finite.
    pub fn new<N>(operator: &'a dyn LinearOperator, norm: N, cost: f64) -> Result<Self, SvmError>
    where
        N: TryInto<Norm>,
        SvmError: From<N::Error>,
    {
        if !is_price(cost) {
            let expected = "a price, positive and finite and not subnormal";
            return Err(SvmError::InvalidSetting(InvalidSetting {
                name: "C",
                value: cost,
                expected,
            }));
        }
        // The hard margin asks the same of the data.
        let hard = HardMarginProblem::new(operator, norm)?;
        let bounds = hard.bounds().to_vec();
        let costs = vec![cost; operator.nrows()];
        Ok(Self { operator, norm: hard.norm(), bounds, costs, signs: None })
    }

    /// The same with a right-hand side `$b$` of its own, one finite entry per row.
    ///
    /// # Errors
    /// Bounds of another length, or not finite.
    pub fn with_bounds(mut self, bounds: Vec<f64>) -> Result<Self, SvmError> {
        self.require_rows("bounds", bounds.len())?;
        KernelError::require_finite(|| "bounds", &bounds)?;
        self.bounds = bounds;
        Ok(self)
    }

    /// The same with the price of row `$j$` multiplied by `$\mathtt{weights}_j > 0$`, as for classes of unequal size. Prices are doubles:
    /// the product is rounded, and what is proven is of that.
    ///
    /// # Errors
    /// Weights of another length, or prices that aren't positive and finite: a row that is to weigh
    /// nothing is better left out.
    pub fn with_weights(mut self, weights: &[f64]) -> Result<Self, SvmError> {
        self.require_rows("weights", weights.len())?;
        for (cost, weight) in self.costs.iter_mut().zip(weights) {
            *cost *= weight;
        }
        self.require_prices()?;
        Ok(self)
    }

    /// The same with an intercept `$\beta$` that isn't penalised, whose column `$y$` is `signs`: the labels `$\pm1$`.
    ///
    /// # Errors
    /// Signs of another length, or other than `$\pm1$`.
    pub fn with_intercept(mut self, signs: &[f64]) -> Result<Self, SvmError> {
        self.require_rows("signs", signs.len())?;
        KernelError::require_labels(signs)?;
        self.signs = Some(signs.to_vec());
        Ok(self)
    }

    /// The constraint matrix `$A$`.
    pub fn operator(&self) -> &'a dyn LinearOperator {
        self.operator
    }

    /// The same problem over another operator of as many rows.
    pub(crate) fn over<'b>(&self, operator: &'b dyn LinearOperator) -> SoftMarginProblem<'b> {
        SoftMarginProblem {
            operator,
            norm: self.norm,
            bounds: self.bounds.clone(),
            costs: self.costs.clone(),
            signs: self.signs.clone(),
        }
    }

    /// The norm `$\lVert\cdot\rVert_p$`.
    pub fn norm(&self) -> Norm {
        self.norm
    }

    /// The right-hand side `$b$`.
    pub fn bounds(&self) -> &[f64] {
        &self.bounds
    }

    /// The prices `$C_j$`.
    pub fn costs(&self) -> &[f64] {
        &self.costs
    }

    /// The column `$y$` of the intercept, if there is one.
    pub fn signs(&self) -> Option<&[f64]> {
        self.signs.as_deref()
    }

    /// `$y_j\beta$`, zero without an intercept.
    pub(crate) fn shift(&self, j: usize, intercept: f64) -> f64 {
        self.signs.as_ref().map_or(0.0, |signs| signs[j] * intercept)
    }

    /// `$\sum_j C_j (b_j - m_j - \beta y_j)_+$` for margins `$m = A w$`.
    pub(crate) fn hinge(&self, margins: &[f64], intercept: f64) -> f64 {
        (0..margins.len())
            .map(|j| {
                self.costs[j] * (self.bounds[j] - margins[j] - self.shift(j, intercept)).max(0.0)
            })
            .sum()
    }

    fn require_rows(&self, what: &'static str, found: usize) -> Result<(), KernelError> {
        KernelError::require_size(|| what, self.operator.nrows(), found)
    }

    fn require_prices(&self) -> Result<(), SvmError> {
        match self.costs.iter().position(|cost| !is_price(*cost)) {
            None => Ok(()),
            Some(row) => Err(SvmError::InvalidPrice { row, value: self.costs[row] }),
        }
    }
}

fn is_price(cost: f64) -> bool {
    cost.is_normal() && cost > 0.0
}
