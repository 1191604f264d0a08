//! Labelled sequences with their queries.

use mirrorhead_kernels::{KernelError, Matrix, TokenBatch};

use crate::query::{Candidates, attended, candidates, columns};
use crate::{AttentionError, Mask, Query};

/// `n` samples: tokens `$X_i \in \mathbb{R}^{T_i \times d}$`, a query `$z_i \in \mathbb{R}^d$` and a
/// label `$y_i \in \{-1, +1\}$` each.
///
/// A sample is a query with the tokens that it may attend to. Several samples may be queries of one sequence
/// ([`attending`](Self::attending)), under causal and other [masks](Mask), and share its tokens; then selections, scores and
/// weights count the tokens that a query may attend to, and [`origin`](Self::origin) says which of the sequence they are.
///
/// ```
/// use mirrorhead_attention::Dataset;
/// use mirrorhead_kernels::{KernelError, Matrix, TokenBatch};
/// let tokens = TokenBatch::from_rows(&[vec![vec![1.0, 0.0], vec![0.0, 1.0]], vec![vec![2.0, 1.0]]])?;
/// let queries = Matrix::from_rows(&[[1.0, 0.0], [0.0, 1.0]])?; // row i is z_i
/// let data = Dataset::new(tokens, &queries, vec![1.0, -1.0])?;
/// assert_eq!((data.len(), data.dim()), (2, 2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    tokens: TokenBatch,
    /// `$d \times n$`: column `$i$` is `$z_i$`.
    queries: Matrix,
    labels: Vec<f64>,
    /// Sequence and candidates of each sample; empty where sample `i` is sequence `i`.
    origins: Vec<(usize, Candidates)>,
}

impl Dataset {
    /// A data set; row `$i$` of `queries` (`$n \times d$`) is `$z_i$`.
    ///
    /// # Errors
    /// Sizes that do not agree, entries that are not finite, labels other than `$\pm 1$`.
    pub fn new(
        tokens: TokenBatch,
        queries: &Matrix,
        labels: Vec<f64>,
    ) -> Result<Self, AttentionError> {
        KernelError::require_size(
            || "rows of the queries, one a sequence",
            tokens.len(),
            queries.nrows(),
        )?;
        KernelError::require_size(|| "dimension of the queries", tokens.dim(), queries.ncols())?;
        KernelError::require_size(|| "labels, one a sequence", tokens.len(), labels.len())?;
        KernelError::require_finite(|| "queries", queries.as_slice())?;
        KernelError::require_labels(&labels)?;
        Ok(Self { tokens, queries: queries.transposed(), labels, origins: Vec::new() })
    }

    /// One sample for each of `queries`, which attends to what all `masks` allow of its sequence: many queries a sequence,
    /// causal prefixes, windows, padding, cross-attention. Stretches of a sequence are shared, not copied.
    ///
    /// ```
    /// use mirrorhead_attention::{Dataset, Mask, Query};
    /// use mirrorhead_kernels::TokenBatch;
    /// let text = TokenBatch::from_rows(&[vec![vec![1.0, 0.0], vec![0.0, 1.0], vec![1.0, 1.0]]])?;
    /// let queries: Vec<_> = (0..3).map(|t| Query::of_token(&text, 0, t)).collect();
    /// let data = Dataset::attending(&text, &queries, &[Mask::Causal], vec![1.0, -1.0, 1.0])?;
    /// assert_eq!([0, 1, 2].map(|i| data.tokens().sequence_len(i)), [1, 2, 3]);
    /// assert_eq!(data.tokens().n_stored(), 3);
    /// let window = Dataset::attending(&text, &queries, &[Mask::Window(2)], vec![1.0; 3])?;
    /// assert_eq!(window.origin(2, 1), Some((0, 2))); // its second token is the third of the text
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// A query of another dimension, of a sequence that is not there, or that may attend to nothing; entries that are not
    /// finite, labels other than `$\pm 1$` or not one a query.
    pub fn attending(
        tokens: &TokenBatch,
        queries: &[Query],
        masks: &[Mask],
        labels: Vec<f64>,
    ) -> Result<Self, AttentionError> {
        let candidates = candidates(tokens, queries, masks)?;
        let attended = attended(tokens, queries, &candidates)?;
        let vectors = columns(tokens.dim(), queries)?.transposed();
        let mut data = Self::new(attended, &vectors, labels)?;
        data.origins = queries.iter().map(|query| query.sequence).zip(candidates).collect();
        Ok(data)
    }

    /// The sequence, and the token of it, that token `t` of sample `i` is; none if there is no such token.
    pub fn origin(&self, i: usize, t: usize) -> Option<(usize, usize)> {
        match self.origins.get(i) {
            Some((sequence, candidates)) => Some((*sequence, candidates.get(t)?)),
            None if i < self.len() && t < self.tokens.sequence_len(i) => Some((i, t)),
            None => None,
        }
    }

    /// The data with only the tokens `$x_{it}$` for which `keep(i, t)`, in their order;
    /// [`TokenSelection::thinned`](crate::TokenSelection::thinned) is its counterpart.
    ///
    /// # Errors
    /// A sequence that keeps no token.
    ///
    /// ```
    /// use mirrorhead_attention::{TokenSelection, toy_pair};
    /// let data = toy_pair();
    /// let keep = |i, t| (i, t) != (0, 1);
    /// let rest = data.thinned(keep)?;
    /// assert_eq!([0, 1].map(|i| rest.tokens().sequence_len(i)), [2, 3]);
    /// let selection = TokenSelection::new(vec![2, 1], &data)?.thinned(keep);
    /// assert_eq!(selection.tokens(), [1, 1]);
    /// assert_eq!(rest.tokens().token(0, 1), data.tokens().token(0, 2));
    /// assert!(data.thinned(|i, _| i == 0).is_err());
    /// # Ok::<(), mirrorhead_attention::AttentionError>(())
    /// ```
    pub fn thinned(&self, keep: impl Fn(usize, usize) -> bool) -> Result<Self, AttentionError> {
        let (mut lengths, mut values) = (Vec::with_capacity(self.len()), Vec::new());
        for i in 0..self.len() {
            let before = values.len();
            let kept = (0..self.tokens.sequence_len(i)).filter(|t| keep(i, *t));
            values.extend(kept.flat_map(|t| self.tokens.token(i, t)));
            lengths.push((values.len() - before) / self.dim());
        }
        let tokens = TokenBatch::new(self.dim(), &lengths, values)?;
        let mut origins = self.origins.clone();
        for (i, (_, candidates)) in origins.iter_mut().enumerate() {
            let kept = (0..self.tokens.sequence_len(i)).filter(|t| keep(i, *t));
            *candidates = Candidates::Set(kept.filter_map(|t| candidates.get(t)).collect());
        }
        let (queries, labels) = (self.queries.clone(), self.labels.clone());
        Ok(Self { tokens, queries, labels, origins })
    }

    /// Number of samples `$n$`.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Always false: a data set has at least one sample.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// Dimension `$d$` of tokens and queries.
    pub fn dim(&self) -> usize {
        self.tokens.dim()
    }

    /// The sequences `$X_i$`.
    pub fn tokens(&self) -> &TokenBatch {
        &self.tokens
    }

    /// The queries as a `$d \times n$` matrix whose column `$i$` is `$z_i$`.
    pub fn queries(&self) -> &Matrix {
        &self.queries
    }

    /// The labels `$y_i$`.
    pub fn labels(&self) -> &[f64] {
        &self.labels
    }
}
