//! The best pair so far: `$w$` and `$\lambda$` need not be of the same iteration.

use crate::MarginInterval;

/// The `$w$` of the largest lower bound and the multipliers of the smallest upper bound.
#[derive(Debug, Clone)]
pub(crate) struct Best {
    /// The best `$w$`, of lower bound `interval.lower`.
    pub w: Vec<f64>,
    /// The best multipliers, of the equilibrated rows, of upper bound `interval.upper`.
    pub multipliers: Vec<f64>,
    pub interval: MarginInterval,
}

impl Best {
    /// Keeps of `w` and `multipliers`, with the bounds they prove, what is better.
    pub fn keep(&mut self, w: &[f64], multipliers: &[f64], now: MarginInterval) {
        if now.lower > self.interval.lower {
            self.interval.lower = now.lower;
            self.w.copy_from_slice(w);
        }
        if now.upper < self.interval.upper {
            self.interval.upper = now.upper;
            self.multipliers.copy_from_slice(multipliers);
        }
    }
}
