//! Multipliers of rows and of equalities, as sums of doubles.

/// `$\lambda$` and `$\mu$`, each a sum of vectors: an entry's terms are of one sign.
pub(super) struct Multipliers {
    /// Vectors that add up to `$\lambda \ge 0$`.
    pub of_rows: Vec<Vec<f64>>,
    /// Vectors that add up to `$\mu$`.
    pub of_equalities: Vec<Vec<f64>>,
}

impl Multipliers {
    /// Zeros, for so many rows and equalities.
    pub fn nothing(nrows: usize, nequalities: usize) -> Self {
        Self { of_rows: vec![vec![0.0; nrows]], of_equalities: vec![vec![0.0; nequalities]] }
    }

    /// The same for rows `$(A; E; -E)$`: vectors that add up to `$(\lambda, \mu^+, \mu^-)$`.
    pub fn stacked(&self) -> Vec<Vec<f64>> {
        let count = self.of_rows.len().max(self.of_equalities.len());
        let part = |parts: &[Vec<f64>], k: usize| {
            parts.get(k).cloned().unwrap_or_else(|| vec![0.0; parts[0].len()])
        };
        let stacked = |k: usize| {
            let (mut all, signed) = (part(&self.of_rows, k), part(&self.of_equalities, k));
            all.extend(signed.iter().map(|l| l.max(0.0)));
            all.extend(signed.iter().map(|l| (-l).max(0.0)));
            all
        };
        (0..count).map(stacked).collect()
    }
}
