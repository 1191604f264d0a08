//! The attention weights of a head, and its outputs.

use mirrorhead_kernels::{KernelError, Matrix, log_softmax, product, rows_times, softmax};

use crate::{AttentionError, Dataset};

/// The attention weights `$s_i = \operatorname{softmax}(X_i W z_i)$` of every sample, with their
/// logarithms, which stay finite where a weight underflows.
///
/// ```
/// use mirrorhead_attention::{AttentionWeights, toy_pair};
/// use mirrorhead_kernels::Matrix;
/// let data = toy_pair();
/// let uniform = AttentionWeights::of(&Matrix::zeros(2, 2), &data)?;
/// assert!(uniform.sequence(0).iter().all(|s| (s - 1.0 / 3.0).abs() < 1e-15));
/// # Ok::<(), mirrorhead_attention::AttentionError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct AttentionWeights {
    offsets: Vec<usize>,
    weights: Vec<f64>,
    log_weights: Vec<f64>,
}

impl AttentionWeights {
    /// The weights of the head with key-query matrix `$W$` (`$d \times d$`) on `data`.
    ///
    /// # Errors
    /// A matrix of another shape, or with an entry that is not finite;
    /// [`AttentionError::ScoresOverflow`] where `$X_i W z_i$` leaves the range of `f64`.
    pub fn of(key_query: &Matrix, data: &Dataset) -> Result<Self, AttentionError> {
        KernelError::require_size(
            || "rows of the key-query matrix",
            data.dim(),
            key_query.nrows(),
        )?;
        KernelError::require_size(
            || "columns of the key-query matrix",
            data.dim(),
            key_query.ncols(),
        )?;
        KernelError::require_finite(|| "key-query matrix", key_query.as_slice())?;
        let tokens = data.tokens();
        let mut directions = Matrix::zeros(data.dim(), data.len());
        product(key_query, data.queries().as_mat(), &mut directions);
        let offsets: Vec<_> = (0..=tokens.len()).map(|i| tokens.offset(i)).collect();
        let mut logits = vec![0.0; tokens.n_tokens()];
        let mut weights = vec![0.0; tokens.n_tokens()];
        let mut log_weights = vec![0.0; tokens.n_tokens()];
        for i in 0..tokens.len() {
            let span = offsets[i]..offsets[i + 1];
            let logits = &mut logits[span.clone()];
            rows_times(tokens.sequence(i), directions.col(i), logits);
            if !logits.iter().all(|logit| logit.is_finite()) {
                return Err(AttentionError::ScoresOverflow { sequence: i });
            }
            softmax(logits, &mut weights[span.clone()]);
            log_softmax(logits, &mut log_weights[span]);
        }
        Ok(Self { offsets, weights, log_weights })
    }

    /// Number of samples.
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Always false: a data set has at least one sample.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// The weights `$s_i$` of sample `i`, which sum to one.
    pub fn sequence(&self, i: usize) -> &[f64] {
        &self.weights[self.offsets[i]..self.offsets[i + 1]]
    }

    /// The logarithms of the weights of sample `i`.
    pub fn log_sequence(&self, i: usize) -> &[f64] {
        &self.log_weights[self.offsets[i]..self.offsets[i + 1]]
    }

    /// The outputs `$f_i = s_i^\top X_i v$` for a decoder `$v$` (`$d \times 1$`) on the same `data`.
    ///
    /// # Errors
    /// A decoder of another size or with an entry that is not finite; data with other sequences.
    pub fn outputs(&self, data: &Dataset, decoder: &Matrix) -> Result<Vec<f64>, AttentionError> {
        KernelError::require_size(|| "sequences of the data", self.len(), data.len())?;
        for i in 0..self.len() {
            let len = self.sequence(i).len();
            KernelError::require_size(
                || "tokens of a sequence of the data",
                len,
                data.tokens().sequence_len(i),
            )?;
        }
        let scores = crate::token_scores::raw_scores(data, decoder)?;
        Ok((0..self.len())
            .map(|i| {
                let scores = &scores[self.offsets[i]..self.offsets[i + 1]];
                self.sequence(i).iter().zip(scores).map(|(s, g)| s * g).sum()
            })
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::toy_pair;

    #[test]
    fn scores_that_overflow_are_an_error_and_no_nan() {
        let data = toy_pair();
        for scale in [f64::MAX, f64::MAX / 2.0] {
            let w = Matrix::from_fn(2, 2, |i, j| if i == j { scale } else { -scale });
            let overflow = AttentionError::ScoresOverflow { sequence: 0 };
            assert_eq!(AttentionWeights::of(&w, &data), Err(overflow));
        }
        let large = Matrix::from_fn(2, 2, |i, j| if i == j { 1e300 } else { 0.0 });
        let weights = AttentionWeights::of(&large, &data).expect("within range");
        assert!(weights.sequence(0).iter().all(|weight| weight.is_finite()));
    }
}
