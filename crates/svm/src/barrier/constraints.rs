//! The constraints of a problem in many digits, without any rounding of the data.

use super::number::{DIGITS, Wide, dot, scaled, top, wide};
use crate::HardMarginProblem;
use crate::exact_rows::ExactRows;

/// Rows of size one and their bounds, over the columns in which something has an entry.
#[derive(Clone)]
pub(super) struct Constraints {
    /// Positions in the problem.
    rows: Vec<usize>,
    columns: Vec<usize>,
    entries: Vec<Vec<Wide>>,
    bounds: Vec<Wide>,
    /// The powers of two that rows were multiplied with.
    factors: Vec<Wide>,
    /// Columns that count in the norm: all but the last ones.
    n_counted: usize,
    /// What counts in the norm, too: entries that others determine, as linear forms of those.
    forms: Vec<Vec<Wide>>,
}

impl Constraints {
    /// The rows of `problem` that aren't zero, where entries of the last `n_free` columns, which have one in every row, count for
    /// nothing in the norm. None if doubles cannot say what the rows are.
    pub fn of(problem: &HardMarginProblem<'_>, n_free: usize) -> Option<Self> {
        let sizes = problem.row_sizes();
        let rows: Vec<usize> = (0..sizes.len()).filter(|&j| sizes[j] > 0.0).collect();
        let exact = ExactRows::of(problem.operator(), &rows)?;
        let dense = |(row, exponent): (Vec<(usize, _)>, &i64)| {
            let mut dense = vec![wide(0.0); exact.columns.len()];
            for (k, a) in row {
                dense[k] = scaled(a, isize::try_from(*exponent).ok()?, DIGITS);
            }
            Some(dense)
        };
        let entries: Option<Vec<_>> =
            exact.entries.into_iter().zip(&exact.exponents).map(dense).collect();
        let n_counted = exact.columns.len().checked_sub(n_free)?;
        let bounds = rows.iter().map(|&j| problem.bounds()[j]).collect();
        let places = (rows, exact.columns);
        Self::of_size_one(places, (entries?, bounds), n_counted, Vec::new())
    }

    /// These rows, and the entries that others determine as `forms` of them. None if no entry of a row with a positive bound
    /// is left.
    pub fn restricted(entries: &[Vec<Wide>], bounds: &[f64], forms: &[Vec<Wide>]) -> Option<Self> {
        let is_zero = |row: &[Wide]| row.iter().all(|a| *a == wide(0.0));
        let rows: Vec<usize> = (0..entries.len()).filter(|&j| !is_zero(&entries[j])).collect();
        if (0..entries.len()).any(|j| bounds[j] > 0.0 && is_zero(&entries[j])) {
            return None;
        }
        let named = |k: &usize| entries.iter().chain(forms).any(|row| row[*k] != wide(0.0));
        let columns: Vec<usize> = (0..entries.first()?.len()).filter(named).collect();
        let short =
            |row: &Vec<Wide>| columns.iter().map(|&k| row[k].clone()).collect::<Vec<Wide>>();
        let forms = forms.iter().map(short).collect();
        let entries = rows.iter().map(|&j| short(&entries[j])).collect();
        let bounds = rows.iter().map(|&j| bounds[j]).collect();
        let n_counted = columns.len();
        Self::of_size_one((rows, columns), (entries, bounds), n_counted, forms)
    }

    fn of_size_one(
        (rows, columns): (Vec<usize>, Vec<usize>),
        (entries, bounds): (Vec<Vec<Wide>>, Vec<f64>),
        n_counted: usize,
        forms: Vec<Vec<Wide>>,
    ) -> Option<Self> {
        let factor =
            |row: &Vec<Wide>| Some(scaled(1.into(), -row.iter().filter_map(top).max()?, DIGITS));
        let factors: Vec<Wide> = entries.iter().map(factor).collect::<Option<_>>()?;
        let times =
            |(row, factor): (Vec<Wide>, &Wide)| row.into_iter().map(|a| a * factor).collect();
        let entries = entries.into_iter().zip(&factors).map(times).collect();
        let bounds = bounds.into_iter().zip(&factors).map(|(b, factor)| wide(b) * factor).collect();
        Some(Self { rows, columns, entries, bounds, factors, n_counted, forms })
    }

    /// Number of rows, of columns, and of entries that count in the norm.
    pub fn size(&self) -> (usize, usize, usize) {
        let n = self.entries.first().map_or(0, Vec::len);
        (self.entries.len(), n, self.n_counted + self.forms.len())
    }

    /// If some bound isn't positive, constraints `$A w - t b \ge \rho$`, `$t \ge \rho$` on `$(w, t)$`: where `$\rho > 0$` all of these
    /// hold with room, for the margin `$t$`.
    pub fn for_a_start(&self) -> Option<Self> {
        if self.bounds.iter().all(|b| *b > wide(0.0)) {
            return None;
        }
        let mut start = self.clone();
        for (row, b) in start.entries.iter_mut().zip(&self.bounds) {
            row.push(-b.clone());
        }
        let mut last = vec![wide(0.0); self.columns.len()];
        last.push(wide(1.0));
        start.entries.push(last);
        start.bounds = vec![wide(1.0); start.entries.len()];
        Some(start)
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

    /// The entries that count in the norm.
    pub fn counted(&self, w: &[Wide]) -> Vec<Wide> {
        let own = w[..self.n_counted].iter().cloned();
        own.chain(self.forms.iter().map(|form| dot(form, w))).collect()
    }

    /// Subtracts from `pulls` on columns those `of_counted` entries.
    pub fn subtract_pulls(&self, of_counted: &[Wide], pulls: &mut [Wide]) {
        let (own, of_forms) = of_counted.split_at(self.n_counted);
        for (pull, x) in pulls.iter_mut().zip(own) {
            *pull -= x;
        }
        for (form, x) in self.forms.iter().zip(of_forms) {
            for (pull, a) in pulls.iter_mut().zip(form) {
                *pull -= a * x;
            }
        }
    }

    /// What of something `of_counted` entries belongs to the columns themselves, and each form with its own.
    pub fn by_forms<'x>(
        &'x self,
        of_counted: &'x [Wide],
    ) -> (&'x [Wide], impl Iterator<Item = (&'x [Wide], &'x Wide)>) {
        let (own, of_forms) = of_counted.split_at(self.n_counted);
        (own, self.forms.iter().map(Vec::as_slice).zip(of_forms))
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

    /// Multipliers of the problem's own rows.
    pub fn unscaled(&self, multipliers: &[Wide], nrows: usize) -> Vec<Wide> {
        let mut outer = vec![wide(0.0); nrows];
        for ((l, factor), &j) in multipliers.iter().zip(&self.factors).zip(&self.rows) {
            outer[j] = l * factor;
        }
        outer
    }
}
