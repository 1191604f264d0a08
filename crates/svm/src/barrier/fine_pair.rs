//! A pair in many digits, and the doubles that it is written down in.

use super::number::{Wide, split, wide};
use crate::remainder::Remainder;

/// Doubles that a number is written down with: as few as prove the gap, up to this many.
const MOST_PARTS: usize = 4;

/// A pair `$(w, \lambda)$` in many digits.
pub(crate) struct FinePair {
    w: Vec<Wide>,
    multipliers: Vec<Wide>,
}

impl FinePair {
    pub(super) fn new(w: Vec<Wide>, multipliers: Vec<Wide>) -> Self {
        Self { w, multipliers }
    }

    /// Multiplies `$\lambda$`.
    pub fn scale_multipliers(&mut self, factor: f64) {
        let factor = wide(factor);
        for l in &mut self.multipliers {
            *l *= &factor;
        }
    }

    /// The pair as doubles, and what rounding to them takes from it, in more and more doubles for each number.
    pub fn roundings(&self) -> impl Iterator<Item = (Vec<f64>, Vec<f64>, Remainder)> {
        let (w, multipliers) = (split(&self.w, MOST_PARTS), split(&self.multipliers, MOST_PARTS));
        (0..MOST_PARTS).map(move |further| {
            let rest = |x: &[Vec<f64>]| x[1..=further].to_vec();
            let remainder =
                Remainder { w: rest(&w), multipliers: rest(&multipliers), ..Remainder::default() };
            (w[0].clone(), multipliers[0].clone(), remainder)
        })
    }
}
