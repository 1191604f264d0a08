//! The weighted gradient `$e^{s_b}\,\partial L/\partial x_b$`, flat over all tensors, and its derivative.

use std::ops::Range;

use faer::Mat;
use mirrorhead_kernels::{LogScaled, Matrix, elementary, max_abs};
use mirrorhead_mirror::Risk;

/// Part of the largest entry of a tensor by which an entry is moved to measure the curvature. Noise
/// and truncation of the difference both grow with the logits, so this holds at every size of them:
/// about `$10^{-7}$` and `$10^{-8}$` of the logits.
const RELATIVE_MOVE: f64 = 4e-9;
/// The move where the tensor is (almost) zero.
const LEAST_MOVE: f64 = 1e-9;

/// The gradient of a risk over flat points `$x$`, where tensor `$b$` of the risk is `$R_b x_b$`.
pub(crate) struct FlatGradient<'a, R: Risk> {
    risk: &'a R,
    scales: Vec<f64>,
    blocks: Vec<Range<usize>>,
    parameters: Vec<Matrix>,
    gradients: Vec<LogScaled<Matrix>>,
    workspace: R::Workspace,
    /// Evaluations of the gradient so far.
    pub(crate) evaluations: u64,
}

impl<'a, R: Risk> FlatGradient<'a, R> {
    /// The gradient of `risk`, all `$R_b = 1$`.
    pub(crate) fn new(risk: &'a R) -> Self {
        let parameters: Vec<_> =
            risk.shapes().into_iter().map(|(m, n)| Matrix::zeros(m, n)).collect();
        let mut end = 0;
        let blocks = parameters.iter().map(|w| {
            end += w.len();
            end - w.len()..end
        });
        Self {
            risk,
            scales: vec![1.0; parameters.len()],
            blocks: blocks.collect(),
            gradients: risk.zero_gradients(),
            workspace: risk.workspace(),
            parameters,
            evaluations: 0,
        }
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
        let Self { risk, parameters, gradients, workspace, .. } = self;
        // The shapes were checked at the start. Where a model refuses its point, no number says so.
        let risk = risk.value_and_gradient(parameters, gradients, workspace).unwrap_or_else(|_| {
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
            let nudge = (RELATIVE_MOVE * max_abs(&x[block.clone()])).max(LEAST_MOVE);
            for k in block {
                moved[k] = x[k] + nudge;
                let taken = moved[k] - x[k];
                self.weighted(&moved, log_weights, &mut there);
                moved[k] = x[k];
                for (out, (there, here)) in
                    out.col_as_slice_mut(k)[..n].iter_mut().zip(there.iter().zip(&here))
                {
                    *out = (there - here) / taken;
                }
            }
        }
    }
}
