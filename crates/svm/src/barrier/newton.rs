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
    let inside = Inside::at(constraints, cone, at)?;
    let gradient = inside.gradient(at.w.len(), tau);
    let (mut moves, shares) = inside.newton(&gradient)?;
    let squared = dot(&gradient.pull, &moves) + dot(&gradient.of_shares, &shares);
    let d_counted = constraints.counted(&moves);
    let rates: Vec<Wide> = inside.relative.iter().map(|row| dot(row, &moves)).collect();
    let rho = moves.pop()?;
    let line = Line {
        objective: double(&(tau * &rho)),
        slacks: inside.changes(&rates, &shares),
        cones: cone_lines((&inside.cones, &inside.counted, &at.shares), (&d_counted, &shares)),
        exponent: cone.exponent(),
    };
    let decrement = double(&squared).max(0.0).sqrt();
    let multipliers = inside.multipliers(&rates, tau);
    let forces = inside.forces((&d_counted, &shares), tau);
    let direction = Point { w: moves, shares, rho };
    Some(Step { direction, decrement, line, multipliers, forces })
}

/// A point inside of all constraints, and their barriers there.
struct Inside<'c> {
    constraints: &'c Constraints,
    slacks: Vec<Wide>,
    /// The rows over their slacks.
    relative: Vec<Vec<Wide>>,
    /// The entries that count in the norm, and the cones of these and their shares.
    counted: Vec<Wide>,
    cones: Vec<ConeBarrier>,
    /// One over what the shares leave of 1.
    over_rest: Wide,
}

/// The gradient of the objective and the barriers, in `$(w, \rho)$` and in the shares.
struct Gradient {
    pull: Vec<Wide>,
    of_shares: Vec<Wide>,
}

impl<'c> Inside<'c> {
    fn at(constraints: &'c Constraints, cone: &PowerCone, at: &Point) -> Option<Self> {
        let (zero, one) = (wide(0.0), wide(1.0));
        let slacks = constraints.slacks(&at.w, &at.rho);
        let rest = at.shares.iter().fold(one.clone(), |rest, share| rest - share);
        if rest <= zero || slacks.iter().any(|s| *s <= zero) {
            return None;
        }
        let counted = constraints.counted(&at.w);
        let cones: Option<Vec<ConeBarrier>> =
            counted.iter().zip(&at.shares).map(|(v, share)| cone.at(v, share)).collect();
        let relative = constraints.over(&slacks);
        Some(Self { constraints, slacks, relative, counted, cones: cones?, over_rest: one / rest })
    }

    fn gradient(&self, n: usize, tau: &Wide) -> Gradient {
        let mut pull = vec![wide(0.0); n + 1];
        for row in &self.relative {
            for (sum, entry) in pull.iter_mut().zip(row) {
                *sum += entry;
            }
        }
        pull[n] += tau;
        let of_counted: Vec<Wide> = self.cones.iter().map(|cone| cone.by_w.clone()).collect();
        self.constraints.subtract_pulls(&of_counted, &mut pull);
        let of_share = |cone: &ConeBarrier| -&cone.by_share - &self.over_rest;
        Gradient { pull, of_shares: self.cones.iter().map(of_share).collect() }
    }

    /// The answer to the gradient: that of the system without the slack that all shares have in common, less as much of the
    /// answer to that slack as makes up for it.
    fn newton(&self, gradient: &Gradient) -> Option<(Vec<Wide>, Vec<Wide>)> {
        let system = System::factored(self.constraints, &self.relative, &self.cones)?;
        let (mut moves, mut shares) = system.solve(gradient.pull.clone(), &gradient.of_shares);
        let nothing = vec![wide(0.0); gradient.pull.len()];
        let slack = vec![self.over_rest.clone(); self.cones.len()];
        let (moves_back, shares_back) = system.solve(nothing, &slack);
        let amount = self.of_rest(&shares) / (wide(1.0) + self.of_rest(&shares_back));
        let answer = moves.iter_mut().chain(&mut shares);
        for (x, back) in answer.zip(moves_back.iter().chain(&shares_back)) {
            *x -= &amount * back;
        }
        Some((moves, shares))
    }

    /// What the sum of such changes of the shares is of what they leave of 1.
    fn of_rest(&self, shares: &[Wide]) -> Wide {
        shares.iter().fold(wide(0.0), |sum, x| sum + x) * &self.over_rest
    }

    /// The changes of all slacks, relative to them, where those of the rows are `rates`.
    fn changes(&self, rates: &[Wide], shares: &[Wide]) -> Vec<f64> {
        let rest = -double(&self.of_rest(shares));
        rates.iter().map(double).chain(std::iter::once(rest)).collect()
    }

    fn multipliers(&self, rates: &[Wide], tau: &Wide) -> Vec<Wide> {
        let one = wide(1.0);
        let pairs = rates.iter().zip(&self.slacks);
        pairs.map(|(rate, slack)| (&one - rate) / slack / tau).collect()
    }

    /// The pulls of entries that others determine, after these changes.
    fn forces(&self, (d_counted, d_shares): (&[Wide], &[Wide]), tau: &Wide) -> Vec<Wide> {
        let cones = self.cones.iter().zip(d_counted).zip(d_shares);
        let pull = |((cone, dv), ds): ((&ConeBarrier, &Wide), &Wide)| {
            (&cone.by_w + &cone.by_w_w * dv + &cone.by_w_share * ds) / tau
        };
        let pulls: Vec<Wide> = cones.map(pull).collect();
        self.constraints.by_forms(&pulls).1.map(|(_, pull)| pull.clone()).collect()
    }
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
