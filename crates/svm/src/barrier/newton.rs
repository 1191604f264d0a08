//! Newton steps of the barrier.

use super::cholesky::{WideCholesky, gram};
use super::cone::{ConeBarrier, PowerCone};
use super::constraints::Constraints;
use super::line::{ConeLine, Line};
use super::number::{DIGITS, Wide, dot, double, wide};
use super::path::{Barrier, SHARE, Step};

/// `$w$`, the shares `$s_k \ge \lvert w_k\rvert^p$` of its entries in the norm, but for the last ones that don't count there,
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
        n_free: usize,
        relative_gap: f64,
    ) -> Option<(Self, Wide)> {
        let (m, n) = constraints.size();
        let n_shares = n.checked_sub(n_free).filter(|n| *n > 0)?;
        let rho = constraints.far_below()?;
        let tau = wide(-(m as f64)) / &rho;
        let share = wide(0.5 / n_shares as f64);
        let at = Point { w: vec![wide(0.0); n], shares: vec![share; n_shares], rho };
        Some((Self { constraints, cone, at, relative_gap }, tau))
    }

    /// From where it stands, under constraints that it satisfies, too.
    pub fn continued<'d>(self, constraints: &'d Constraints, relative_gap: f64) -> HardMargin<'d>
    where
        'c: 'd,
    {
        HardMargin { constraints, cone: self.cone, at: self.at, relative_gap }
    }
}

impl Barrier for HardMargin<'_> {
    type Direction = Point;

    fn parameter(&self) -> f64 {
        let (m, _) = self.constraints.size();
        (m + 3 * self.at.shares.len() + 1) as f64
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
    let cones: Option<Vec<ConeBarrier>> =
        at.w.iter().zip(&at.shares).map(|(w, share)| cone.at(w, share)).collect();
    let cones = cones?;
    let relative = constraints.over(&slacks);
    let system = System::factored(&relative, &cones)?;
    // The gradient, and the answers to it and to the one slack that all shares have in common.
    let inverse = &one / &rest;
    let mut pull = vec![zero; at.w.len() + 1];
    for row in &relative {
        for (sum, entry) in pull.iter_mut().zip(row) {
            *sum += entry;
        }
    }
    let last = at.w.len();
    pull[last] += tau;
    for (pull, cone) in pull.iter_mut().zip(&cones) {
        *pull -= &cone.by_w;
    }
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
    let rho = moves.pop()?;
    let cones = cones.iter().zip(&at.w).zip(&at.shares).zip(moves.iter().zip(&shares));
    let cones = cones.map(|(((cone, w), share), (dw, ds))| ConeLine {
        share: double(&(ds / share)),
        gap: double(&(&cone.gap / &cone.power)),
        linear: double(&(w * dw / &cone.power)),
        square: double(&(dw * dw / &cone.power)),
    });
    let line = Line {
        objective: double(&(tau * &rho)),
        slacks: changes,
        cones: cones.collect(),
        exponent: cone.exponent(),
    };
    let direction = Point { w: moves, shares, rho };
    Some(Step { direction, decrement, line, multipliers })
}

/// The Newton system without the slack of the shares' sum: `$\mathrm ds_k$` eliminated, and the rest factored.
struct System<'c> {
    cones: &'c [ConeBarrier],
    factor: WideCholesky,
}

impl<'c> System<'c> {
    /// None if a pivot isn't positive.
    fn factored(rows: &[Vec<Wide>], cones: &'c [ConeBarrier]) -> Option<Self> {
        let size = rows.first()?.len();
        let mut matrix = gram(rows, size, DIGITS);
        for (k, cone) in cones.iter().enumerate() {
            matrix[k][k] +=
                &cone.by_w_w - &cone.by_w_share * &cone.by_w_share / &cone.by_share_share;
        }
        Some(Self { cones, factor: WideCholesky::of(matrix)? })
    }

    /// The changes of `$(w, \rho)$` and of the shares for these right-hand sides.
    fn solve(&self, mut right: Vec<Wide>, of_shares: &[Wide]) -> (Vec<Wide>, Vec<Wide>) {
        for ((right, cone), of_share) in right.iter_mut().zip(self.cones).zip(of_shares) {
            *right -= &cone.by_w_share * of_share / &cone.by_share_share;
        }
        self.factor.solve(&mut right);
        let cones = self.cones.iter().zip(of_shares).zip(&right);
        let shares = cones
            .map(|((cone, of_share), x)| (of_share - &cone.by_w_share * x) / &cone.by_share_share)
            .collect();
        (right, shares)
    }
}
