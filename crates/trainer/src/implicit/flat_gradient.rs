//! The weighted gradient `$e^{s_b}\,\partial L/\partial x_b$`, flat over all tensors, and its derivative.

use std::ops::Range;

use faer::Mat;
use mirrorhead_kernels::{LogScaled, Matrix, elementary, max_abs};
use mirrorhead_mirror::{Risk, RiskError};

/// Part of the largest entry of a tensor by which an entry is moved to measure the curvature. Noise
/// and truncation of the difference both grow with the logits, so this holds at every size of them:
/// about `$10^{-7}$` and `$10^{-8}$` of the logits.
const RELATIVE_MOVE: f64 = 4e-9;
/// The move where the tensor is (almost) zero.
const LEAST_MOVE: f64 = 1e-9;
/// Part of the gradient's largest entry by which a move may change it. A gradient that changes by much more than the
/// logits do (where a decoder of length `$10^5$` magnifies what attention does) is no longer straight over such a move,
/// and where one direction is that stiff, little of it in another spoils a whole Newton step.
const LARGEST_CHANGE: f64 = 1e-3;
/// Part by which a shorter move is to change it: well above the noise, `$10^{-16}$` times the stiffness.
const WANTED_CHANGE: f64 = 1e-4;
/// The least part of a move that is tried next.
const SHORTEST_PART: f64 = 1e-3;
/// Moves tried, each shorter than the one before.
const MOST_MOVES: usize = 5;

/// A risk together with its scratch memory, of whatever type: what works with gradients is compiled once.
trait Evaluation {
    /// [`Risk::value_and_gradient`].
    fn value_and_gradient(
        &mut self,
        parameters: &[Matrix],
        gradients: &mut [LogScaled<Matrix>],
    ) -> Result<f64, RiskError>;

    /// [`Risk::value`].
    fn value(&self, parameters: &[Matrix]) -> Result<f64, RiskError>;
}

struct WithWorkspace<'a, R: Risk + ?Sized> {
    risk: &'a R,
    workspace: R::Workspace,
}

impl<R: Risk + ?Sized> Evaluation for WithWorkspace<'_, R> {
    fn value_and_gradient(
        &mut self,
        parameters: &[Matrix],
        gradients: &mut [LogScaled<Matrix>],
    ) -> Result<f64, RiskError> {
        self.risk.value_and_gradient(parameters, gradients, &mut self.workspace)
    }

    fn value(&self, parameters: &[Matrix]) -> Result<f64, RiskError> {
        self.risk.value(parameters)
    }
}

/// The gradient of a risk over flat points `$x$`, where tensor `$b$` of the risk is `$R_b x_b$`.
pub(crate) struct FlatGradient<'a> {
    risk: Box<dyn Evaluation + 'a>,
    scales: Vec<f64>,
    blocks: Vec<Range<usize>>,
    parameters: Vec<Matrix>,
    gradients: Vec<LogScaled<Matrix>>,
    /// Evaluations of the gradient so far.
    pub(crate) evaluations: u64,
}

impl<'a> FlatGradient<'a> {
    /// The gradient of `risk`, all `$R_b = 1$`.
    pub(crate) fn new<R: Risk + ?Sized>(risk: &'a R) -> Self {
        let parameters: Vec<_> =
            risk.shapes().into_iter().map(|(m, n)| Matrix::zeros(m, n)).collect();
        let mut end = 0;
        let blocks = parameters.iter().map(|w| {
            end += w.len();
            end - w.len()..end
        });
        Self {
            risk: Box::new(WithWorkspace { risk, workspace: risk.workspace() }),
            scales: vec![1.0; parameters.len()],
            blocks: blocks.collect(),
            gradients: risk.zero_gradients(),
            parameters,
            evaluations: 0,
        }
    }

    /// The risk at `parameters`.
    pub(crate) fn risk(&self, parameters: &[Matrix]) -> Result<f64, RiskError> {
        self.risk.value(parameters)
    }

    /// The entries of each tensor.
    pub(crate) fn blocks(&self) -> &[Range<usize>] {
        &self.blocks
    }

    /// Sets the factors `$R_b$`.
    pub(crate) fn set_scales(&mut self, scales: &[f64]) {
        self.scales.copy_from_slice(scales);
    }

    /// The tensors at `x`.
    pub(crate) fn tensors(&mut self, x: &[f64]) -> &[Matrix] {
        for ((tensor, block), scale) in
            self.parameters.iter_mut().zip(&self.blocks).zip(&self.scales)
        {
            for (w, x) in tensor.as_mut_slice().iter_mut().zip(&x[block.clone()]) {
                *w = scale * x;
            }
        }
        &self.parameters
    }

    /// The risk at `x`, and the gradients of its tensors.
    pub(crate) fn gradients(&mut self, x: &[f64]) -> (f64, &[LogScaled<Matrix>]) {
        self.tensors(x);
        self.evaluations += 1;
        let Self { risk, parameters, gradients, .. } = self;
        // The shapes were checked at the start. Where a model refuses its point, no number says so.
        let risk = risk.value_and_gradient(parameters, gradients).unwrap_or_else(|_| {
            for g in gradients.iter_mut() {
                g.value.as_mut_slice().fill(f64::NAN);
            }
            f64::NAN
        });
        (risk, &self.gradients)
    }

    /// `out` `$= e^{s_b}\,\partial L/\partial W_b$` at `x`, tensor after tensor.
    pub(crate) fn weighted(&mut self, x: &[f64], log_weights: &[f64], out: &mut [f64]) {
        self.gradients(x);
        for ((gradient, block), log_weight) in
            self.gradients.iter().zip(&self.blocks).zip(log_weights)
        {
            let factor = elementary::exp(log_weight + gradient.log_scale);
            for (out, g) in out[block.clone()].iter_mut().zip(gradient.value.as_slice()) {
                // A gradient of exactly zero has no scale to speak of.
                *out = if *g == 0.0 { 0.0 } else { factor * g };
            }
        }
    }

    /// The derivative of [`weighted`](Self::weighted) with respect to `x`, by forward differences.
    pub(crate) fn curvature(&mut self, x: &[f64], log_weights: &[f64], out: &mut Mat<f64>) {
        let n = x.len();
        let (mut here, mut there, mut moved) = (vec![0.0; n], vec![0.0; n], x.to_vec());
        self.weighted(x, log_weights, &mut here);
        for block in self.blocks.clone() {
            let longest = (RELATIVE_MOVE * max_abs(&x[block.clone()])).max(LEAST_MOVE);
            for k in block {
                self.nudge(k, longest, &mut moved, log_weights, &here, &mut there);
                let taken = moved[k] - x[k];
                moved[k] = x[k];
                for (out, (there, here)) in
                    out.col_as_slice_mut(k)[..n].iter_mut().zip(there.iter().zip(&here))
                {
                    *out = (there - here) / taken;
                }
            }
        }
    }

    /// Moves entry `k` of `moved` by `longest`, or by as little as the gradient `here` needs to be nearly straight on the
    /// way, and takes the gradient `there`.
    fn nudge(
        &mut self,
        k: usize,
        longest: f64,
        moved: &mut [f64],
        log_weights: &[f64],
        here: &[f64],
        there: &mut [f64],
    ) {
        let (from, size) = (moved[k], max_abs(here));
        let mut nudge = longest;
        for _ in 0..MOST_MOVES {
            moved[k] = from + nudge;
            self.weighted(moved, log_weights, there);
            let change = distance(here, there);
            if change <= LARGEST_CHANGE * size {
                break;
            }
            nudge *= (WANTED_CHANGE * size / change).max(SHORTEST_PART);
        }
    }
}

/// The largest difference of two entries; a NaN is no difference to learn from, and infinite.
fn distance(a: &[f64], b: &[f64]) -> f64 {
    let apart = a.iter().zip(b).map(|(a, b)| (a - b).abs());
    apart.fold(0.0, |most, apart| if apart.is_nan() { f64::INFINITY } else { most.max(apart) })
}
