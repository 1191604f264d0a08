//! The best that is proven so far.

use dashu_int::UBig;

use super::exact_point::{DeterminedEntries, ExactPoint};
use super::solution::EqualityMargin;
use crate::{MarginInterval, WorkCounters};

/// The vector of the largest lower bound and the multipliers of the smallest upper bound.
pub(super) struct Best {
    pub point: Option<ExactPoint>,
    multipliers: Vec<f64>,
    equality_multipliers: (Vec<f64>, Vec<f64>),
    pub interval: MarginInterval,
}

impl Best {
    /// Nothing yet, for so many rows and equalities.
    pub fn nothing(nrows: usize, nequalities: usize) -> Self {
        Self {
            point: None,
            multipliers: vec![0.0; nrows],
            equality_multipliers: (vec![0.0; nequalities], vec![0.0; nequalities]),
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

    /// Keeps multipliers `$\lambda$`, and those of the equalities in two parts, with this bound if they are better.
    pub fn keep_multipliers(
        &mut self,
        multipliers: &[f64],
        of_equalities: (Vec<f64>, Vec<f64>),
        upper: f64,
    ) {
        if upper < self.interval.upper {
            self.interval.upper = upper;
            self.multipliers.copy_from_slice(multipliers);
            self.equality_multipliers = of_equalities;
        }
    }

    /// What is to be said of a vector of `ncols` entries.
    pub fn into_margin(self, ncols: usize, work: WorkCounters) -> EqualityMargin {
        let nothing =
            || DeterminedEntries { entries: Vec::new(), denominator: UBig::ONE, exponent: 0 };
        let (w, determined) = match self.point {
            Some(point) => (point.w, point.determined),
            None => (vec![0.0; ncols], nothing()),
        };
        EqualityMargin {
            w,
            determined,
            multipliers: self.multipliers,
            equality_multipliers: self.equality_multipliers.0,
            equality_remainder: self.equality_multipliers.1,
            interval: self.interval,
            work,
        }
    }
}
