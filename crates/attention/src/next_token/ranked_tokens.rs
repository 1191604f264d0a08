//! Seeded data of next-token prediction whose graphs have ties, orders or both.

use mirrorhead_kernels::{InvalidSetting, Matrix};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::data::NextTokenData;
use super::example::NextToken;
use super::token_graph::TokenGraph;
use crate::synthetic::unit_vector;
use crate::{AttentionError, Seed};

/// The stream that everything is drawn from.
const RANK_STREAM: u64 = 20;
/// How often the examples of a query are drawn at most.
const ATTEMPTS: usize = 1_000;

/// Sequences whose next token is one of the best of them, by a ranking with ties that is drawn for each token that asks.
///
/// Embeddings are uniform on the unit sphere. The first tokens of the vocabulary ask. For each of them ranks are drawn, of which
/// `tied` in a row count as one; tokens before the last are uniform, and the next token is the one at a random place among those of
/// the best rank. Its examples are drawn until its [`TokenGraph`] has ties if `tied` is above one, and orders if `tied` is
/// less than the vocabulary: with `tied` = 1 it has no cycles, and with all tied no orders.
///
/// ```
/// use mirrorhead_attention::{RankedTokens, Seed, TokenGraph};
/// let ranked = RankedTokens { n_tokens: 5, dim: 10, n_queries: 2, n_examples: 12, len: 4, tied: 1 };
/// let graph = |tied| RankedTokens { tied, ..ranked }.sample(Seed(1)).map(|data| TokenGraph::of(&data));
/// let kind = |graph: TokenGraph| (!graph.ties().is_empty(), !graph.orders().is_empty());
/// assert_eq!([graph(1)?, graph(2)?, graph(5)?].map(kind), [(false, true), (true, true), (true, false)]);
/// # Ok::<(), mirrorhead_attention::AttentionError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RankedTokens {
    /// Size of the vocabulary `$K$`.
    pub n_tokens: usize,
    /// Dimension `$d$`.
    pub dim: usize,
    /// Number of tokens that ask.
    pub n_queries: usize,
    /// Number of examples of each.
    pub n_examples: usize,
    /// Tokens a sequence, the one that asks included.
    pub len: usize,
    /// How many ranks count as one.
    pub tied: usize,
}

impl RankedTokens {
    /// The data of `seed`.
    ///
    /// # Errors
    /// [`AttentionError::ZeroSize`] for a size of zero; [`AttentionError::InvalidSetting`] for more that ask, or are tied, than
    /// there are; [`AttentionError::NoSuchDraw`] where the examples are too few for such a graph.
    pub fn sample(&self, seed: Seed) -> Result<NextTokenData, AttentionError> {
        self.require_ranges()?;
        let mut rng = seed.rng(RANK_STREAM);
        let rows: Vec<_> = (0..self.n_tokens).map(|_| unit_vector(&mut rng, self.dim)).collect();
        let embeddings = Matrix::from_rows(&rows)?;
        let mut examples = Vec::new();
        for query in 0..self.n_queries {
            let ranks = self.ranks(&mut rng);
            examples.extend(self.examples(&mut rng, (query, &ranks), &embeddings)?);
        }
        NextTokenData::new(&embeddings, examples)
    }

    fn require_ranges(&self) -> Result<(), AttentionError> {
        let Self { n_tokens, dim, n_queries, n_examples, len, tied } = *self;
        let sizes = [
            ("n_tokens", n_tokens),
            ("dim", dim),
            ("n_queries", n_queries),
            ("n_examples", n_examples),
            ("len", len),
            ("tied", tied),
        ];
        for (what, size) in sizes {
            if size == 0 {
                return Err(AttentionError::ZeroSize { what });
            }
        }
        for (what, number) in [("n_queries", n_queries), ("tied", tied)] {
            let expected = "at most the size of the vocabulary";
            InvalidSetting::unless(number <= n_tokens, what, number as f64, expected)?;
        }
        Ok(())
    }

    /// The rank of each token.
    fn ranks(&self, rng: &mut ChaCha8Rng) -> Vec<usize> {
        let mut order: Vec<_> = (0..self.n_tokens).map(|i| (rng.random::<u64>(), i)).collect();
        order.sort_unstable();
        let mut ranks = vec![0; self.n_tokens];
        for (place, (_, token)) in order.into_iter().enumerate() {
            ranks[token] = place / self.tied;
        }
        ranks
    }

    /// The examples of one query.
    fn examples(
        &self,
        rng: &mut ChaCha8Rng,
        (query, ranks): (usize, &[usize]),
        embeddings: &Matrix,
    ) -> Result<Vec<NextToken>, AttentionError> {
        for _ in 0..ATTEMPTS {
            let drawn = (0..self.n_examples).map(|_| self.example(rng, query, ranks));
            let data = NextTokenData::new(embeddings, drawn.collect())?;
            let graph = TokenGraph::of(&data);
            let has_ties = !graph.ties().is_empty();
            let has_orders = !graph.orders().is_empty();
            if has_ties == (self.tied > 1) && has_orders == (self.tied < self.n_tokens) {
                return Ok(data.examples().to_vec());
            }
        }
        Err(AttentionError::NoSuchDraw {
            attempts: ATTEMPTS,
            property: "has a graph of such ties and orders",
            instead: "more examples",
        })
    }

    fn example(&self, rng: &mut ChaCha8Rng, query: usize, ranks: &[usize]) -> NextToken {
        let before = (1..self.len).map(|_| rng.random_range(0..self.n_tokens));
        let tokens: Vec<_> = before.chain([query]).collect();
        let best = tokens.iter().map(|token| ranks[*token]).min();
        let candidates: Vec<_> =
            tokens.iter().copied().filter(|token| Some(ranks[*token]) == best).collect();
        let next = candidates[rng.random_range(0..candidates.len())];
        NextToken { tokens, next }
    }
}
