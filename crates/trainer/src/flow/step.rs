//! One step of the mirror flow: five implicit mirror steps that share a Newton matrix.

use mirrorhead_kernels::{Matrix, elementary};
use mirrorhead_mirror::{LpNorm, RiskError};

use super::state::FlowState;
use super::tableau::{BELOW, DIAGONAL, NODES, STAGES, difference};
use super::work::FlowWork;
use crate::implicit::{FlatGradient, MirrorPoint, Tangent};

/// Newton iterations of a stage with one matrix.
const MOST_ITERATIONS: usize = 8;
/// New matrices for a stage before the step is tried shorter.
const MOST_MATRICES: usize = 3;
/// A stage is solved to this part of the tolerance.
const STAGE_ACCURACY: f64 = 1e-2;
/// Ratio of successive Newton corrections beyond which they don't converge.
const SLOWEST_CONTRACTION: f64 = 0.7;

/// The end of a step, and the error made in it.
pub(super) struct Trial {
    pub(super) end: MirrorPoint,
    pub(super) slope: Vec<f64>,
    pub(super) error: f64,
}

/// The method with its scratch.
pub(super) struct Stepper<'a> {
    flat_gradient: FlatGradient<'a>,
    norm: LpNorm,
    tangent: Tangent,
    slopes: [Vec<f64>; STAGES],
    tolerance: f64,
    pub(super) work: FlowWork,
}

impl<'a> Stepper<'a> {
    pub(super) fn new(
        flat_gradient: FlatGradient<'a>,
        norm: LpNorm,
        size: usize,
        tolerance: f64,
    ) -> Self {
        Self {
            flat_gradient,
            norm,
            tangent: Tangent::new(size, 0),
            slopes: std::array::from_fn(|_| vec![0.0; size]),
            tolerance,
            work: FlowWork::default(),
        }
    }

    /// The risk at `parameters`.
    pub(super) fn risk(&self, parameters: &[Matrix]) -> Result<f64, RiskError> {
        self.flat_gradient.risk(parameters)
    }

    /// Tries the step of length `h` from `state`; `None` if a stage has no solution near its
    /// prediction.
    pub(super) fn attempt(&mut self, state: &FlowState, h: f64) -> Option<Trial> {
        let start = &state.point;
        match &state.slope {
            Some(slope) => self.slopes[0].copy_from_slice(slope),
            None => self.slope(state.log_time, start),
        }
        let log_weight = |node: f64| state.log_time + node * h + elementary::ln(h * DIAGONAL);
        let middle = self.predict(state, h, 0.5);
        let weights = vec![log_weight(0.5); state.shapes.len()];
        self.linearize(&middle, &weights);
        let mut end = None;
        for i in 1..STAGES {
            let mut target = start.dual.clone();
            for (j, a) in BELOW[i].iter().enumerate() {
                for (target, f) in target.iter_mut().zip(&self.slopes[j]) {
                    *target += h * a * f;
                }
            }
            let guess = self.predict(state, h, NODES[i]);
            let weights = vec![log_weight(NODES[i]); state.shapes.len()];
            let stage = self.solve(&weights, &target, guess);
            self.work.gradients = self.flat_gradient.evaluations;
            let stage = stage?;
            // From the solution and not from the risk there: that would magnify what is left of the
            // residual by the stiffness.
            for (f, (u, c)) in self.slopes[i].iter_mut().zip(stage.dual.iter().zip(&target)) {
                *f = (u - c) / (h * DIAGONAL);
            }
            end = Some(stage);
        }
        let end = end?;
        let error = self.error(&end, h);
        let slope = self.slopes[STAGES - 1].clone();
        error.is_finite().then_some(Trial { end, slope, error })
    }

    /// The error of a step that ends at `end`. The Newton matrix damps what the embedded method, which
    /// is not stiffly stable, adds in fast directions.
    fn error(&mut self, end: &MirrorPoint, h: f64) -> f64 {
        let mut defect = vec![0.0; end.dual.len()];
        for (i, slope) in self.slopes.iter().enumerate() {
            for (defect, f) in defect.iter_mut().zip(slope) {
                *defect += h * difference(i) * f;
            }
        }
        self.tangent.solve(&mut defect);
        let embedded = self.tangent.moved(self.norm, end, &defect, -1.0);
        end.distance(&embedded, self.flat_gradient.blocks())
    }

    /// The right-hand side `$-e^{\tau}\nabla L$` at the start of the flow.
    fn slope(&mut self, log_time: f64, point: &MirrorPoint) {
        let weights = vec![log_time; self.flat_gradient.blocks().len()];
        self.flat_gradient.weighted(&point.primal, &weights, &mut self.slopes[0]);
        for f in &mut self.slopes[0] {
            *f = -*f;
        }
    }

    /// Where the point will be after the part `node` of the step: `$W$` grows linearly in log-time once
    /// the flow has settled, in which `$u$` is curved.
    fn predict(&self, state: &FlowState, h: f64, node: f64) -> MirrorPoint {
        let along = |x: &[f64], slope: &[f64]| {
            x.iter().zip(slope).map(|(x, slope)| x + node * h * slope).collect()
        };
        match &state.drift {
            Some(drift) => MirrorPoint::from_primal(self.norm, along(&state.point.primal, drift)),
            None => MirrorPoint::from_dual(self.norm, along(&state.point.dual, &self.slopes[0])),
        }
    }

    fn linearize(&mut self, point: &MirrorPoint, log_weights: &[f64]) {
        self.tangent.take(&mut self.flat_gradient, self.norm, point, log_weights);
        self.tangent.factor();
        self.work.jacobians += 1;
    }

    /// Solves `$u + e^{s}\nabla L(w) = $` `target` by Newton's method: with the matrix there is, and with
    /// new ones where that does not converge.
    fn solve(
        &mut self,
        log_weights: &[f64],
        target: &[f64],
        guess: MirrorPoint,
    ) -> Option<MirrorPoint> {
        let mut point = guess;
        for matrix in 0..=MOST_MATRICES {
            if !point.is_finite() {
                return None;
            }
            if matrix > 0 {
                self.linearize(&point, log_weights);
            }
            let mut last = f64::INFINITY;
            for _ in 0..MOST_ITERATIONS {
                let moved = self.correct(&mut point, log_weights, target)?;
                let contraction = moved / last;
                // What is left after a correction, if each is `contraction` times the one before; of
                // the first one nothing is known but its size.
                let left = if last.is_finite() { contraction / (1.0 - contraction) } else { 10.0 };
                if moved == 0.0
                    || (contraction < 1.0 && left * moved <= STAGE_ACCURACY * self.tolerance)
                {
                    return Some(point);
                }
                if contraction > SLOWEST_CONTRACTION {
                    break;
                }
                last = moved;
            }
        }
        None
    }

    /// One Newton iteration; returns how far it moved the point, or nothing if it left the range.
    fn correct(
        &mut self,
        point: &mut MirrorPoint,
        log_weights: &[f64],
        target: &[f64],
    ) -> Option<f64> {
        let mut residual = vec![0.0; target.len()];
        self.flat_gradient.weighted(&point.primal, log_weights, &mut residual);
        for (r, (u, c)) in residual.iter_mut().zip(point.dual.iter().zip(target)) {
            *r = c - u - *r;
        }
        self.tangent.solve(&mut residual);
        let next = self.tangent.moved(self.norm, point, &residual, 1.0);
        self.work.newton_iterations += 1;
        let moved = next.distance(point, self.flat_gradient.blocks());
        *point = next;
        point.is_finite().then_some(moved)
    }
}
