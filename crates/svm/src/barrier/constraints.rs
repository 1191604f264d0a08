//! The constraints of a problem in many digits, without any rounding.

use dashu_int::ops::BitTest;
use mirrorhead_kernels::LinearOperator;

use super::number::{DIGITS, Wide, dot, scaled, wide};
use crate::HardMarginProblem;
use crate::exact_rows::ExactRows;

/// Rows of size one, over the columns in which one of them has an entry, and their bounds.
pub(super) struct Constraints {
    /// Positions in the problem.
    rows: Vec<usize>,
    columns: Vec<usize>,
    entries: Vec<Vec<Wide>>,
    bounds: Vec<Wide>,
    /// The powers of two that rows were multiplied with.
    factors: Vec<Wide>,
}

impl Constraints {
    /// The rows of `problem` that aren't zero. None if doubles cannot say what they are.
    pub fn of<A: LinearOperator + ?Sized>(problem: &HardMarginProblem<'_, A>) -> Option<Self> {
        let sizes = problem.row_sizes();
        let rows: Vec<usize> = (0..sizes.len()).filter(|&j| sizes[j] > 0.0).collect();
        let exact = ExactRows::of(problem.operator(), &rows)?;
        let (mut entries, mut bounds, mut factors) = (Vec::new(), Vec::new(), Vec::new());
        for ((row, exponent), &j) in exact.entries.into_iter().zip(exact.exponents).zip(&rows) {
            let bits = row.iter().map(|(_, a)| a.clone().into_parts().1.bit_len()).max()?;
            let bits = isize::try_from(bits).ok()?;
            let mut dense = vec![wide(0.0); exact.columns.len()];
            for (k, a) in row {
                dense[k] = scaled(a, -bits, DIGITS);
            }
            entries.push(dense);
            let factor = scaled(1.into(), -bits - isize::try_from(exponent).ok()?, DIGITS);
            bounds.push(wide(problem.bounds()[j]) * &factor);
            factors.push(factor);
        }
        Some(Self { rows, columns: exact.columns, entries, bounds, factors })
    }

    /// Number of rows and of columns.
    pub fn size(&self) -> (usize, usize) {
        (self.rows.len(), self.columns.len())
    }

    /// The same rows with bounds of one in place of zero, if there are any: what satisfies these by a margin satisfies all.
    pub fn with_positive_bounds(&self) -> Option<Self> {
        let zero = wide(0.0);
        if self.bounds.iter().all(|b| *b > zero) {
            return None;
        }
        let raised = |b: &Wide| if *b > zero { b.clone() } else { wide(1.0) };
        Some(Self {
            rows: self.rows.clone(),
            columns: self.columns.clone(),
            entries: self.entries.clone(),
            bounds: self.bounds.iter().map(raised).collect(),
            factors: self.factors.clone(),
        })
    }

    /// A `$\rho < 0$` that `$w = 0$` satisfies all rows with, by their size or more. None if no bound is one.
    pub fn far_below(&self) -> Option<Wide> {
        let least = self.bounds.iter().min()?;
        (*least > wide(0.0)).then(|| wide(-1.0) / least)
    }

    /// `$A w - \rho b$`.
    pub fn slacks(&self, w: &[Wide], rho: &Wide) -> Vec<Wide> {
        self.entries.iter().zip(&self.bounds).map(|(row, b)| dot(row, w) - rho * b).collect()
    }

    /// The rows `$(A_j, -b_j)/s_j$` for these slacks `$s$`.
    pub fn over(&self, slacks: &[Wide]) -> Vec<Vec<Wide>> {
        let rows = self.entries.iter().zip(&self.bounds).zip(slacks);
        rows.map(|((row, b), slack)| {
            let inverse = wide(1.0) / slack;
            let mut scaled: Vec<Wide> = row.iter().map(|a| a * &inverse).collect();
            scaled.push(-b * inverse);
            scaled
        })
        .collect()
    }

    /// `$\min_{j : b_j > 0} (A w)_j / b_j$`.
    pub fn margin(&self, w: &[Wide]) -> Option<Wide> {
        let rows = self.entries.iter().zip(&self.bounds).filter(|(_, b)| **b > wide(0.0));
        rows.map(|(row, b)| dot(row, w) / b).min()
    }

    /// `$w$` for all columns of the problem.
    pub fn outer(&self, w: &[Wide], ncols: usize) -> Vec<Wide> {
        let mut outer = vec![wide(0.0); ncols];
        for (w, &k) in w.iter().zip(&self.columns) {
            outer[k].clone_from(w);
        }
        outer
    }

    /// Multipliers of the problem's own rows, the largest of them of size one.
    pub fn unscaled(&self, multipliers: &[Wide], nrows: usize) -> Vec<Wide> {
        let mut outer = vec![wide(0.0); nrows];
        for ((l, factor), &j) in multipliers.iter().zip(&self.factors).zip(&self.rows) {
            outer[j] = l * factor;
        }
        let largest = outer.iter().max().cloned().unwrap_or(wide(1.0));
        for l in &mut outer {
            *l /= &largest;
        }
        outer
    }
}
