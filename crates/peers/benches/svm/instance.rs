//! The instances: attention SVMs of random tokens on the sphere.

use std::fmt;

use mirrorhead_attention::{
    AttSvmOperator, Dataset, Seed, SphereTokens, TokenScores, TokenSelection,
};
use serde::{Deserialize, Serialize};

/// The AttSVM of the optimal tokens of `$n$` random sequences of `$T$` tokens in `$\mathbb{R}^d$`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sizes {
    pub n: usize,
    pub tokens: usize,
    pub dim: usize,
}

impl Sizes {
    pub const fn new(n: usize, tokens: usize, dim: usize) -> Self {
        Self { n, tokens, dim }
    }

    /// The data and the selected tokens, always the same.
    pub fn sample(self) -> (Dataset, Vec<usize>) {
        let Self { n, tokens, dim } = self;
        let sizes = SphereTokens { n_sequences: n, n_tokens: tokens, dim };
        let planted = sizes.sample(Seed(1)).expect("positive sizes");
        let scores = TokenScores::of(&planted.data, &planted.decoder).expect("a fitting decoder");
        let selection = TokenSelection::optimal(&scores).tokens().to_vec();
        (planted.data, selection)
    }
}

impl fmt::Display for Sizes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({}, {}, {})", self.n, self.tokens, self.dim)
    }
}

/// The constraints of a sample.
pub fn operator(data: &Dataset, selection: &[usize]) -> AttSvmOperator {
    AttSvmOperator::new(data.tokens(), data.queries(), selection)
}
