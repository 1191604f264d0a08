//! Newton steps of the barriers of a soft margin.
//!
//! Of a row, with slack `$\sigma = A_j w + \beta y_j + \xi - b_j$`, the excess `$\xi$` is eliminated: what is left of
//! `$-\ln\sigma - \ln\xi$` has the curvature `$1/(\sigma^2 + \xi^2)$`. So are shares of entries, but for the one that all have
//! in common at `$p = \infty$`.

use super::super::cholesky::{WideCholesky, gram};
use super::super::cone::{ConeBarrier, PowerCone};
use super::super::line::{ConeLine, Line};
use super::super::number::{Wide, dot, double, wide};
use super::super::path::{Barrier, SHARE, Step};
use super::point::Point;
use super::rows::SoftRows;
use crate::Norm;

/// The way of a soft margin.
pub(super) struct Course<'r> {
    rows: &'r SoftRows,
    norm: Norm,
    cone: PowerCone,
    /// What a share costs: `$1/p$`, or 1 at either end.
    cost: Wide,
    goal: f64,
    pub at: Point,
}

/// What a row is at a point.
struct Row {
    slack: Wide,
    excess: Wide,
    /// The derivative by the excess, and the curvature.
    by_excess: Wide,
    curvature: Wide,
}

impl<'r> Course<'r> {
    /// At the start, with the `$\tau$` that goes with it.
    pub fn new(rows: &'r SoftRows, norm: Norm, goal: f64) -> Option<(Self, Wide)> {
        let (at, tau) = Point::start(rows, norm)?;
        let (cone, cost) = match norm {
            // One bound for all entries, as each has one at p = 1.
            Norm::L1 | Norm::LInfinity => (PowerCone::new(Norm::L1), wide(1.0)),
            Norm::Lp(lp) => (PowerCone::new(norm), wide(1.0) / wide(lp.p())),
        };
        Some((Self { rows, norm, cone, cost, goal, at }, tau))
    }

    fn shares_are_one(&self) -> bool {
        self.norm == Norm::LInfinity
    }

    fn objective(&self, shares: &[Wide], excesses: &[Wide]) -> Wide {
        shares.iter().fold(self.rows.price(excesses), |sum, share| sum + &self.cost * share)
    }

    /// None outside.
    fn rows_at(&self, tau: &Wide) -> Option<Vec<Row>> {
        let slacks = self.rows.slacks(&self.at.x, &self.at.excesses);
        let pairs = slacks.into_iter().zip(&self.at.excesses).zip(&self.rows.prices);
        pairs
            .map(|((slack, excess), price)| {
                let inside = slack > wide(0.0) && *excess > wide(0.0);
                let (over, under) = (wide(1.0) / &slack, wide(1.0) / excess);
                inside.then(|| Row {
                    by_excess: tau * price - &over - &under,
                    curvature: &over * &over + &under * &under,
                    excess: excess.clone(),
                    slack,
                })
            })
            .collect()
    }

    /// The matrix, and what it is to be solved for, of `$(w, \beta)$` and the bound in common.
    fn system(
        &self,
        rows: &[Row],
        cones: &[ConeBarrier],
        of_shares: &[Wide],
    ) -> (Vec<Vec<Wide>>, Vec<Wide>) {
        let (_, n, unknowns) = self.rows.size();
        let scaled: Vec<Vec<Wide>> = rows
            .iter()
            .zip(&self.rows.entries)
            .map(|(row, entries)| {
                let stiffness = &row.slack * &row.slack + &row.excess * &row.excess;
                let factor = wide(1.0) / stiffness.sqrt();
                entries.iter().map(|a| a * &factor).collect()
            })
            .collect();
        let mut matrix = gram(&scaled, unknowns, self.rows.digits);
        let mut right = vec![wide(0.0); unknowns];
        for (row, entries) in rows.iter().zip(&self.rows.entries) {
            let over = wide(1.0) / &row.slack;
            let pull = &over + &over * &over * &row.by_excess / &row.curvature;
            for (sum, a) in right.iter_mut().zip(entries) {
                *sum += a * &pull;
            }
        }
        for (k, cone) in cones.iter().enumerate() {
            right[k] -= &cone.by_w;
            matrix[k][k] += &cone.by_w_w;
            if !self.shares_are_one() {
                let tie = &cone.by_w_share / &cone.by_share_share;
                matrix[k][k] -= &cone.by_w_share * &tie;
                right[k] -= tie * &of_shares[k];
            }
        }
        if self.shares_are_one() {
            let mut last: Vec<Wide> = cones.iter().map(|cone| cone.by_w_share.clone()).collect();
            last.resize(unknowns, wide(0.0));
            last.push(cones[..n].iter().fold(wide(0.0), |sum, cone| sum + &cone.by_share_share));
            matrix.push(last);
            right.push(of_shares[0].clone());
        }
        (matrix, right)
    }

    /// Minus the derivatives by the shares.
    fn of_shares(&self, cones: &[ConeBarrier], tau: &Wide) -> Vec<Wide> {
        let least = -(tau * &self.cost);
        if self.shares_are_one() {
            return vec![cones.iter().fold(least, |sum, cone| sum - &cone.by_share)];
        }
        cones.iter().map(|cone| &least - &cone.by_share).collect()
    }

    /// The direction in all variables that goes with `moves` of those that are left in the matrix.
    fn direction(
        &self,
        rows: &[Row],
        cones: &[ConeBarrier],
        of_shares: &[Wide],
        mut moves: Vec<Wide>,
    ) -> Point {
        let shares = if self.shares_are_one() {
            moves.split_off(moves.len() - 1)
        } else {
            let cones = cones.iter().zip(of_shares).zip(&moves);
            cones
                .map(|((cone, right), dw)| (right - &cone.by_w_share * dw) / &cone.by_share_share)
                .collect()
        };
        let pairs = rows.iter().zip(&self.rows.entries);
        let excesses = pairs.map(|(row, entries)| {
            let pull = dot(entries, &moves) / (&row.slack * &row.slack);
            -(pull + &row.by_excess) / &row.curvature
        });
        Point { excesses: excesses.collect(), x: moves, shares }
    }

    fn line(&self, tau: &Wide, cones: &[ConeBarrier], direction: &Point, rates: &[Wide]) -> Line {
        let excesses = direction.excesses.iter().zip(&self.at.excesses);
        let slacks = rates.iter().map(double).chain(excesses.map(|(d, x)| double(&(d / x))));
        let cones = cones.iter().zip(&self.at.x).zip(&direction.x).enumerate();
        let cones = cones.map(|(k, ((cone, w), dw))| ConeLine {
            share: double(&(direction.share(k) / self.at.share(k))),
            gap: double(&(&cone.gap / &cone.power)),
            linear: double(&(w * dw / &cone.power)),
            square: double(&(dw * dw / &cone.power)),
        });
        let fall = -(tau * self.objective(&direction.shares, &direction.excesses));
        Line {
            objective: double(&fall),
            slacks: slacks.collect(),
            cones: cones.collect(),
            exponent: self.cone.exponent(),
        }
    }
}

impl Barrier for Course<'_> {
    type Direction = Point;

    fn parameter(&self) -> f64 {
        let (m, n, _) = self.rows.size();
        (2 * m + 3 * n) as f64
    }

    fn newton(&self, tau: &Wide) -> Option<Step<Point>> {
        let rows = self.rows_at(tau)?;
        let (_, n, _) = self.rows.size();
        let cones: Option<Vec<ConeBarrier>> =
            (0..n).map(|k| self.cone.at(&self.at.x[k], self.at.share(k))).collect();
        let cones = cones?;
        let of_shares = self.of_shares(&cones, tau);
        let (matrix, mut moves) = self.system(&rows, &cones, &of_shares);
        WideCholesky::of(matrix)?.solve(&mut moves);
        let direction = self.direction(&rows, &cones, &of_shares, moves);
        // Of slacks: relative changes.
        let changes = self.rows.entries.iter().zip(&direction.excesses).zip(&rows);
        let rates: Vec<Wide> = changes
            .map(|((entries, excess), row)| (dot(entries, &direction.x) + excess) / &row.slack)
            .collect();
        let of_rows = rates.iter().fold(wide(0.0), |sum, rate| sum + rate);
        let of_excesses = direction.excesses.iter().zip(&rows);
        let of_excesses = of_excesses.fold(wide(0.0), |sum, (d, row)| sum + d / &row.excess);
        let of_w = cones.iter().zip(&direction.x);
        let of_w = of_w.fold(wide(0.0), |sum, (cone, dw)| sum + &cone.by_w * dw);
        let price = tau * self.rows.price(&direction.excesses);
        let gain = of_rows + of_excesses - of_w - price + dot(&of_shares, &direction.shares);
        let multipliers = rates.iter().zip(&rows);
        let multipliers = multipliers.map(|(rate, row)| (wide(1.0) - rate) / &row.slack / tau);
        Some(Step {
            decrement: double(&gain).max(0.0).sqrt(),
            line: self.line(tau, &cones, &direction, &rates),
            multipliers: multipliers.collect(),
            forces: Vec::new(),
            direction,
        })
    }

    fn advance(&mut self, length: f64, direction: &Point) {
        self.at.advance(length, direction);
    }

    fn is_good(&self, distance: &Wide) -> bool {
        let objective = self.objective(&self.at.shares, &self.at.excesses);
        *distance <= wide(SHARE * self.goal) * objective
    }
}
