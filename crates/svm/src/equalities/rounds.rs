//! Equalities as inequalities: which side of each matters.

use mirrorhead_kernels::{DenseRows, dot};

use crate::{HardMarginProblem, Norm, Outcome, SvmError, WatchedSettings, WorkCounters};

/// Widths of the strips `$\lvert (G w)_i\rvert \le \tau$` of the first round, of the second, and of the last ones, beside the
/// terms of the row. In between they shrink: doubles may have too few digits for narrow ones, and wide ones cost more.
const FIRST_WIDTH: f64 = 1e-3;
const SECOND_WIDTH: f64 = 1e-7;
const LAST_WIDTH: f64 = 1e-13;
const NARROWING: f64 = 1e-3;

/// A multiplier that holds the row by less than this share of the objective is weak: an interior point leaves the row
/// the farther from zero the weaker it is, and the row is better held by its strip, which costs this much of its width.
const WEAK: f64 = 1e-3;

/// A row that is this far from zero, beside its terms, isn't held by one side.
const OFF: f64 = 1e-8;

/// How an equality stands in for the next round.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Side {
    /// `$\lvert (G w)_i\rvert \le \tau$`.
    Strip(f64),
    /// `$\pm (G w)_i \ge 0$`, the sign being that of the multiplier: at the solution it holds with equality, so that the
    /// other side isn't missed.
    One(f64),
}

/// A sequence of problems without equalities that have the same solution in the end.
pub(super) struct Rounds<'p> {
    /// Rows of inequalities, without entries in the columns that the equalities determine, and their bounds.
    inequalities: (&'p [Vec<f64>], &'p [f64]),
    /// Rows `$G$` with `$E w = 0$` if and only if `$G w = 0$`, their terms of size one at solutions.
    rows: Vec<Vec<f64>>,
    sizes: Vec<f64>,
    sides: Vec<Side>,
    width: f64,
}

/// A pair of a round: `$w$`, `$\lambda$`, and `$\nu$` with `$\tilde A^\top\lambda + G^\top\nu$` the dual point, for the rows `$\tilde A$`
/// and `$G$` as they were given.
pub(super) struct RoundPair {
    pub w: Vec<f64>,
    pub multipliers: Vec<f64>,
    pub forces: Vec<f64>,
    pub is_contradiction: bool,
}

impl<'p> Rounds<'p> {
    /// The rounds for these inequalities and rows of equalities, whose terms are of the sizes that they have at
    /// `typical` `$w$`.
    pub fn new(
        inequalities: (&'p [Vec<f64>], &'p [f64]),
        rows: &[Vec<f64>],
        typical: &[f64],
    ) -> Self {
        let largest = typical.iter().fold(0.0f64, |most, w| most.max(w.abs()));
        let size = |row: &Vec<f64>| {
            let terms = row.iter().zip(typical).map(|(a, w)| a.abs() * w.abs().max(1e-6 * largest));
            match terms.sum::<f64>() {
                0.0 => 1.0,
                sum => sum,
            }
        };
        let sizes: Vec<f64> = rows.iter().map(size).collect();
        let scale = |(row, size): (&Vec<f64>, &f64)| row.iter().map(|a| a / size).collect();
        Self {
            inequalities,
            rows: rows.iter().zip(&sizes).map(scale).collect(),
            sides: vec![Side::Strip(FIRST_WIDTH); sizes.len()],
            sizes,
            width: SECOND_WIDTH,
        }
    }

    /// Solves the next problem. None if it leaves the range of double precision.
    ///
    /// # Errors
    /// Settings outside their range.
    pub fn next(
        &mut self,
        norm: Norm,
        settings: &WatchedSettings<'_>,
        work: &mut WorkCounters,
    ) -> Result<Option<RoundPair>, SvmError> {
        let (rows, of_rows) = self.inequalities;
        let (m, n) = (rows.len(), rows[0].len());
        let (mut bounds, mut values) = (of_rows.to_vec(), rows.concat());
        let mut signed = Vec::new();
        for (i, side) in self.sides.iter().enumerate() {
            let (signs, bound) = match side {
                Side::Strip(width) => (vec![1.0, -1.0], -width),
                Side::One(sign) => (vec![*sign], 0.0),
            };
            for sign in signs {
                signed.push((i, sign));
                bounds.push(bound);
                values.extend(self.rows[i].iter().map(|a| sign * a));
            }
        }
        let Ok(operator) = DenseRows::from_row_major(bounds.len(), n, values) else {
            return Ok(None);
        };
        let Ok(round) = HardMarginProblem::with_bounds(&operator, norm, bounds) else {
            return Ok(None);
        };
        let (w, multipliers, is_contradiction) = match crate::solve(&round, settings)? {
            Outcome::MaxMargin(found) => {
                *work += found.work;
                (found.w, found.multipliers, false)
            }
            Outcome::Inconclusive(found) => {
                *work += found.work;
                (found.w, found.multipliers, false)
            }
            Outcome::NotSeparable(proof) => (vec![0.0; n], proof.multipliers, true),
        };
        let mut held = vec![0.0; self.rows.len()];
        for ((i, sign), l) in signed.iter().zip(&multipliers[m..]) {
            held[*i] += sign * l;
        }
        let multipliers = multipliers[..m].to_vec();
        if !is_contradiction {
            self.choose_sides(&w, &held, dot(of_rows, &multipliers));
        }
        let forces = held.iter().zip(&self.sizes).map(|(held, size)| held / size).collect();
        Ok(Some(RoundPair { w, multipliers, forces, is_contradiction }))
    }

    /// The sides that matter at `w`, for these multipliers of the rows, next to `objective` `$= b^\top\lambda$`.
    fn choose_sides(&mut self, w: &[f64], held: &[f64], objective: f64) {
        for ((row, side), held) in self.rows.iter().zip(&mut self.sides).zip(held) {
            let (value, terms) = (dot(row, w), row.iter().zip(w).map(|(a, w)| (a * w).abs()).sum());
            let is_strong = held.abs() * f64::max(terms, 1.0) > WEAK * objective.abs();
            let is_off = value.abs() > OFF * f64::max(terms, 1.0);
            *side = match side {
                Side::One(_) if is_off => Side::Strip(self.width),
                _ if is_strong => Side::One(held.signum()),
                _ => Side::Strip(self.width),
            };
        }
        self.width = (NARROWING * self.width).max(LAST_WIDTH);
    }
}
