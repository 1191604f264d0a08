//! The data of next-token prediction.

use std::collections::BTreeSet;

use mirrorhead_kernels::{Matrix, TokenBatch};

use super::example::NextToken;
use crate::AttentionError;

/// Sequences over a vocabulary with embeddings `$e_1, \dots, e_K \in \mathbb{R}^d$`, each with the token that comes next, one of
/// its own.
///
/// ```
/// use mirrorhead_attention::{NextToken, NextTokenData};
/// use mirrorhead_kernels::Matrix;
/// let embeddings = Matrix::from_rows(&[[1.0, 0.0], [0.0, 1.0]])?;
/// let data = NextTokenData::new(&embeddings, vec![NextToken { tokens: vec![0, 1], next: 0 }])?;
/// assert_eq!((data.n_tokens(), data.dim(), data.queries()), (2, 2, vec![1]));
/// assert!(NextTokenData::new(&embeddings, vec![NextToken { tokens: vec![1], next: 0 }]).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct NextTokenData {
    vocabulary: TokenBatch,
    embeddings: Matrix,
    examples: Vec<NextToken>,
}

impl NextTokenData {
    /// Row `$i$` of `embeddings` is `$e_i$`.
    ///
    /// # Errors
    /// No example or one without tokens ([`AttentionError::ZeroSize`]), a token that the vocabulary hasn't
    /// ([`AttentionError::NotInVocabulary`]), a next one that attention can't give ([`AttentionError::NextIsNotThere`]), embeddings
    /// that are not finite.
    pub fn new(embeddings: &Matrix, examples: Vec<NextToken>) -> Result<Self, AttentionError> {
        let (n_tokens, dim) = (embeddings.nrows(), embeddings.ncols());
        require(&examples, n_tokens)?;
        let embeddings = embeddings.transposed();
        let vocabulary = TokenBatch::new(dim, &[n_tokens], embeddings.as_slice().to_vec())?;
        Ok(Self { vocabulary, embeddings, examples })
    }

    /// Number of tokens of the vocabulary `$K$`.
    pub fn n_tokens(&self) -> usize {
        self.embeddings.ncols()
    }

    /// Dimension `$d$`.
    pub fn dim(&self) -> usize {
        self.embeddings.nrows()
    }

    /// The vocabulary, as one sequence: that of the [`Triple`](crate::Triple)s of a [`TokenGraph`](super::TokenGraph).
    pub fn vocabulary(&self) -> &TokenBatch {
        &self.vocabulary
    }

    /// `$d \times K$`, column `$i$` is `$e_i$`: the queries of these triples.
    pub fn embeddings(&self) -> &Matrix {
        &self.embeddings
    }

    /// The examples.
    pub fn examples(&self) -> &[NextToken] {
        &self.examples
    }

    /// The tokens that ask, each once, in the order of the vocabulary.
    pub fn queries(&self) -> Vec<usize> {
        let queries: BTreeSet<_> = self.of_queries().map(|(query, _)| query).collect();
        queries.into_iter().collect()
    }

    /// Each example with the token that asks.
    pub fn of_queries(&self) -> impl Iterator<Item = (usize, &NextToken)> {
        // None is without tokens.
        self.examples.iter().filter_map(|example| Some((*example.tokens.last()?, example)))
    }
}

fn require(examples: &[NextToken], n_tokens: usize) -> Result<(), AttentionError> {
    if examples.is_empty() {
        return Err(AttentionError::ZeroSize { what: "the number of examples" });
    }
    for (sequence, example) in examples.iter().enumerate() {
        if example.tokens.is_empty() {
            return Err(AttentionError::ZeroSize { what: "the number of tokens of a sequence" });
        }
        if let Some(&token) = example.tokens.iter().find(|token| **token >= n_tokens) {
            return Err(AttentionError::NotInVocabulary { sequence, token, n_tokens });
        }
        if !example.tokens.contains(&example.next) {
            return Err(AttentionError::NextIsNotThere { sequence, next: example.next });
        }
    }
    Ok(())
}
