//! Token scores: what each token is worth to its label.

use mirrorhead_kernels::{Matrix, rows_times};

use crate::error::{require_finite, require_size};
use crate::{AttentionError, Dataset};

/// The scores $\gamma_{it} = y_i\, v^\top x_{it}$ of every token under a decoder $v$
/// (Tarzanagh et al. 2023, definition 1).
///
/// ```
/// use mirrorhead_attention::{TokenScores, toy_pair};
/// use mirrorhead_kernels::Matrix;
/// let scores = TokenScores::of(&toy_pair(), &Matrix::column(vec![1.0, 0.0])?)?;
/// assert_eq!(scores.sequence(0), [-2.7, 1.4, 1.3]);
/// assert_eq!(scores.sequence(1), [-0.4, 1.1, -0.9]);
/// # Ok::<(), mirrorhead_attention::AttentionError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct TokenScores {
    offsets: Vec<usize>,
    scores: Vec<f64>,
}

impl TokenScores {
    /// The scores on `data` under the decoder $v$ ($d \times 1$).
    ///
    /// # Errors
    /// A decoder of another size, or with an entry that is not finite.
    pub fn of(data: &Dataset, decoder: &Matrix) -> Result<Self, AttentionError> {
        let tokens = data.tokens();
        let mut scores = raw_scores(data, decoder)?;
        let offsets: Vec<_> = (0..=tokens.len()).map(|i| tokens.offset(i)).collect();
        for (i, y) in data.labels().iter().enumerate() {
            for score in &mut scores[offsets[i]..offsets[i + 1]] {
                *score *= y;
            }
        }
        Ok(Self { offsets, scores })
    }

    /// Scores of all tokens, those of sample `i` in `offsets[i]..offsets[i + 1]`.
    pub(crate) fn from_parts(offsets: Vec<usize>, scores: Vec<f64>) -> Self {
        Self { offsets, scores }
    }

    /// Number of samples.
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Always false: a data set has at least one sample.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// The scores $\gamma_{i\cdot}$ of sample `i`.
    pub fn sequence(&self, i: usize) -> &[f64] {
        &self.scores[self.offsets[i]..self.offsets[i + 1]]
    }
}

/// $X_i v$ of every sample, one after the other.
pub(crate) fn raw_scores(data: &Dataset, decoder: &Matrix) -> Result<Vec<f64>, AttentionError> {
    require_size("entries of the decoder", data.dim(), decoder.len())?;
    require_finite("decoder", decoder.as_slice())?;
    let mut scores = vec![0.0; data.tokens().n_tokens()];
    score_tokens(data, decoder.as_slice(), &mut scores);
    Ok(scores)
}

/// Writes $X_i v$ of every sample, one after the other.
pub(crate) fn score_tokens(data: &Dataset, decoder: &[f64], scores: &mut [f64]) {
    let tokens = data.tokens();
    for i in 0..tokens.len() {
        rows_times(
            tokens.sequence(i),
            decoder,
            &mut scores[tokens.offset(i)..tokens.offset(i + 1)],
        );
    }
}
