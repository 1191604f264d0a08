//! A point inside of all constraints.

use super::super::number::{Wide, wide};
use super::rows::SoftRows;
use crate::Norm;

/// `$x = (w, \beta)$`, the shares `$s_k \ge \lvert w_k\rvert^p$` of entries in the penalty, or their one bound
/// `$r \ge \lvert w_k\rvert$` at `$p = \infty$`, and `$\xi$`.
#[derive(Debug, Clone)]
pub(super) struct Point {
    pub x: Vec<Wide>,
    pub shares: Vec<Wide>,
    pub excesses: Vec<Wide>,
}

impl Point {
    /// With nothing but excesses, near enough to the centre for the `$\tau$` that is returned with it.
    pub fn start(rows: &SoftRows, norm: Norm) -> Option<(Self, Wide)> {
        let (_, n, unknowns) = rows.size();
        // Far from bounds: the centre has excesses of 2/(tau C).
        let dearest = rows.bounds.iter().zip(&rows.prices).map(|(b, c)| b * c).max()?;
        if dearest <= wide(0.0) {
            return None;
        }
        let tau = wide(0.5) / dearest;
        let excesses = rows.prices.iter().map(|c| wide(2.0) / (&tau * c)).collect();
        let (of_shares, shares) = match norm {
            Norm::L1 => (2.0, n),
            Norm::Lp(norm) => (norm.p() + 1.0, n),
            Norm::LInfinity => (2.0 * n as f64, 1),
        };
        let shares = vec![wide(of_shares) / &tau; shares];
        Some((Self { x: vec![wide(0.0); unknowns], shares, excesses }, tau))
    }

    /// Goes `length` of the way.
    pub fn advance(&mut self, length: f64, direction: &Self) {
        let length = wide(length);
        let pairs = self.x.iter_mut().zip(&direction.x);
        let pairs = pairs.chain(self.shares.iter_mut().zip(&direction.shares));
        for (x, d) in pairs.chain(self.excesses.iter_mut().zip(&direction.excesses)) {
            *x += &length * d;
        }
    }

    /// `$s_k$`, or the bound that all entries have in common.
    pub fn share(&self, k: usize) -> &Wide {
        self.shares.get(k).unwrap_or(&self.shares[0])
    }
}
