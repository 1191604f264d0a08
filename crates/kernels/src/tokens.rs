//! Sequences of tokens of different lengths, stored once.

use std::ops::Range;
use std::sync::Arc;

use faer::MatRef;
use serde::{Deserialize, Serialize};

use crate::error::KernelError;

/// `n` sequences `$X_i \in \mathbb{R}^{T_i \times d}$` of tokens in `$\mathbb{R}^d$`, with `$T_i$` free
/// to differ.
///
/// Tokens lie one after the other in one buffer, so that a sequence is one contiguous row-major
/// matrix. Sequences may share tokens ([`sharing`](Self::sharing)): the prefixes of a text, one for each of its queries,
/// take no more room than the text. Clones share the buffer.
///
/// ```
/// use mirrorhead_kernels::TokenBatch;
/// let batch = TokenBatch::from_rows(&[
///     vec![vec![1.0, 0.0], vec![0.0, 1.0], vec![2.0, 2.0]],
///     vec![vec![3.0, 4.0]],
/// ])?;
/// assert_eq!((batch.len(), batch.dim(), batch.n_tokens()), (2, 2, 4));
/// assert_eq!(batch.sequence_len(0), 3);
/// assert_eq!(batch.token(1, 0), [3.0, 4.0]);
/// # Ok::<(), mirrorhead_kernels::KernelError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(into = "Vec<Vec<Vec<f64>>>", try_from = "Vec<Vec<Vec<f64>>>")]
pub struct TokenBatch {
    dim: usize,
    /// Where sequence `i` begins if all sequences are laid out one after the other.
    offsets: Vec<usize>,
    /// Where its first token lies in the buffer, in tokens.
    starts: Vec<usize>,
    values: Arc<Vec<f64>>,
}

impl TokenBatch {
    /// A batch from nested rows: `sequences[i][t]` is token `$x_{it}$`.
    ///
    /// # Errors
    /// No sequence, a sequence without tokens, tokens without entries or of different dimensions,
    /// a NaN or infinite entry.
    pub fn from_rows(sequences: &[Vec<Vec<f64>>]) -> Result<Self, KernelError> {
        let lengths: Vec<_> = sequences.iter().map(Vec::len).collect();
        let dim = sequences.first().and_then(|s| s.first()).map_or(0, Vec::len);
        Self::require_tokens(dim, &lengths)?;
        let mut values = Vec::new();
        for (i, sequence) in sequences.iter().enumerate() {
            for (t, token) in sequence.iter().enumerate() {
                let place = || format!("entries of token {t} of sequence {i}");
                KernelError::require_size(place, dim, token.len())?;
                KernelError::require_finite(|| format!("token {t} of sequence {i}"), token)?;
                values.extend_from_slice(token);
            }
        }
        Self::new(dim, &lengths, values)
    }

    /// A batch over a flat buffer: `lengths[i]` tokens of `dim` entries for sequence `i`, in order.
    ///
    /// # Errors
    /// No sequence, a sequence without tokens, `dim = 0`, a buffer of another size, a NaN or
    /// infinite entry.
    pub fn new(dim: usize, lengths: &[usize], values: Vec<f64>) -> Result<Self, KernelError> {
        Self::require_tokens(dim, lengths)?;
        let mut offsets = Vec::with_capacity(lengths.len() + 1);
        let mut n_tokens = 0_usize;
        offsets.push(0);
        for &len in lengths {
            // Sizes may come from a file: their sum and product must not wrap around.
            n_tokens = n_tokens.saturating_add(len);
            offsets.push(n_tokens);
        }
        let expected = n_tokens.saturating_mul(dim);
        KernelError::require_size(|| "entries of the token buffer", expected, values.len())?;
        KernelError::require_finite(|| "the token buffer", &values)?;
        let starts = offsets[..lengths.len()].to_vec();
        Ok(Self { dim, offsets, starts, values: Arc::new(values) })
    }

    /// The sequences that are stretches of the tokens of this batch: `spans[i]` says of which of its sequences sequence `i`
    /// of the new one is a stretch, and of which tokens. Nothing is copied.
    ///
    /// ```
    /// use mirrorhead_kernels::TokenBatch;
    /// let text = TokenBatch::from_rows(&[vec![vec![1.0], vec![2.0], vec![3.0]]])?;
    /// let prefixes = text.sharing(&[(0, 0..1), (0, 0..2), (0, 0..3)])?;
    /// assert_eq!((prefixes.len(), prefixes.n_tokens(), prefixes.n_stored()), (3, 6, 3));
    /// assert_eq!(prefixes.sequence(1), [1.0, 2.0]);
    /// assert!(text.sharing(&[(0, 2..4)]).is_err());
    /// # Ok::<(), mirrorhead_kernels::KernelError>(())
    /// ```
    ///
    /// # Errors
    /// No sequence, a stretch without tokens, one that is not there.
    pub fn sharing(&self, spans: &[(usize, Range<usize>)]) -> Result<Self, KernelError> {
        let lengths: Vec<_> = spans.iter().map(|(_, span)| span.len()).collect();
        Self::require_tokens(self.dim, &lengths)?;
        let (mut offsets, mut starts) = (vec![0_usize], Vec::with_capacity(spans.len()));
        for (i, (sequence, span)) in spans.iter().enumerate() {
            let of = if *sequence < self.len() { self.sequence_len(*sequence) } else { 0 };
            if span.end > of {
                return Err(KernelError::ShapeMismatch {
                    what: format!("the end of stretch {i}, of sequence {sequence}").into(),
                    expected: of,
                    found: span.end,
                });
            }
            starts.push(self.starts[*sequence] + span.start);
            offsets.push(offsets[i].saturating_add(span.len()));
        }
        Ok(Self { dim: self.dim, offsets, starts, values: Arc::clone(&self.values) })
    }

    /// Checks that there are sequences, that each has a token, and that tokens have entries.
    fn require_tokens(dim: usize, lengths: &[usize]) -> Result<(), KernelError> {
        let empty = |what| Err(KernelError::Empty { what });
        if lengths.is_empty() {
            return empty("the batch of sequences");
        }
        if lengths.contains(&0) {
            return empty("a sequence of tokens");
        }
        if dim == 0 { empty("a token") } else { Ok(()) }
    }

    /// Number of sequences `$n$`.
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Always false: a batch has at least one sequence.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// Dimension `$d$` of a token.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Number of tokens in the buffer: fewer than [`n_tokens`](Self::n_tokens) where sequences share.
    pub fn n_stored(&self) -> usize {
        self.values.len() / self.dim
    }

    /// Number of tokens of all sequences, `$\sum_i T_i$`.
    pub fn n_tokens(&self) -> usize {
        self.offsets[self.len()]
    }

    /// Length `$T_i$` of sequence `i`.
    pub fn sequence_len(&self, i: usize) -> usize {
        self.offsets[i + 1] - self.offsets[i]
    }

    /// Position of the first token of sequence `i` in the concatenation of all sequences;
    /// `offset(n)` is [`n_tokens`](Self::n_tokens).
    pub fn offset(&self, i: usize) -> usize {
        self.offsets[i]
    }

    /// Token `$x_{it}$`.
    ///
    /// # Panics
    /// If there is no such token.
    pub fn token(&self, i: usize, t: usize) -> &[f64] {
        assert!(t < self.sequence_len(i), "token {t} of a sequence of {}", self.sequence_len(i));
        let start = (self.starts[i] + t) * self.dim;
        &self.values[start..start + self.dim]
    }

    /// Sequence `i` as a flat row-major `$T_i \times d$` buffer.
    pub fn sequence(&self, i: usize) -> &[f64] {
        let start = self.starts[i];
        &self.values[start * self.dim..(start + self.sequence_len(i)) * self.dim]
    }

    /// Sequence `i` as the matrix `$X_i$` (`$T_i \times d$`).
    pub fn sequence_mat(&self, i: usize) -> MatRef<'_, f64> {
        MatRef::from_row_major_slice(self.sequence(i), self.sequence_len(i), self.dim)
    }

    /// All tokens of the buffer, one row each: those of one sequence after those of another, unless sequences share.
    pub fn all_tokens(&self) -> MatRef<'_, f64> {
        MatRef::from_row_major_slice(&self.values, self.n_stored(), self.dim)
    }
}

impl From<TokenBatch> for Vec<Vec<Vec<f64>>> {
    fn from(batch: TokenBatch) -> Self {
        (0..batch.len())
            .map(|i| (0..batch.sequence_len(i)).map(|t| batch.token(i, t).to_vec()).collect())
            .collect()
    }
}

impl TryFrom<Vec<Vec<Vec<f64>>>> for TokenBatch {
    type Error = KernelError;

    fn try_from(sequences: Vec<Vec<Vec<f64>>>) -> Result<Self, KernelError> {
        Self::from_rows(&sequences)
    }
}
