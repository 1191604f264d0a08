//! A plane and its multipliers in many digits, and the doubles that they are written down in.

use dashu_int::IBig;

use super::number::{DIGITS, Wide, doubles, multiple, scaled, split, top};
use crate::remainder::Remainder;

/// Doubles that a number is written down with: as few of these as prove the gap.
pub(crate) const PARTS: [usize; 9] = [1, 2, 3, 4, 6, 8, 12, 18, 26];

/// Binary digits of a double.
const DOUBLE: isize = 53;

/// No double has digits below this power of two.
const LAST: isize = -1074;

/// `$(w, \beta, \lambda)$` in many digits.
pub(crate) struct FinePlane {
    pub(super) w: Vec<Wide>,
    pub(super) intercept: Wide,
    /// None below zero.
    pub(super) multipliers: Vec<Wide>,
}

impl FinePlane {
    /// `$w$`, `$\beta$` and `$\lambda$` in `parts` doubles for each number, with `$y^\top\lambda = 0$` exactly for `signs` `$= y$`.
    /// None if that can't be had.
    pub fn rounded(
        &self,
        signs: Option<&[f64]>,
        parts: usize,
    ) -> Option<(Vec<f64>, f64, Vec<f64>, Remainder)> {
        let balanced = signs.map(|signs| balanced(signs, &self.multipliers, parts));
        let multipliers = balanced.unwrap_or_else(|| Some(self.multipliers.clone()))?;
        let (mut w, mut multipliers) = (split(&self.w, parts), split(&multipliers, parts));
        let intercept = doubles(&self.intercept, parts);
        let remainder = Remainder {
            w: w.split_off(1),
            multipliers: multipliers.split_off(1),
            intercept: intercept[1..].to_vec(),
        };
        let (w, multipliers) = (w.pop()?, multipliers.pop()?);
        Some((w, intercept[0], multipliers, remainder))
    }
}

/// Multipliers cut off to multiples of one power of two, as fine as `parts` doubles can say, and what `$y^\top\lambda$` is off
/// by taken from the largest of the heavier sign.
fn balanced(signs: &[f64], multipliers: &[Wide], parts: usize) -> Option<Vec<Wide>> {
    let largest = multipliers.iter().filter_map(top).max()?;
    let unit = (largest - DOUBLE * parts.cast_signed()).max(LAST);
    let digits = DIGITS.max(largest.abs_diff(unit));
    let mut whole: Vec<IBig> = multipliers.iter().map(|l| multiple(l, unit)).collect();
    let pairs = signs.iter().zip(&whole);
    let surplus = pairs.fold(IBig::ZERO, |sum, (y, l)| if *y > 0.0 { sum + l } else { sum - l });
    let is_heavy = |y: f64| (y > 0.0) == (surplus > IBig::ZERO);
    let heavy =
        (0..whole.len()).filter(|&j| is_heavy(signs[j])).max_by_key(|&j| whole[j].clone())?;
    whole[heavy] -= if surplus > IBig::ZERO { surplus } else { -surplus };
    let inside = whole[heavy] >= IBig::ZERO;
    inside.then(|| whole.into_iter().map(|l| scaled(l, unit, digits)).collect())
}
