//! Queries: what attends, and where it stands.

use std::ops::Range;

use mirrorhead_kernels::{KernelError, Matrix, TokenBatch};

use crate::{AttentionError, Mask};

/// A query: its vector, the sequence that it attends to, and where in it masks take it to stand.
///
/// ```
/// use mirrorhead_attention::{Query, toy_pair};
/// let data = toy_pair();
/// let own = Query::of_token(data.tokens(), 1, 2);
/// assert_eq!((own.vector, own.sequence, own.position), (vec![0.9, 0.1], 1, 2));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// The vector `$z$`.
    pub vector: Vec<f64>,
    /// The sequence that it attends to.
    pub sequence: usize,
    /// Its position there; for a query from elsewhere (cross-attention), the position of the last token that a causal mask is
    /// to allow it.
    pub position: usize,
}

impl Query {
    /// The query that a token is itself: self-attention.
    ///
    /// # Panics
    /// If there is no such token.
    pub fn of_token(tokens: &TokenBatch, sequence: usize, position: usize) -> Self {
        Self { vector: tokens.token(sequence, position).to_vec(), sequence, position }
    }
}

/// The tokens of its sequence that a query may attend to, in increasing order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Candidates {
    Span(Range<usize>),
    Set(Vec<usize>),
}

impl Candidates {
    /// Those that all `masks` allow.
    fn new(tokens: &TokenBatch, (number, query): (usize, &Query), masks: &[Mask]) -> Self {
        let place = (query.sequence, query.position);
        let allowed = |t: &usize| masks.iter().all(|mask| mask.allows(number, place, *t));
        let set: Vec<_> = (0..tokens.sequence_len(query.sequence)).filter(allowed).collect();
        match (set.first(), set.last()) {
            (Some(first), Some(last)) if last - first + 1 == set.len() => {
                Self::Span(*first..first + set.len())
            }
            _ => Self::Set(set),
        }
    }

    /// The token of the sequence that is candidate number `t`.
    pub(crate) fn get(&self, t: usize) -> Option<usize> {
        match self {
            Self::Span(span) => span.clone().nth(t),
            Self::Set(set) => set.get(t).copied(),
        }
    }
}

/// The candidates of each of `queries` under `masks`.
pub(crate) fn candidates(
    tokens: &TokenBatch,
    queries: &[Query],
    masks: &[Mask],
) -> Result<Vec<Candidates>, AttentionError> {
    let of = |(number, query): (usize, &Query)| {
        let n_sequences = tokens.len();
        if query.sequence >= n_sequences {
            return Err(AttentionError::NoSuchSequence { sequence: query.sequence, n_sequences });
        }
        let candidates = Candidates::new(tokens, (number, query), masks);
        if candidates.get(0).is_none() {
            let sequence = query.sequence;
            return Err(AttentionError::NothingToAttendTo { query: number, sequence });
        }
        Ok(candidates)
    };
    queries.iter().enumerate().map(of).collect()
}

/// One sequence for each query: its candidates. They share the tokens' storage; only a set with gaps is copied.
pub(crate) fn attended(
    tokens: &TokenBatch,
    queries: &[Query],
    candidates: &[Candidates],
) -> Result<TokenBatch, KernelError> {
    let mut lengths: Vec<_> = (0..tokens.len()).map(|i| tokens.sequence_len(i)).collect();
    let mut spans = Vec::with_capacity(queries.len());
    let mut copies = Vec::new();
    for (query, candidates) in queries.iter().zip(candidates) {
        match candidates {
            Candidates::Span(span) => spans.push((query.sequence, span.clone())),
            Candidates::Set(set) => {
                spans.push((lengths.len(), 0..set.len()));
                lengths.push(set.len());
                copies.extend(set.iter().flat_map(|t| tokens.token(query.sequence, *t)));
            }
        }
    }
    if copies.is_empty() {
        return tokens.sharing(&spans);
    }
    let stored = (0..tokens.len()).flat_map(|i| tokens.sequence(i)).chain(copies).copied();
    TokenBatch::new(tokens.dim(), &lengths, stored.collect())?.sharing(&spans)
}

/// The vectors of queries, one a column.
pub(crate) fn columns(dim: usize, queries: &[Query]) -> Result<Matrix, AttentionError> {
    for query in queries {
        KernelError::require_size(|| "dimension of a query", dim, query.vector.len())?;
    }
    Ok(Matrix::from_fn(dim, queries.len(), |k, q| queries[q].vector[k]))
}
