//! Token selections `$\alpha$`: one token of each sequence.

use std::fmt;

use mirrorhead_kernels::{KernelError, position_of_max};
use serde::{Deserialize, Serialize};

use crate::{AttentionError, AttentionWeights, Dataset, TokenScores};

/// A selection `$\alpha$`: token `$\alpha_i$` (counted from 0) of every sequence `$i$`. It is written down, and read back, as a list of
/// numbers; whether those are tokens of a data set, [`new`](Self::new) alone checks.
///
/// ```
/// use mirrorhead_attention::{TokenScores, TokenSelection, toy_pair};
/// use mirrorhead_kernels::Matrix;
/// let data = toy_pair();
/// let scores = TokenScores::of(&data, &Matrix::column(vec![1.0, 0.0])?)?;
/// assert_eq!(TokenSelection::optimal(&scores).tokens(), [1, 1]);
/// assert!(TokenSelection::new(vec![1, 3], &data).is_err());
/// # Ok::<(), mirrorhead_attention::AttentionError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TokenSelection {
    tokens: Vec<usize>,
}

impl TokenSelection {
    /// The selection of `tokens`, one of each sequence of `data`.
    ///
    /// # Errors
    /// Another number of tokens than sequences, or a token that is not there.
    pub fn new(tokens: Vec<usize>, data: &Dataset) -> Result<Self, AttentionError> {
        KernelError::require_size(|| "selected tokens, one a sequence", data.len(), tokens.len())?;
        for (sequence, &token) in tokens.iter().enumerate() {
            let len = data.tokens().sequence_len(sequence);
            if token >= len {
                return Err(AttentionError::NoSuchToken { sequence, token, len });
            }
        }
        Ok(Self { tokens })
    }

    /// The selection of tokens that are known to be there.
    pub(crate) fn from_tokens(tokens: Vec<usize>) -> Self {
        Self { tokens }
    }

    /// The globally optimal selection `$\text{opt}_i = \arg\max_t \gamma_{it}$`, the first of equals.
    pub fn optimal(scores: &TokenScores) -> Self {
        Self { tokens: (0..scores.len()).map(|i| position_of_max(scores.sequence(i))).collect() }
    }

    /// The selection that saturated attention has settled on: the token with weight at least
    /// `threshold` in every sequence.
    ///
    /// # Errors
    /// [`AttentionError::NotSaturated`] if a sequence has no such token.
    pub fn from_saturated(
        weights: &AttentionWeights,
        threshold: f64,
    ) -> Result<Self, AttentionError> {
        let tokens = (0..weights.len()).map(|sequence| {
            let token = position_of_max(weights.log_sequence(sequence));
            let weight = weights.sequence(sequence)[token];
            if weight >= threshold {
                Ok(token)
            } else {
                Err(AttentionError::NotSaturated { sequence, weight, threshold })
            }
        });
        Ok(Self { tokens: tokens.collect::<Result<_, _>>()? })
    }

    /// The same tokens in [`Dataset::thinned`], where fewer come before them.
    ///
    /// # Panics
    /// If a selected token is not kept.
    #[must_use]
    pub fn thinned(&self, keep: impl Fn(usize, usize) -> bool) -> Self {
        let place = |(i, token): (usize, &usize)| {
            assert!(keep(i, *token), "the selected token {token} of sequence {i} must be kept");
            (0..*token).filter(|t| keep(i, *t)).count()
        };
        Self { tokens: self.tokens.iter().enumerate().map(place).collect() }
    }

    /// The selected token of each sequence.
    pub fn tokens(&self) -> &[usize] {
        &self.tokens
    }
}

impl fmt::Display for TokenSelection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.tokens)
    }
}
