//! A sequence and the token that comes next.

use serde::{Deserialize, Serialize};

/// The tokens of a sequence, by their numbers in a vocabulary, the last of which asks; and the token that comes next.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct NextToken {
    /// The sequence.
    pub tokens: Vec<usize>,
    /// One of its tokens.
    pub next: usize,
}
