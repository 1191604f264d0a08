//! A pair in many digits, and the doubles that it is written down in.

use super::number::{Wide, doubles, wide};
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
        let parts =
            |x: &[Wide]| x.iter().map(|x| doubles(x, MOST_PARTS)).collect::<Vec<Vec<f64>>>();
        let (w, multipliers) = (parts(&self.w), parts(&self.multipliers));
        (0..MOST_PARTS).map(move |further| {
            let part = |x: &[Vec<f64>], k: usize| -> Vec<f64> { x.iter().map(|x| x[k]).collect() };
            let rest = |x| (1..=further).map(|k| part(x, k)).collect();
            let remainder =
                Remainder { w: rest(&w), multipliers: rest(&multipliers), ..Remainder::default() };
            (part(&w, 0), part(&multipliers, 0), remainder)
        })
    }
}
