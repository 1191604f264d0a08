//! The units in which a problem is solved: with the data times `$2^k$` and prices to match it is the same problem.
//!
//! With `$w = c w'$` and `$(\beta, \xi) = t (\beta', \xi')$` the objective is `$c^d$` times `$\varphi(w') + \sum_j C'_j
//! \xi'_j$` for the degree `$d$` of `$\varphi$`, with prices `$C' = t c^{-d} C$`, rows `$(c/t) A$` and bounds `$b/t$`. What is
//! found there is judged on the problem as it was given.

use mirrorhead_kernels::{DenseRows, LinearOperator, Matrix, elementary, max_abs};

use crate::soft::high_prices::HighPrices;
use crate::soft::operators::ScaledRows;
use crate::soft::regularizer::degree;
use crate::soft::{SoftMargin, SoftMarginProblem};
use crate::{SvmError, WorkCounters};

/// Exponents within this leave the problem in its own units: nothing that the method computes leaves the range of doubles.
const MODEST: f64 = 40.0;

/// Rows times prices beyond two to this make a problem of hard margins, and below its inverse one of none.
const EXTREME: f64 = 50.0;

/// No exponent of a factor is beyond this: factors stay normal numbers.
const RANGE: f64 = 1_000.0;

/// Entries of rows that are stored where squares of them would leave the range.
const STORED: usize = 1 << 22;

/// Units that are powers of two.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Units {
    /// `$\log_2 c$` and `$\log_2 t$`.
    of_w: f64,
    of_bounds: f64,
    /// Prices above these, in these units, count as much as these.
    highest: Option<Vec<f64>>,
}

/// The operator in these units.
pub(crate) enum InUnits<'a> {
    Own(&'a dyn LinearOperator),
    Scaled(ScaledRows<'a>),
    Stored(DenseRows),
}

impl Units {
    /// Those of the problem.
    const OWN: Self = Self { of_w: 0.0, of_bounds: 0.0, highest: None };

    /// The units of the first attempt: the problem's own, or those in which prices and bounds are of size one where
    /// something is out of all proportion. None if rows are too large for any: nothing but hard margins will do.
    pub fn first(problem: &SoftMarginProblem<'_>) -> Option<Self> {
        let sizes = Sizes::of(problem);
        if [sizes.rows, sizes.bounds, sizes.prices].iter().all(|log| log.abs() <= MODEST) {
            return Some(Self::OWN);
        }
        let of_w = ((sizes.prices + sizes.bounds) / degree(problem.norm())).round();
        let units = Self { of_w, of_bounds: sizes.bounds, highest: None };
        (log_size(problem).abs() <= EXTREME && units.are_in_range()).then_some(units)
    }

    /// The units of a solution that gives up no row, with prices no higher than it takes. None if they are lower.
    pub fn of_hard_margins(problem: &SoftMarginProblem<'_>, high: HighPrices) -> Option<Self> {
        let of_w = elementary::log2(high.unit);
        let mut units = Self { of_w, of_bounds: 0.0, highest: None };
        let prices = units.prices(problem);
        units.highest = Some(high.prices);
        let are_high = prices.iter().zip(units.highest.iter().flatten()).all(|(c, high)| c >= high);
        are_high.then_some(units)
    }

    /// The prices `$C'$`.
    fn prices(&self, problem: &SoftMarginProblem<'_>) -> Vec<f64> {
        let log = self.of_bounds - degree(problem.norm()) * self.of_w;
        let price = |c: &f64| scaled(*c, log).clamp(f64::MIN_POSITIVE, f64::MAX);
        let prices = problem.costs().iter().map(price);
        match &self.highest {
            None => prices.collect(),
            Some(highest) => prices.zip(highest).map(|(c, high)| c.min(*high)).collect(),
        }
    }

    fn are_in_range(&self) -> bool {
        [self.of_w, self.of_bounds, self.of_w - self.of_bounds].iter().all(|log| log.abs() <= RANGE)
    }

    /// The operator times `$c/t$`.
    pub fn operator<'a>(&self, operator: &'a dyn LinearOperator) -> InUnits<'a> {
        InUnits::times(operator, self.of_w - self.of_bounds)
    }

    /// The problem over the operator in these units.
    ///
    /// # Errors
    /// Rows that are so much smaller than others that they leave the range.
    pub fn problem<'a>(
        &self,
        problem: &SoftMarginProblem<'_>,
        operator: &'a InUnits<'_>,
    ) -> Result<SoftMarginProblem<'a>, SvmError> {
        if *self == Self::OWN {
            return Ok(problem.over(operator.get()));
        }
        let unit = elementary::exp2(-self.of_bounds);
        let bounds = problem.bounds().iter().map(|b| b * unit).collect();
        let same = SoftMarginProblem::new(operator.get(), problem.norm(), 1.0)?
            .with_bounds(bounds)?
            .with_weights(&self.prices(problem))?;
        match problem.signs() {
            Some(signs) => same.with_intercept(signs),
            None => Ok(same),
        }
    }

    /// What was found in these units, in those of `problem`, and what it proves there.
    pub fn restored(
        &self,
        problem: &SoftMarginProblem<'_>,
        found: SoftMargin,
        work: WorkCounters,
    ) -> SoftMargin {
        if *self == Self::OWN {
            return found;
        }
        let (of_w, of_bounds) = (elementary::exp2(self.of_w), elementary::exp2(self.of_bounds));
        let w = found.w.iter().map(|w| w * of_w).collect();
        // Multipliers are in the units of prices.
        let log = degree(problem.norm()) * self.of_w - self.of_bounds;
        let multipliers: Vec<f64> = found.multipliers.iter().map(|l| scaled(*l, log)).collect();
        SoftMargin::certified(problem, w, found.intercept * of_bounds, &multipliers, work)
    }
}

/// `$2^{\text{log}} x$`, also where that power is out of range; exact for whole powers that are in it.
fn scaled(x: f64, log: f64) -> f64 {
    let half = (0.5 * log).round().clamp(-RANGE, RANGE);
    x * elementary::exp2(half) * elementary::exp2((log - half).clamp(-RANGE, RANGE))
}

/// `$\log_2$` of the largest entry of rows in units in which prices and bounds are of size one: small where no `$w$` is worth
/// its penalty, large where it is hardly penalised.
pub(crate) fn log_size(problem: &SoftMarginProblem<'_>) -> f64 {
    let sizes = Sizes::of(problem);
    sizes.rows + ((sizes.prices + sizes.bounds) / degree(problem.norm())).round() - sizes.bounds
}

/// Logarithms of the largest row, bound and price, rounded.
struct Sizes {
    rows: f64,
    bounds: f64,
    prices: f64,
}

impl Sizes {
    fn of(problem: &SoftMarginProblem<'_>) -> Self {
        let mut rows = vec![0.0; problem.operator().nrows()];
        problem.operator().row_max_abs(&mut rows);
        let log = |x: &[f64]| elementary::log2(max_abs(x)).round();
        Self { rows: log(&rows), bounds: log(problem.bounds()), prices: log(problem.costs()) }
    }
}

impl<'a> InUnits<'a> {
    /// The operator times `$2^{\text{log}}$`.
    pub fn times(operator: &'a dyn LinearOperator, log: f64) -> Self {
        if log == 0.0 {
            return Self::Own(operator);
        }
        let (m, n) = (operator.nrows(), operator.ncols());
        let factor = elementary::exp2(log);
        let far = log.abs() > RANGE / 4.0 && m.saturating_mul(n) <= STORED;
        let mut rows = if far { Matrix::zeros(m, n) } else { Matrix::zeros(0, 0) };
        let known =
            far && (0..m).all(|j| operator.exact_row(j, &mut |k, a| rows[(j, k)] += factor * a));
        if known {
            Self::Stored(DenseRows::new(&rows))
        } else {
            Self::Scaled(ScaledRows::new(operator, vec![factor; m]))
        }
    }

    pub fn get(&self) -> &(dyn LinearOperator + 'a) {
        match self {
            Self::Own(operator) => *operator,
            Self::Scaled(rows) => rows,
            Self::Stored(rows) => rows,
        }
    }
}
