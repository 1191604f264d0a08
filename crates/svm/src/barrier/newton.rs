//! Newton steps of the barrier.

use super::cholesky::{WideCholesky, gram};
use super::cone::{ConeBarrier, PowerCone};
use super::constraints::Constraints;
use super::line::{ConeLine, Line};
use super::number::{DIGITS, Wide, dot, double, wide};
use super::path::{Barrier, SHARE, Step};

/// `$w$`, the shares `$s_k \ge \lvert v_k\rvert^p$` of the entries `$v$` that [count](Constraints::counted) in the norm,
/// `$\sum_k s_k \le 1$`, and `$\rho$`.
#[derive(Debug, Clone)]
pub(super) struct Point {
    pub w: Vec<Wide>,
    pub shares: Vec<Wide>,
    pub rho: Wide,
}

impl Point {
    /// Goes `step` of the way.
    pub fn advance(&mut self, step: f64, direction: &Self) {
        let step = wide(step);
        let pairs = self.w.iter_mut().zip(&direction.w);
        for (x, d) in pairs.chain(self.shares.iter_mut().zip(&direction.shares)) {
            *x += &step * d;
        }
        self.rho += step * &direction.rho;
    }
}

/// Maximises `$\rho$` subject to `$A w \ge \rho b$`, `$\lVert w\rVert \le 1$`.
pub(super) struct HardMargin<'c> {
    constraints: &'c Constraints,
    cone: &'c PowerCone,
    pub at: Point,
    relative_gap: f64,
}

impl<'c> HardMargin<'c> {
    /// At `$w = 0$`, with the `$\tau$` to begin with. None if no bound is positive.
    pub fn new(
        constraints: &'c Constraints,
        cone: &'c PowerCone,
        relative_gap: f64,
    ) -> Option<(Self, Wide)> {
        let (m, n, n_shares) = constraints.size();
        let rho = constraints.far_below()?;
        let tau = wide(-(m as f64)) / &rho;
        let share = wide(0.5 / n_shares as f64);
        let at = Point { w: vec![wide(0.0); n], shares: vec![share; n_shares], rho };
        Some((Self { constraints, cone, at, relative_gap }, tau))
    }

    /// From where it stands for [such constraints](Constraints::for_a_start), under those that they are for.
    pub fn started<'d>(
        self,
        constraints: &'d Constraints,
        relative_gap: f64,
    ) -> Option<(HardMargin<'d>, Wide)>
    where
        'c: 'd,
    {
        let (m, _, _) = constraints.size();
        let mut at = self.at;
        at.rho = at.w.pop()?;
        let tau = wide(m as f64) / &at.rho;
        Some((HardMargin { constraints, cone: self.cone, at, relative_gap }, tau))
    }
}

impl Barrier for HardMargin<'_> {
    type Direction = Point;

    fn parameter(&self) -> f64 {
        let (m, _, n_shares) = self.constraints.size();
        (m + 3 * n_shares + 1) as f64
    }

    fn newton(&self, tau: &Wide) -> Option<Step<Point>> {
        step(self.constraints, self.cone, &self.at, tau)
    }

    fn advance(&mut self, length: f64, direction: &Point) {
        self.at.advance(length, direction);
    }

    fn is_good(&self, distance: &Wide) -> bool {
        let rho = &self.at.rho;
        *rho > wide(0.0) && *distance <= wide(SHARE * self.relative_gap) * rho
    }

    fn is_hopeless(&self, distance: &Wide) -> bool {
        &self.at.rho + distance < wide(0.0)
    }
}

/// The Newton step at `at` for the objective `$\tau\rho$`. None if digits are short, or the point is outside.
fn step(
    constraints: &Constraints,
    cone: &PowerCone,
    at: &Point,
    tau: &Wide,
) -> Option<Step<Point>> {
    let (zero, one) = (wide(0.0), wide(1.0));
    let slacks = constraints.slacks(&at.w, &at.rho);
    let rest = at.shares.iter().fold(one.clone(), |rest, share| rest - share);
    if rest <= zero || slacks.iter().any(|s| *s <= zero) {
        return None;
    }
    let counted = constraints.counted(&at.w);
    let cones: Option<Vec<ConeBarrier>> =
        counted.iter().zip(&at.shares).map(|(v, share)| cone.at(v, share)).collect();
    let cones = cones?;
    let relative = constraints.over(&slacks);
    let system = System::factored(constraints, &relative, &cones)?;
    // The gradient, and the answers to it and to the one slack that all shares have in common.
    let inverse = &one / &rest;
    let last = at.w.len();
    let mut pull = vec![zero; last + 1];
    for row in &relative {
        for (sum, entry) in pull.iter_mut().zip(row) {
            *sum += entry;
        }
    }
    pull[last] += tau;
    let of_counted: Vec<Wide> = cones.iter().map(|cone| cone.by_w.clone()).collect();
    constraints.subtract_pulls(&of_counted, &mut pull);
    let of_shares: Vec<Wide> = cones.iter().map(|cone| -&cone.by_share - &inverse).collect();
    let (mut moves, mut shares) = system.solve(pull.clone(), &of_shares);
    let nothing = vec![wide(0.0); last + 1];
    let (moves_back, shares_back) = system.solve(nothing, &vec![inverse.clone(); cones.len()]);
    let sum = |x: &[Wide]| x.iter().fold(wide(0.0), |sum, x| sum + x) * &inverse;
    let amount = sum(&shares) / (&one + sum(&shares_back));
    for (x, back) in moves.iter_mut().chain(&mut shares).zip(moves_back.iter().chain(&shares_back))
    {
        *x -= &amount * back;
    }
    let decrement = double(&(dot(&pull, &moves) + dot(&of_shares, &shares))).max(0.0).sqrt();
    let rates: Vec<Wide> = relative.iter().map(|row| dot(row, &moves)).collect();
    let multipliers =
        rates.iter().zip(&slacks).map(|(rate, slack)| (&one - rate) / slack / tau).collect();
    let mut changes: Vec<f64> = rates.iter().map(double).collect();
    changes.push(-double(&sum(&shares)));
    let d_counted = constraints.counted(&moves);
    let rho = moves.pop()?;
    let line = Line {
        objective: double(&(tau * &rho)),
        slacks: changes,
        cones: cone_lines((&cones, &counted, &at.shares), (&d_counted, &shares)),
        exponent: cone.exponent(),
    };
    let pulls = cones.iter().zip(&d_counted).zip(&shares);
    let pulls: Vec<Wide> = pulls
        .map(|((cone, dv), ds)| (&cone.by_w + &cone.by_w_w * dv + &cone.by_w_share * ds) / tau)
        .collect();
    let forces = constraints.by_forms(&pulls).1.map(|(_, pull)| pull.clone()).collect();
    let direction = Point { w: moves, shares, rho };
    Some(Step { direction, decrement, line, multipliers, forces })
}

/// The cones along the line, from entries that count and their shares, in the direction of these.
fn cone_lines(
    (cones, counted, shares): (&[ConeBarrier], &[Wide], &[Wide]),
    (d_counted, d_shares): (&[Wide], &[Wide]),
) -> Vec<ConeLine> {
    let line = |(k, cone): (usize, &ConeBarrier)| {
        let (v, dv) = (&counted[k], &d_counted[k]);
        ConeLine {
            share: double(&(&d_shares[k] / &shares[k])),
            gap: double(&(&cone.gap / &cone.power)),
            linear: double(&(v * dv / &cone.power)),
            square: double(&(dv * dv / &cone.power)),
        }
    };
    cones.iter().enumerate().map(line).collect()
}

/// The Newton system without the slack of the shares' sum: `$\mathrm ds_k$` eliminated, and the rest factored.
struct System<'c> {
    constraints: &'c Constraints,
    cones: &'c [ConeBarrier],
    factor: WideCholesky,
}

impl<'c> System<'c> {
    /// None if a pivot isn't positive.
    fn factored(
        constraints: &'c Constraints,
        rows: &[Vec<Wide>],
        cones: &'c [ConeBarrier],
    ) -> Option<Self> {
        let size = rows.first()?.len();
        let curvature = |cone: &ConeBarrier| {
            &cone.by_w_w - &cone.by_w_share * &cone.by_w_share / &cone.by_share_share
        };
        let curvatures: Vec<Wide> = cones.iter().map(curvature).collect();
        let (own, of_forms) = constraints.by_forms(&curvatures);
        let mut roots = Vec::new();
        for (form, curvature) in of_forms {
            if *curvature <= wide(0.0) {
                return None;
            }
            let root = curvature.sqrt();
            let mut row: Vec<Wide> = form.iter().map(|a| a * &root).collect();
            row.resize(size, wide(0.0));
            roots.push(row);
        }
        let all: Vec<&[Wide]> = rows.iter().chain(&roots).map(Vec::as_slice).collect();
        let mut matrix = gram(&all, size, DIGITS);
        for (k, curvature) in own.iter().enumerate() {
            matrix[k][k] += curvature;
        }
        Some(Self { constraints, cones, factor: WideCholesky::of(matrix)? })
    }

    /// The changes of `$(w, \rho)$` and of the shares for these right-hand sides.
    fn solve(&self, mut right: Vec<Wide>, of_shares: &[Wide]) -> (Vec<Wide>, Vec<Wide>) {
        let eliminated = self.cones.iter().zip(of_shares);
        let eliminated: Vec<Wide> = eliminated
            .map(|(cone, of_share)| &cone.by_w_share * of_share / &cone.by_share_share)
            .collect();
        self.constraints.subtract_pulls(&eliminated, &mut right);
        self.factor.solve(&mut right);
        let cones = self.cones.iter().zip(of_shares).zip(self.constraints.counted(&right));
        let shares = cones
            .map(|((cone, of_share), v)| (of_share - &cone.by_w_share * v) / &cone.by_share_share)
            .collect();
        (right, shares)
    }
}
