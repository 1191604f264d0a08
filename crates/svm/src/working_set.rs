//! Working sets: the rows that a round of the solver knows of.
//!
//! At the solution few rows are active, at most as many as there are unknowns, and a factorization
//! costs the cube of the rows in it. So the method starts with the rows that look hardest, and adds
//! those that its `$w$` leaves behind. The certificate is over all rows in any case.

use mirrorhead_kernels::dot;

use crate::iterate::Iterate;
use crate::rows::EquilibratedRows;

/// Up to this many rows all are in the set from the start.
const ALL_AT_ONCE: usize = 200;

/// The first set has a row for this many unknowns, so far as there are rows.
const UNKNOWNS_PER_ROW: usize = 4;

/// Rows whose slack is below this multiple of the gap (relative to the margin) join the set.
const JOINING_SLACK: f64 = 0.1;

/// Rows whose slack exceeds this multiple of the margin leave the set, once.
const LEAVING_SLACK: f64 = 0.03;

/// The widest gap over all rows at which more rows leave the set than join it.
const WIDEST_LEAVING_GAP: f64 = 0.2;

/// A set of rows, by their increasing positions among all rows.
#[derive(Debug, Clone)]
pub(crate) struct WorkingSet {
    positions: Vec<usize>,
    total: usize,
    /// Rows that have left the set before: they will not again, so that rounds come to an end.
    left: Vec<bool>,
}

impl WorkingSet {
    /// The rows that the starting point satisfies worst.
    pub fn first(rows: &EquilibratedRows<'_>, start: &Iterate) -> Self {
        let total = rows.len();
        if total <= ALL_AT_ONCE || rows.is_little_work() {
            return Self::everything(total);
        }
        let size = (rows.ncols() / UNKNOWNS_PER_ROW).clamp(ALL_AT_ONCE / 2, total / 2);
        let slack = |j: usize| start.margin(j) - start.rho * rows.bounds[j];
        let mut positions: Vec<usize> = (0..total).collect();
        positions.select_nth_unstable_by(size, |&j, &k| slack(j).total_cmp(&slack(k)));
        positions.truncate(size);
        // A set without a positive bound would have w = 0 as its solution.
        if !positions.iter().any(|&j| rows.bounds[j] > 0.0) {
            positions.extend((0..total).filter(|&j| rows.bounds[j] > 0.0).take(size));
        }
        positions.sort_unstable();
        Self { positions, total, left: vec![false; total] }
    }

    /// All of `total` rows.
    pub fn everything(total: usize) -> Self {
        Self { positions: (0..total).collect(), total, left: vec![false; total] }
    }

    /// The rows that are not far from active at a `$w$` of these `margins`, or violated, if `rho` is the
    /// margin to expect; all rows if they are few.
    pub fn near(&self, rows: &EquilibratedRows<'_>, margins: &[f64], rho: f64) -> Self {
        if self.total <= ALL_AT_ONCE {
            return self.clone();
        }
        let slack = |j: usize| margins[j] - rho * rows.bounds[j];
        let positions =
            (0..self.total).filter(|&j| slack(j) <= LEAVING_SLACK * rho.abs()).collect();
        Self { positions, total: self.total, left: vec![false; self.total] }
    }

    /// Positions of the rows in the set, increasing.
    pub fn positions(&self) -> &[usize] {
        &self.positions
    }

    /// Whether every row is in the set.
    pub fn is_everything(&self) -> bool {
        self.positions.len() == self.total
    }

    /// Values of the rows in the set, in their places among `total`, zero elsewhere.
    pub fn scattered(&self, values: &[f64], total: usize) -> Vec<f64> {
        let mut all = vec![0.0; total];
        for (&j, value) in self.positions.iter().zip(values) {
            all[j] = *value;
        }
        all
    }

    /// The set with the rows added that a `$w$` of these `margins` violates, or nearly does, when it
    /// is scaled to have margin `rho` in the set, and without those far from active. None if no
    /// row outside is violated.
    pub fn grown(
        &self,
        rows: &EquilibratedRows<'_>,
        margins: &[f64],
        rho: f64,
        gap: f64,
    ) -> Option<Self> {
        let mut member = vec![false; self.total];
        for &j in &self.positions {
            member[j] = true;
        }
        let slack = |j: usize| margins[j] - rho * rows.bounds[j];
        if !(0..self.total).any(|j| !member[j] && slack(j) < 0.0) {
            return None;
        }
        let reach = JOINING_SLACK * gap * rho.abs();
        let mut added: Vec<usize> =
            (0..self.total).filter(|&j| !member[j] && slack(j) < reach).collect();
        // Where nearly everything is violated, the worst rows will do for a start.
        let most = (self.positions.len() / 4).max(ALL_AT_ONCE / 2);
        if added.len() > most {
            added.select_nth_unstable_by(most, |&j, &k| slack(j).total_cmp(&slack(k)));
            added.truncate(most);
        }
        for &j in &added {
            member[j] = true;
        }
        let mut left = self.left.clone();
        let is_idle = |j: usize| !left[j] && slack(j) > LEAVING_SLACK * rho.abs();
        let mut leaving: Vec<usize> =
            self.positions.iter().copied().filter(|&j| is_idle(j)).collect();
        // As long as the gap is wide the margin of the set may be too small to tell what is far from active: then the
        // set doesn't shrink.
        if gap > WIDEST_LEAVING_GAP && leaving.len() > added.len() {
            leaving.sort_unstable_by(|&j, &k| slack(k).total_cmp(&slack(j)).then(j.cmp(&k)));
            leaving.truncate(added.len());
        }
        for j in leaving {
            left[j] = true;
            member[j] = false;
        }
        let positions = (0..self.total).filter(|&j| member[j]).collect();
        Some(Self { positions, total: self.total, left })
    }

    /// An iterate over this set that continues `last`, over the set `before`.
    ///
    /// Every product of slack and multiplier is brought up to what the `gap` over all rows amounts
    /// to, so that the method starts from near the central path and not from its end.
    pub fn warm_start(
        &self,
        all: &mut EquilibratedRows<'_>,
        before: &Self,
        last: &Iterate,
        margins: &[f64],
        gap: f64,
    ) -> Iterate {
        let old = before.scattered(&last.multipliers, self.total);
        let rho = last.rho.abs();
        let mu = gap * rho / self.positions.len() as f64;
        let (mut multipliers, mut slacks) = (Vec::new(), Vec::new());
        for &j in &self.positions {
            let slack = (margins[j] - last.rho * all.bounds[j]).max(gap * rho);
            let multiplier = old[j].max(mu / slack);
            multipliers.push(multiplier);
            slacks.push(slack.max(mu / multiplier));
        }
        let mut rows = all.subset(&self.positions);
        let weight = dot(&rows.bounds, &multipliers);
        for l in &mut multipliers {
            *l /= weight;
        }
        Iterate::new(&mut rows, last.w.clone(), multipliers, slacks, last.rho)
    }
}
