//! The gradients of every sample with respect to its query direction `$W z_i$`: what all risks share.

use mirrorhead_kernels::{
    Matrix, PARALLEL_WORK, TokenBatch, elementary, max_abs, rows_times, simd_dispatch,
    softmax_jacobian, weighted_rows,
};
use mirrorhead_mirror::MarginLosses;
use rayon::prelude::*;

use crate::{Dataset, Loss};

/// Scratch of [`SampleGradients::evaluate`], and its results.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SampleGradients {
    /// `$d \times n$`: column `$i$` is `$W z_i$`. Set by the caller.
    pub(crate) directions: Matrix,
    /// Attention logits `$X_i W z_i$`, sample after sample.
    pub(crate) logits: Vec<f64>,
    /// The softmax Jacobian applied to the scores.
    coefficients: Vec<f64>,
    /// `$d \times n$`: column `$i$` is `$e^{-m}\,\tfrac1n\, \ell'_i y_i X_i^\top (s_i \circ (g_i - f_i))$`.
    pub(crate) columns: Matrix,
    /// Of the margins `$y_i f_i$`.
    pub(crate) losses: MarginLosses,
    /// The logarithm of the factor taken out of each column.
    log_scales: Vec<f64>,
    /// `$\log\lVert z_i\rVert_\infty$`: what a column is multiplied by in the gradient.
    log_queries: Vec<f64>,
    features: Features,
}

impl SampleGradients {
    pub(crate) fn new(data: &Dataset) -> Self {
        let n_tokens = data.tokens().n_tokens();
        Self {
            directions: Matrix::zeros(data.dim(), data.len()),
            logits: vec![0.0; n_tokens],
            coefficients: vec![0.0; n_tokens],
            columns: Matrix::zeros(data.dim(), data.len()),
            losses: MarginLosses::new(data.len()),
            log_scales: vec![0.0; data.len()],
            log_queries: (0..data.len())
                .map(|i| elementary::ln(max_abs(data.queries().col(i))))
                .collect(),
            features: Features::of(data.tokens()),
        }
    }

    /// Evaluates every sample at `directions` with token `scores` `$X_i v$`. Returns the risk and the
    /// logarithm `$m$` of the factor common to all columns (0 if all are zero).
    ///
    /// The gradient with respect to `$W$` is then `$e^{m} \sum_i \text{column}_i z_i^\top$`.
    pub(crate) fn evaluate(&mut self, data: &Dataset, scores: &[f64], loss: Loss) -> (f64, f64) {
        self.attend(data, scores);
        let risk = self.losses.evaluate(loss);
        (risk, zero_if_none(self.weigh(data)))
    }

    /// Weighs the attended columns by the slopes, and takes out the factor common to all, whose
    /// logarithm it returns: `$-\infty$` if all are zero.
    pub(crate) fn weigh(&mut self, data: &Dataset) -> f64 {
        for (log_scale, log_slope) in self.log_scales.iter_mut().zip(self.losses.log_slopes()) {
            *log_scale += log_slope;
        }
        let n = data.len() as f64;
        let in_gradient = self.log_scales.iter().zip(&self.log_queries).map(|(c, z)| c + z);
        let largest = in_gradient.fold(f64::NEG_INFINITY, f64::max);
        let log_scale = zero_if_none(largest);
        for (i, (own, y)) in self.log_scales.iter().zip(data.labels()).enumerate() {
            // A sample without a query has no gradient, however steep its loss.
            let silent = self.log_queries[i] == f64::NEG_INFINITY;
            let factor = if silent { 0.0 } else { -y / n * elementary::exp(own - log_scale) };
            for x in self.columns.col_mut(i) {
                *x *= factor;
            }
        }
        largest
    }

    /// Margins, and columns with the logarithms of their factors, before the loss has its say.
    pub(crate) fn attend(&mut self, data: &Dataset, scores: &[f64]) {
        let tokens = data.tokens();
        let all = Parts {
            columns: self.columns.as_mut_slice(),
            logits: &mut self.logits,
            coefficients: &mut self.coefficients,
            margins: self.losses.margins_mut(),
            log_scales: &mut self.log_scales,
        };
        let samples = all.split(data).enumerate();
        let (directions, features) = (&self.directions, &self.features);
        if 2 * tokens.n_tokens() * tokens.dim() < PARALLEL_WORK {
            simd_dispatch(
                #[inline(always)]
                || {
                    // A plain loop: `for_each` would not be compiled with the vector instructions.
                    for (i, part) in samples {
                        part.evaluate(i, directions.col(i), data, scores, features);
                    }
                },
            );
        } else {
            samples.collect::<Vec<_>>().into_par_iter().for_each(|(i, part)| {
                simd_dispatch(
                    #[inline(always)]
                    || part.evaluate(i, directions.col(i), data, scores, features),
                );
            });
        }
    }
}

/// The logarithm of a factor; 0, that of one, for the `$-\infty$` of nothing at all.
pub(crate) fn zero_if_none(log_scale: f64) -> f64 {
    if log_scale == f64::NEG_INFINITY { 0.0 } else { log_scale }
}

/// The transposed sequences `$X_i^\top$` (`$d \times T_i$`, row-major), one after the other, where the
/// batch is small: `$X_i q$` is then a sum of rows, which needs no reductions. Empty where it is not,
/// since reading long rows hides the reductions and a second copy is not free.
#[derive(Debug, Clone, PartialEq)]
struct Features(Vec<f64>);

impl Features {
    const MAX_ENTRIES: usize = 1 << 16;

    fn of(tokens: &TokenBatch) -> Self {
        if tokens.n_tokens() * tokens.dim() > Self::MAX_ENTRIES {
            return Self(Vec::new());
        }
        let sequences = 0..tokens.len();
        let entries = sequences.flat_map(|i| {
            (0..tokens.dim())
                .flat_map(move |k| (0..tokens.sequence_len(i)).map(move |t| tokens.token(i, t)[k]))
        });
        Self(entries.collect())
    }

    /// `logits` `$= X_i q$`.
    #[inline(always)]
    fn logits(&self, tokens: &TokenBatch, i: usize, q: &[f64], logits: &mut [f64]) {
        if self.0.is_empty() {
            rows_times(tokens.sequence(i), q, logits);
        } else {
            let span = tokens.offset(i) * tokens.dim()..tokens.offset(i + 1) * tokens.dim();
            weighted_rows(&self.0[span], q, logits);
        }
    }
}

/// The buffers of one sample, or of all.
struct Parts<'a> {
    columns: &'a mut [f64],
    logits: &'a mut [f64],
    coefficients: &'a mut [f64],
    margins: &'a mut [f64],
    log_scales: &'a mut [f64],
}

impl<'a> Parts<'a> {
    /// The buffers of each sample in turn.
    fn split(self, data: &'a Dataset) -> impl Iterator<Item = Parts<'a>> {
        let tokens = data.tokens();
        let Parts { mut columns, mut logits, mut coefficients, mut margins, mut log_scales } = self;
        (0..data.len()).map(move |i| {
            let len = tokens.sequence_len(i);
            Parts {
                columns: columns.split_off_mut(..tokens.dim()).expect("a column a sample"),
                logits: logits.split_off_mut(..len).expect("a logit a token"),
                coefficients: coefficients.split_off_mut(..len).expect("a coefficient a token"),
                margins: margins.split_off_mut(..1).expect("a margin a sample"),
                log_scales: log_scales.split_off_mut(..1).expect("a scale a sample"),
            }
        })
    }

    /// Evaluates sample `i`, whose buffers these are.
    #[inline(always)]
    fn evaluate(self, i: usize, q: &[f64], data: &Dataset, scores: &[f64], features: &Features) {
        let tokens = data.tokens();
        let scores = &scores[tokens.offset(i)..tokens.offset(i + 1)];
        features.logits(tokens, i, q, self.logits);
        let jacobian = softmax_jacobian(self.logits, scores, self.coefficients);
        weighted_rows(tokens.sequence(i), self.coefficients, self.columns);
        self.margins[0] = data.labels()[i] * jacobian.mean_score;
        self.log_scales[0] = jacobian.log_scale;
    }
}
