//! Continuation of a regularization path: Newton's method from a prediction, and descent where there is
//! none.

use mirrorhead_mirror::LpNorm;

use super::progress::PathProgress;
use super::settings::WatchedPath;
use super::sphere::{descent, on_spheres, residuals};
use super::work::PathWork;
use crate::implicit::{FlatGradient, MirrorPoint, Tangent};

/// Newton iterations at one radius.
const MOST_ITERATIONS: usize = 25;
/// Halvings of a Newton correction.
const MOST_HALVINGS: usize = 12;
/// Rounds of descent, each followed by Newton's method.
const MOST_ROUNDS: usize = 24;
/// Steps of descent in the first round.
const DESCENT_STEPS: usize = 50;
/// The residual from which Newton's method is worth a try.
const WITHIN_NEWTON: f64 = 0.02;

/// A stationary point on the spheres of radii `$R_b$`: directions `$\omega_b$` and log-multipliers `$\nu_b$` with
/// `$\nabla\psi(\omega_b) + e^{\nu_b}\,\partial_b L(R\omega) = 0$` and `$\lVert\omega_b\rVert_p = 1$`.
#[derive(Debug, Clone)]
pub(super) struct Stationary {
    pub(super) radii: Vec<f64>,
    pub(super) point: MirrorPoint,
    pub(super) risk: f64,
}

/// The solver with its scratch.
pub(super) struct Continuation<'a> {
    pub(super) flat_gradient: FlatGradient<'a>,
    pub(super) norm: LpNorm,
    tangent: Tangent,
    settings: WatchedPath<'a>,
    interrupted: bool,
    pub(super) work: PathWork,
    /// Points of the path so far.
    pub(super) points: usize,
}

impl<'a> Continuation<'a> {
    pub(super) fn new(
        flat_gradient: FlatGradient<'a>,
        norm: LpNorm,
        settings: WatchedPath<'a>,
    ) -> Self {
        let size = flat_gradient.blocks().last().map_or(0, |block| block.end);
        let tangent = Tangent::new(size, flat_gradient.blocks().len());
        let (work, points) = (PathWork::default(), 0);
        Self { flat_gradient, norm, tangent, settings, interrupted: false, work, points }
    }

    /// Whether the caller has said that it is enough: then nothing more is found.
    pub(super) fn is_interrupted(&self) -> bool {
        self.interrupted
    }

    /// Tells the caller how far the path has got.
    pub(super) fn tell(&self, radii: &[f64]) {
        self.settings.tell(|| PathProgress {
            points: self.points,
            radius: radii.iter().copied().fold(0.0, f64::max),
            newton_iterations: self.work.newton_iterations,
        });
    }

    /// Tells the caller, and asks it whether to go on.
    fn goes_on(&mut self, radii: &[f64]) -> bool {
        self.tell(radii);
        self.interrupted = self.interrupted || self.settings.is_interrupted();
        !self.interrupted
    }

    /// The stationary point at `radii` near `guess`, by a Newton method on directions and multipliers.
    pub(super) fn polish(&mut self, radii: &[f64], guess: MirrorPoint) -> Option<Stationary> {
        self.flat_gradient.set_scales(radii);
        let mut point = on_spheres(self.norm, self.flat_gradient.blocks(), guess);
        let mut multipliers = self.multipliers(&point);
        let (mut defect, mut size) = self.defect(&point, &multipliers)?;
        for _ in 0..MOST_ITERATIONS {
            if !self.goes_on(radii) {
                return None;
            }
            if size <= f64::EPSILON * 8.0 {
                break;
            }
            let correction = self.correction(&point, &multipliers, &defect);
            let mut t = 1.0;
            let better = (0..MOST_HALVINGS).find_map(|_| {
                let n = point.primal.len();
                let moved = self.tangent.moved(self.norm, &point, &correction[..n], t);
                let pairs = multipliers.iter().zip(&correction[n..]);
                let shifted: Vec<f64> = pairs.map(|(nu, d)| nu + t * d).collect();
                let (defect, reached) = self.defect(&moved, &shifted)?;
                t *= 0.5;
                (reached < size).then_some((moved, shifted, defect, reached))
            });
            let Some((moved, shifted, new_defect, reached)) = better else { break };
            let converged = reached > 0.5 * size && size < 1e-9;
            (point, multipliers, defect, size) = (moved, shifted, new_defect, reached);
            if converged {
                break;
            }
        }
        let point = on_spheres(self.norm, self.flat_gradient.blocks(), point);
        let (residual, risk) = self.residual(&point);
        (residual <= self.settings.tolerance).then(|| Stationary {
            radii: radii.to_vec(),
            point,
            risk,
        })
    }

    /// A stationary point at `radii` by descent from `start`: mirror steps on the spheres until the
    /// residual is small, then Newton's method.
    pub(super) fn settle(&mut self, radii: &[f64], start: &MirrorPoint) -> Option<Stationary> {
        self.flat_gradient.set_scales(radii);
        let mut point = on_spheres(self.norm, self.flat_gradient.blocks(), start.clone());
        let (mut step, mut steps) = (0.2, DESCENT_STEPS);
        for _ in 0..MOST_ROUNDS {
            if !self.goes_on(radii) {
                return None;
            }
            if self.residual(&point).0 < WITHIN_NEWTON
                && let Some(found) = self.polish(radii, point.clone())
            {
                return Some(found);
            }
            for _ in 0..steps {
                let down = descent(&mut self.flat_gradient, self.norm, &point);
                self.work.descent_steps += 1;
                let pairs = point.dual.iter().zip(&down.direction);
                let dual = pairs.map(|(u, d)| u + step * d).collect();
                let moved = MirrorPoint::from_dual(self.norm, dual);
                point = on_spheres(self.norm, self.flat_gradient.blocks(), moved);
            }
            step *= 0.7;
            steps += DESCENT_STEPS;
        }
        None
    }

    /// The largest optimality residual, and the risk.
    fn residual(&mut self, point: &MirrorPoint) -> (f64, f64) {
        let down = descent(&mut self.flat_gradient, self.norm, point);
        let residuals = residuals(self.flat_gradient.blocks(), point, &down);
        let larger = |a: f64, b: f64| if b.is_nan() { f64::INFINITY } else { a.max(b) };
        (residuals.into_iter().fold(0.0, larger), down.risk)
    }

    /// The log-multipliers that fit `point` best: `$e^{\nu_b}\lVert g_b\rVert_q = 1$`.
    fn multipliers(&mut self, point: &MirrorPoint) -> Vec<f64> {
        let down = descent(&mut self.flat_gradient, self.norm, point);
        down.log_norms.iter().map(|log_norm| -log_norm).collect()
    }

    /// What is wrong with the stationarity of each entry and the norm of each tensor, and the size of
    /// it.
    fn defect(&mut self, point: &MirrorPoint, multipliers: &[f64]) -> Option<(Vec<f64>, f64)> {
        if !point.is_finite() {
            return None;
        }
        let n = point.primal.len();
        let mut defect = vec![0.0; n + multipliers.len()];
        self.flat_gradient.weighted(&point.primal, multipliers, &mut defect[..n]);
        for (d, u) in defect.iter_mut().zip(&point.dual) {
            *d = -u - *d;
        }
        let mut size = 0.0f64;
        for (b, block) in self.flat_gradient.blocks().iter().enumerate() {
            size = size.max(self.norm.dual_of(&defect[block.clone()]));
            let length = self.norm.of(&point.primal[block.clone()]);
            defect[n + b] = 1.0 - length;
            size = size.max((1.0 - length).abs());
        }
        size.is_finite().then_some((defect, size))
    }

    /// The Newton correction in the charts of the mirror curve, bordered by the multipliers and norms.
    fn correction(&mut self, point: &MirrorPoint, multipliers: &[f64], defect: &[f64]) -> Vec<f64> {
        let n = point.primal.len();
        self.tangent.take(&mut self.flat_gradient, self.norm, point, multipliers);
        let mut force = vec![0.0; n];
        self.flat_gradient.weighted(&point.primal, multipliers, &mut force);
        for (b, block) in self.flat_gradient.blocks().iter().enumerate() {
            for k in 0..n {
                // The norm's gradient is u over the power p - 1 of the norm, which is one.
                let own = if block.contains(&k) { point.dual[k] } else { 0.0 };
                self.tangent.matrix[(n + b, k)] = own * self.tangent.primal_slope(k);
            }
            let column = self.tangent.matrix.col_as_slice_mut(n + b);
            column.fill(0.0);
            column[block.clone()].copy_from_slice(&force[block.clone()]);
        }
        self.tangent.factor();
        self.work.newton_iterations += 1;
        let mut correction = defect.to_vec();
        self.tangent.solve(&mut correction);
        correction
    }
}
