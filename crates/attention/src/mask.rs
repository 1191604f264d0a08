//! Masks: which tokens of its sequence a query may attend to.

use serde::{Deserialize, Serialize};

/// Which tokens of its sequence a query may attend to. Several masks allow what each of them allows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Mask {
    /// No token after the query's own position.
    Causal,
    /// The query's own position and up to this many before it, less one: sliding-window attention of a width.
    Window(usize),
    /// The first so many tokens of each sequence; what follows is padding.
    Lengths(Vec<usize>),
    /// For each query, the tokens that it may attend to.
    Candidates(Vec<Vec<usize>>),
}

impl Mask {
    /// Whether query number `query`, at `position` of `sequence`, may attend to token `token` of it.
    ///
    /// ```
    /// use mirrorhead_attention::Mask;
    /// assert!(Mask::Causal.allows(0, (0, 3), 3) && !Mask::Causal.allows(0, (0, 3), 4));
    /// assert!(Mask::Window(2).allows(0, (0, 3), 2) && !Mask::Window(2).allows(0, (0, 3), 1));
    /// assert!(!Mask::Lengths(vec![2]).allows(0, (0, 0), 2));
    /// ```
    pub fn allows(&self, query: usize, (sequence, position): (usize, usize), token: usize) -> bool {
        match self {
            Self::Causal => token <= position,
            Self::Window(width) => token <= position && position - token < *width,
            Self::Lengths(lengths) => lengths.get(sequence).is_some_and(|len| token < *len),
            Self::Candidates(sets) => sets.get(query).is_some_and(|set| set.contains(&token)),
        }
    }
}
