//! The best that is proven so far.

use dashu_int::UBig;

use super::exact_point::{ExactEntries, ExactPoint};
use super::multipliers::Multipliers;
use super::solution::EqualityMargin;
use crate::{MarginInterval, WorkCounters};

/// The vector of the largest lower bound and the multipliers of the smallest upper bound.
pub(super) struct Best {
    pub point: Option<ExactPoint>,
    multipliers: Multipliers,
    pub interval: MarginInterval,
}

impl Best {
    /// Nothing yet, for so many rows and equalities.
    pub fn nothing(nrows: usize, nequalities: usize) -> Self {
        Self {
            point: None,
            multipliers: Multipliers::nothing(nrows, nequalities),
            interval: MarginInterval { lower: f64::NEG_INFINITY, upper: f64::INFINITY },
        }
    }

    /// Keeps a vector with this bound if it is better.
    pub fn keep_point(&mut self, point: ExactPoint, lower: f64) {
        if lower > self.interval.lower {
            self.interval.lower = lower;
            self.point = Some(point);
        }
    }

    /// Keeps multipliers with this bound if they are better.
    pub fn keep_multipliers(&mut self, multipliers: Multipliers, upper: f64) {
        if upper < self.interval.upper {
            self.interval.upper = upper;
            self.multipliers = multipliers;
        }
    }

    /// What is to be said of a vector of `ncols` entries.
    pub fn into_margin(self, ncols: usize, work: WorkCounters) -> EqualityMargin {
        let nothing = || ExactEntries { entries: Vec::new(), denominator: UBig::ONE, exponent: 0 };
        let (w, exact) = match self.point {
            Some(point) => (point.w, point.exact),
            None => (vec![0.0; ncols], nothing()),
        };
        let split = |mut parts: Vec<Vec<f64>>| {
            let rest = parts.split_off(1);
            (parts.swap_remove(0), rest)
        };
        let (multipliers, multiplier_remainder) = split(self.multipliers.of_rows);
        let (equality_multipliers, equality_remainder) = split(self.multipliers.of_equalities);
        EqualityMargin {
            w,
            exact,
            multipliers,
            multiplier_remainder,
            equality_multipliers,
            equality_remainder,
            interval: self.interval,
            work,
        }
    }
}
