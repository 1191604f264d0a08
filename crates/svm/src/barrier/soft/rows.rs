//! The rows of a soft-margin problem in many digits, without any rounding.

use super::super::number::{DIGITS, Wide, dot, scaled, wide};
use crate::exact_rows::ExactRows;
use crate::soft::{SoftMarginProblem, log_size};

/// No problem in doubles loses more.
const MOST_LOST: f64 = 4_096.0;

/// Rows over the columns in which one of them has an entry, and the intercept's after these; bounds and prices.
pub(super) struct SoftRows {
    columns: Vec<usize>,
    /// `$(A_j, y_j)$`, or `$A_j$` where there is no intercept.
    pub entries: Vec<Vec<Wide>>,
    pub bounds: Vec<Wide>,
    pub prices: Vec<Wide>,
    /// Binary digits: the usual, and those that large rows lose where they cancel to forces of size one.
    pub digits: usize,
}

impl SoftRows {
    /// The rows of `problem`. None if doubles cannot say what they are.
    pub fn of(problem: &SoftMarginProblem<'_>) -> Option<Self> {
        let rows: Vec<usize> = (0..problem.bounds().len()).collect();
        let exact = ExactRows::of(problem.operator(), &rows)?;
        let n = exact.columns.len();
        let lost = log_size(problem).clamp(0.0, MOST_LOST);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
        let digits = DIGITS + lost as usize;
        let mut entries = Vec::new();
        for (j, (row, exponent)) in exact.entries.into_iter().zip(exact.exponents).enumerate() {
            let mut dense = vec![wide(0.0); n];
            for (k, a) in row {
                dense[k] = scaled(a, isize::try_from(exponent).ok()?, digits);
            }
            dense.extend(problem.signs().map(|signs| wide(signs[j])));
            entries.push(dense);
        }
        let wides = |x: &[f64]| x.iter().map(|x| wide(*x)).collect();
        let (bounds, prices) = (wides(problem.bounds()), wides(problem.costs()));
        Some(Self { columns: exact.columns, entries, bounds, prices, digits })
    }

    /// Number of rows, of columns, and of unknowns: columns and the intercept.
    pub fn size(&self) -> (usize, usize, usize) {
        (self.entries.len(), self.columns.len(), self.entries.first().map_or(0, Vec::len))
    }

    /// `$A w + \beta y + \xi - b$`.
    pub fn slacks(&self, x: &[Wide], excesses: &[Wide]) -> Vec<Wide> {
        let rows = self.entries.iter().zip(&self.bounds).zip(excesses);
        rows.map(|((row, b), excess)| dot(row, x) + excess - b).collect()
    }

    /// `$\sum_j C_j x_j$`.
    pub fn price(&self, x: &[Wide]) -> Wide {
        dot(&self.prices, x)
    }

    /// `$w$` for all columns of the problem, and `$\beta$`.
    pub fn outer(&self, x: &[Wide], ncols: usize) -> (Vec<Wide>, Wide) {
        let mut outer = vec![wide(0.0); ncols];
        for (w, &k) in x.iter().zip(&self.columns) {
            outer[k].clone_from(w);
        }
        (outer, x.get(self.columns.len()).cloned().unwrap_or(wide(0.0)))
    }
}
