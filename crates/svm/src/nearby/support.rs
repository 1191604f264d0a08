//! The rows with a multiplier, and the columns in which one of them has an entry.

use crate::HardMarginProblem;

/// Most columns that a combination may have an entry in: their matrix, its factors and its inverse are held.
const MOST_COLUMNS: usize = 8_000;

/// So many rows a column are candidates for the basis, those that pull most, unless all have no more than so many entries.
const CANDIDATES: usize = 4;
const FEW_ENTRIES: usize = 1 << 20;

/// The rows with a multiplier, those that pull most first, and the columns in which one of them has an entry.
pub(super) struct Support {
    pub rows: Vec<usize>,
    pub columns: Vec<usize>,
    /// The place of each column of the operator among these; beyond all for others.
    pub places: Vec<usize>,
}

impl Support {
    /// None where there are too many columns.
    pub fn of(problem: &HardMarginProblem<'_>, multipliers: &[f64]) -> Option<Self> {
        let operator = problem.operator();
        let mut sizes = vec![0.0; operator.ncols()];
        operator.apply_adjoint_abs(multipliers, &mut sizes);
        let columns: Vec<usize> = (0..sizes.len()).filter(|&k| sizes[k] > 0.0).collect();
        if columns.len() > MOST_COLUMNS {
            return None;
        }
        let mut places = vec![usize::MAX; operator.ncols()];
        for (place, &k) in columns.iter().enumerate() {
            places[k] = place;
        }
        Some(Self { rows: by_pull(problem, multipliers), columns, places })
    }

    /// The same columns, for other multipliers of rows that have no more.
    pub fn of_others(self, problem: &HardMarginProblem<'_>, multipliers: &[f64]) -> Self {
        Self { rows: by_pull(problem, multipliers), ..self }
    }

    /// The rows that pull most.
    pub fn first(&self, most: usize) -> &[usize] {
        &self.rows[..self.rows.len().min(most)]
    }

    /// Those that a basis is taken from.
    pub fn candidates(&self) -> &[usize] {
        let columns = self.columns.len();
        self.first((CANDIDATES * columns).max(FEW_ENTRIES / columns.max(1)))
    }
}

/// The rows with a multiplier, those that pull most first.
fn by_pull(problem: &HardMarginProblem<'_>, multipliers: &[f64]) -> Vec<usize> {
    let pull = |j: usize| multipliers[j] * problem.row_sizes()[j];
    let mut rows: Vec<usize> = (0..multipliers.len()).filter(|&j| pull(j) > 0.0).collect();
    rows.sort_by(|&i, &j| pull(j).total_cmp(&pull(i)).then(i.cmp(&j)));
    rows
}
