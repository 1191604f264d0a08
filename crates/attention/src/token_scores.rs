//! Token scores: what each token is worth to its label.

use std::cmp::Ordering;

use mirrorhead_kernels::{KernelError, Matrix, rows_times};

use crate::{AttentionError, Dataset};

/// The scores `$\gamma_{it} = y_i\, v^\top x_{it}$` of every token under a decoder `$v$`
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
    /// What rounding can have done to each score.
    errors: Vec<f64>,
}

impl TokenScores {
    /// The scores on `data` under the decoder `$v$` (`$d \times 1$`).
    ///
    /// # Errors
    /// A decoder of another size, or with an entry that is not finite.
    pub fn of(data: &Dataset, decoder: &Matrix) -> Result<Self, AttentionError> {
        let tokens = data.tokens();
        let mut scores = raw_scores(data, decoder)?;
        let offsets: Vec<_> = (0..=tokens.len()).map(|i| tokens.offset(i)).collect();
        let mut errors = Vec::with_capacity(scores.len());
        for (i, y) in data.labels().iter().enumerate() {
            for score in &mut scores[offsets[i]..offsets[i + 1]] {
                *score *= y;
            }
            let of_token = |t| rounding_error(tokens.token(i, t), decoder.as_slice());
            errors.extend((0..tokens.sequence_len(i)).map(of_token));
        }
        Ok(Self { offsets, scores, errors })
    }

    /// Scores of all tokens with their errors, those of sample `i` in `offsets[i]..offsets[i + 1]`.
    pub(crate) fn from_parts(offsets: Vec<usize>, scores: Vec<f64>, errors: Vec<f64>) -> Self {
        Self { offsets, scores, errors }
    }

    /// Number of samples.
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Always false: a data set has at least one sample.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// The scores `$\gamma_{i\cdot}$` of sample `i`.
    pub fn sequence(&self, i: usize) -> &[f64] {
        &self.scores[self.offsets[i]..self.offsets[i + 1]]
    }

    /// How the score of token `t` of sample `i` compares with that of token `other`: `Equal` where the
    /// two are nearer than the rounding of their sums, `$(d + 2)\,\varepsilon \sum_k \lvert v_k x_{itk}\rvert$` each,
    /// so that double precision can't tell which is larger. Such tokens *tie*.
    ///
    /// ```
    /// use std::cmp::Ordering;
    /// use mirrorhead_attention::{Dataset, TokenScores};
    /// use mirrorhead_kernels::{Matrix, TokenBatch};
    /// let tokens = [vec![0.1, 0.2, 0.3], vec![0.3, 0.2, 0.1], vec![0.3, 0.2, 0.2]];
    /// let data = Dataset::new(
    ///     TokenBatch::from_rows(&[tokens.to_vec()])?,
    ///     &Matrix::from_rows(&[[1.0, 0.0, 0.0]])?,
    ///     vec![1.0],
    /// )?;
    /// let scores = TokenScores::of(&data, &Matrix::column(vec![1.0; 3])?)?;
    /// assert_eq!(scores.compare(0, 0, 1), Ordering::Equal); // 0.6 either way
    /// assert_eq!(scores.compare(0, 2, 1), Ordering::Greater);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Panics
    /// If there is no such token.
    pub fn compare(&self, i: usize, t: usize, other: usize) -> Ordering {
        let of = |values: &[f64], t: usize| values[self.offsets[i]..self.offsets[i + 1]][t];
        let lead = of(&self.scores, t) - of(&self.scores, other);
        if lead.abs() <= of(&self.errors, t) + of(&self.errors, other) {
            Ordering::Equal
        } else {
            lead.total_cmp(&0.0)
        }
    }

    /// The tokens of sample `i` that tie with token `t`, and `t` itself, in increasing order.
    ///
    /// # Panics
    /// If there is no such token.
    pub fn tied_with(&self, i: usize, t: usize) -> Vec<usize> {
        let ties = |other: &usize| *other == t || self.compare(i, *other, t) == Ordering::Equal;
        (0..self.sequence(i).len()).filter(ties).collect()
    }
}

/// What rounding can do to `$v^\top x$`, the rounding of decimals to `$x$` and `$v$` included.
pub(crate) fn rounding_error(token: &[f64], decoder: &[f64]) -> f64 {
    let terms: f64 = token.iter().zip(decoder).map(|(x, v)| (x * v).abs()).sum();
    (token.len() + 2) as f64 * f64::EPSILON * terms
}

/// `$X_i v$` of every sample, one after the other.
pub(crate) fn raw_scores(data: &Dataset, decoder: &Matrix) -> Result<Vec<f64>, AttentionError> {
    KernelError::require_size(|| "entries of the decoder", data.dim(), decoder.len())?;
    KernelError::require_finite(|| "decoder", decoder.as_slice())?;
    let mut scores = vec![0.0; data.tokens().n_tokens()];
    score_tokens(data, decoder.as_slice(), &mut scores);
    Ok(scores)
}

/// Writes `$X_i v$` of every sample, one after the other.
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
