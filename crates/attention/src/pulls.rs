//! The pull of every sample on its query direction: the part of the gradient all risks share.

use mirrorhead_kernels::{
    Matrix, PARALLEL_WORK, rows_times, simd_dispatch, softmax_jacobian, weighted_rows,
};
use rayon::prelude::*;

use crate::{Dataset, Loss};

/// What one sample says at given query directions.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Sample {
    /// $\ell(y_i f_i)$ at the output $f_i = s_i^\top g_i$.
    loss: f64,
    /// $\log\lvert\ell'(y_i f_i)\rvert$.
    pub(crate) log_slope: f64,
    /// The logarithm of the factor taken out of its pull.
    log_scale: f64,
}

/// Scratch of [`evaluate`], and its results.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Pulls {
    /// $d \times n$: column $i$ is $W z_i$. Set by the caller.
    pub(crate) directions: Matrix,
    /// Attention logits $X_i W z_i$, sample after sample.
    pub(crate) logits: Vec<f64>,
    /// The softmax Jacobian applied to the scores.
    coefficients: Vec<f64>,
    /// $d \times n$: column $i$ is $e^{-m}\,\tfrac1n\, \ell'_i y_i X_i^\top (s_i \circ (g_i - f_i))$.
    pub(crate) pulls: Matrix,
    pub(crate) samples: Vec<Sample>,
}

impl Pulls {
    pub(crate) fn new(data: &Dataset) -> Self {
        let n_tokens = data.tokens().n_tokens();
        Self {
            directions: Matrix::zeros(data.dim(), data.len()),
            logits: vec![0.0; n_tokens],
            coefficients: vec![0.0; n_tokens],
            pulls: Matrix::zeros(data.dim(), data.len()),
            samples: vec![Sample::default(); data.len()],
        }
    }

    /// Evaluates every sample at `directions` with token `scores` $X_i v$. Returns the risk and the
    /// logarithm $m$ of the factor common to all pulls (0 if all are zero).
    ///
    /// The gradient with respect to $W$ is then $e^{m} \sum_i \text{pull}_i z_i^\top$.
    pub(crate) fn evaluate(&mut self, data: &Dataset, scores: &[f64], loss: Loss) -> (f64, f64) {
        self.evaluate_samples(data, scores, loss);
        let n = data.len() as f64;
        let log_scale = self.samples.iter().map(|s| s.log_scale).fold(f64::NEG_INFINITY, f64::max);
        let log_scale = if log_scale == f64::NEG_INFINITY { 0.0 } else { log_scale };
        let mut risk = 0.0;
        for (i, (sample, y)) in self.samples.iter().zip(data.labels()).enumerate() {
            risk += sample.loss;
            let factor = -y / n * (sample.log_scale - log_scale).exp();
            for x in self.pulls.col_mut(i) {
                *x *= factor;
            }
        }
        (risk / n, log_scale)
    }

    fn evaluate_samples(&mut self, data: &Dataset, scores: &[f64], loss: Loss) {
        let tokens = data.tokens();
        let all = Parts {
            pulls: self.pulls.as_mut_slice(),
            logits: &mut self.logits,
            coefficients: &mut self.coefficients,
            samples: &mut self.samples,
        };
        let samples = all.split(data).enumerate();
        let directions = &self.directions;
        if 2 * tokens.n_tokens() * tokens.dim() < PARALLEL_WORK {
            simd_dispatch(
                #[inline(always)]
                || {
                    // A plain loop: `for_each` would not be compiled with the vector instructions.
                    for (i, part) in samples {
                        part.evaluate(i, directions, data, scores, loss);
                    }
                },
            );
        } else {
            samples.collect::<Vec<_>>().into_par_iter().for_each(|(i, part)| {
                simd_dispatch(
                    #[inline(always)]
                    || part.evaluate(i, directions, data, scores, loss),
                );
            });
        }
    }
}

/// The buffers of one sample, or of all.
struct Parts<'a> {
    pulls: &'a mut [f64],
    logits: &'a mut [f64],
    coefficients: &'a mut [f64],
    samples: &'a mut [Sample],
}

impl<'a> Parts<'a> {
    /// The buffers of each sample in turn.
    fn split(self, data: &'a Dataset) -> impl Iterator<Item = Parts<'a>> {
        let tokens = data.tokens();
        let mut rest = self;
        (0..data.len()).map(move |i| {
            let len = tokens.sequence_len(i);
            Parts {
                pulls: take(&mut rest.pulls, tokens.dim()),
                logits: take(&mut rest.logits, len),
                coefficients: take(&mut rest.coefficients, len),
                samples: take(&mut rest.samples, 1),
            }
        })
    }
}

impl Parts<'_> {
    /// Evaluates sample `i`, whose buffers these are.
    #[inline(always)]
    fn evaluate(self, i: usize, directions: &Matrix, data: &Dataset, scores: &[f64], loss: Loss) {
        let tokens = data.tokens();
        let rows = tokens.sequence(i);
        let scores = &scores[tokens.offset(i)..tokens.offset(i + 1)];
        rows_times(rows, directions.col(i), self.logits);
        let jacobian = softmax_jacobian(self.logits, scores, self.coefficients);
        weighted_rows(rows, self.coefficients, self.pulls);
        let margin = data.labels()[i] * jacobian.mean_score;
        let (loss, log_slope) = loss.value_and_log_slope(margin);
        let log_scale = log_slope + jacobian.log_scale;
        self.samples[0] = Sample { loss, log_slope, log_scale };
    }
}

/// Takes the first `len` entries off `rest`.
fn take<'a, T>(rest: &mut &'a mut [T], len: usize) -> &'a mut [T] {
    let (head, tail) = std::mem::take(rest).split_at_mut(len);
    *rest = tail;
    head
}
