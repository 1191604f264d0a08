//! A branch of a regularization path: from point to point, across folds.

use mirrorhead_kernels::elementary;

use super::continuation::{Continuation, Stationary};
use crate::implicit::MirrorPoint;

/// Ratio of two radii between which the path is taken to have a fold if Newton's method does not lead
/// from one to the other.
const SHORTEST_STRETCH: f64 = 1.001;

/// Radii tried for the first point, each a quarter of the one before.
const MOST_ENTRIES: usize = 10;

/// A branch, as far as it is followed: its last two points.
pub(super) struct Branch<'a> {
    pub(super) solver: Continuation<'a>,
    start: MirrorPoint,
    last: Option<Stationary>,
    before: Option<Stationary>,
}

impl<'a> Branch<'a> {
    /// The branch that descent from `start` leads to.
    pub(super) fn new(solver: Continuation<'a>, start: MirrorPoint) -> Self {
        Self { solver, start, last: None, before: None }
    }

    /// The point of the branch at `radii`.
    pub(super) fn extend(&mut self, radii: &[f64]) -> Option<Stationary> {
        let found = match self.last {
            None => self.enter(radii)?,
            Some(_) => self.approach(radii)?,
        };
        self.push(found.clone());
        Some(found)
    }

    /// The first point: by descent at `radii`, or where that is too far out to find a way, further
    /// inside.
    fn enter(&mut self, radii: &[f64]) -> Option<Stationary> {
        let mut inner = radii.to_vec();
        for _ in 0..MOST_ENTRIES {
            if let Some(found) = self.solver.settle(&inner, &self.start) {
                if inner == radii {
                    return Some(found);
                }
                self.push(found);
                return self.approach(radii);
            }
            for radius in &mut inner {
                *radius /= 4.0;
            }
        }
        None
    }

    fn push(&mut self, found: Stationary) {
        if self.last.as_ref().is_none_or(|last| last.radii != found.radii) {
            self.before = self.last.replace(found);
        }
    }

    /// Newton's method at `radii`, or at radii in between first; where the branch has a fold, descent
    /// just behind it, to whatever branch goes on there.
    fn approach(&mut self, radii: &[f64]) -> Option<Stationary> {
        let mut targets = vec![radii.to_vec()];
        while let Some(target) = targets.last() {
            let last = self.last.as_ref()?;
            let guess = self.predict(target)?;
            let mut found = self.solver.polish(target, guess).filter(|found| found.follows(last));
            if found.is_none() {
                let pairs = || last.radii.iter().zip(target);
                let stretch =
                    pairs().map(|(from, to)| elementary::ln(to / from).abs()).fold(0.0, f64::max);
                if stretch >= elementary::ln(SHORTEST_STRETCH) {
                    self.solver.work.divisions += 1;
                    let between = pairs().map(|(from, to)| (from * to).sqrt()).collect();
                    targets.push(between);
                    continue;
                }
                self.solver.work.jumps += 1;
                let from = last.point.clone();
                // Right behind a fold descent is slow: then further out.
                while found.is_none() {
                    found = self.solver.settle(targets.last()?, &from);
                    if found.is_none() {
                        targets.pop();
                    }
                }
                // Nothing is to be foretold from the branch before the jump.
                self.last = None;
            }
            targets.pop();
            if targets.is_empty() {
                return found;
            }
            self.push(found?);
        }
        None
    }

    /// The direction at `radii`, if `$W$` goes on as between the last two points: it grows linearly in the
    /// radius, where its direction is curved.
    fn predict(&self, radii: &[f64]) -> Option<MirrorPoint> {
        let last = self.last.as_ref()?;
        let Some(before) = &self.before else { return Some(last.point.clone()) };
        let mut primal = last.point.primal.clone();
        for (b, block) in self.solver.flat_gradient.blocks().iter().enumerate() {
            let (inner, outer) = (before.radii[b], last.radii[b]);
            let t = if outer == inner { 0.0 } else { (radii[b] - outer) / (outer - inner) };
            for k in block.clone() {
                let here = outer * last.point.primal[k];
                let there = inner * before.point.primal[k];
                primal[k] = (here + t * (here - there)) / radii[b];
            }
        }
        Some(MirrorPoint::from_primal(self.solver.norm, primal))
    }
}

impl Stationary {
    /// Whether this can be the point after `other` on a path of minimizers: in larger balls the risk is
    /// no larger, and in smaller ones no smaller. (Newton's method may find a saddle as well.)
    fn follows(&self, other: &Self) -> bool {
        let rounding = 1e-12 * other.risk.abs();
        let pairs = || self.radii.iter().zip(&other.radii);
        (pairs().any(|(to, from)| to < from) || self.risk <= other.risk + rounding)
            && (pairs().any(|(to, from)| to > from) || self.risk >= other.risk - rounding)
    }
}
