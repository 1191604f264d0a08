//! The triples that the constraints of an AttSVM are made of.

use mirrorhead_kernels::TokenBatch;

use crate::AttentionError;

/// A constraint of an AttSVM: query number `query` prefers one token to another. Tokens are named by their sequence and
/// their place in it, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Triple {
    /// The token that the query is to attend to.
    pub preferred: (usize, usize),
    /// One that it could attend to instead.
    pub other: (usize, usize),
    /// The query.
    pub query: usize,
}

impl Triple {
    /// Checks that query and tokens are there.
    pub(super) fn require_in(
        &self,
        tokens: &TokenBatch,
        n_queries: usize,
    ) -> Result<(), AttentionError> {
        for (sequence, token) in [self.preferred, self.other] {
            let len = if sequence < tokens.len() { tokens.sequence_len(sequence) } else { 0 };
            if token >= len {
                return Err(AttentionError::NoSuchToken { sequence, token, len });
            }
        }
        if self.query >= n_queries {
            return Err(AttentionError::NoSuchQuery { query: self.query, n_queries });
        }
        Ok(())
    }
}
