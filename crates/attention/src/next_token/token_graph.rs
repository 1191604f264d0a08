//! Which tokens come before which, and which of them are tied.

use std::collections::BTreeSet;

use super::data::NextTokenData;
use crate::Triple;

/// From a token to one that it comes before.
type Edges = BTreeSet<(usize, usize)>;

/// The token-priority graphs of Li, Huang, Ildiz, Rawat and Oymak (2024), one for each token `$k$` that asks: an edge goes from
/// `$i$` to `$j$` if `$i$` comes next in a sequence that `$k$` asks and `$j$` is in. Tokens of one strongly connected component
/// are *tied*, and the other edges are *orders*.
///
/// They are triples of [`vocabulary`](NextTokenData::vocabulary) and [`embeddings`](NextTokenData::embeddings), the rows
/// `$(e_i - e_j) \otimes e_k$` of the Graph-SVM, whose ties are equalities:
///
/// `$$ \min_W \tfrac1p\lVert W\rVert_p^p \quad\text{s.t.}\quad (e_i - e_j)^\top W e_k = 0 \text{ (tied)},
///    \quad (e_i - e_j)^\top W e_k \ge 1 \text{ (ordered)}. $$`
///
/// ```
/// use mirrorhead_attention::{NextToken, NextTokenData, TokenGraph};
/// use mirrorhead_kernels::Matrix;
/// let embeddings = Matrix::from_fn(3, 3, |i, k| f64::from(i == k));
/// let example = |next| NextToken { tokens: vec![0, 1, 2], next };
/// // Tokens 0 and 1 come before each other, and before 2, which asks.
/// let graph = TokenGraph::of(&NextTokenData::new(&embeddings, vec![example(0), example(1)])?);
/// assert_eq!((graph.ties().len(), graph.orders().len()), (1, 2));
/// assert_eq!(graph.ties()[0].preferred, (0, 0));
/// assert_eq!(graph.ties()[0].other, (0, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenGraph {
    ties: Vec<Triple>,
    orders: Vec<Triple>,
}

impl TokenGraph {
    /// The graphs of `data`.
    pub fn of(data: &NextTokenData) -> Self {
        let (mut ties, mut orders) = (Vec::new(), Vec::new());
        for query in data.queries() {
            let triple = |i, j| Triple { preferred: (0, i), other: (0, j), query };
            let edges = edges(data, query);
            let first = components(data.n_tokens(), &edges);
            let tied = first.iter().enumerate().filter(|(token, first)| token != *first);
            ties.extend(tied.map(|(token, first)| triple(*first, token)));
            let apart = edges.iter().filter(|(i, j)| first[*i] != first[*j]);
            orders.extend(apart.map(|(i, j)| triple(*i, *j)));
        }
        Self { ties, orders }
    }

    /// Each token of a strongly connected component but the first, with the first.
    pub fn ties(&self) -> &[Triple] {
        &self.ties
    }

    /// The edges between components.
    pub fn orders(&self) -> &[Triple] {
        &self.orders
    }
}

fn edges(data: &NextTokenData, query: usize) -> Edges {
    let asked = data.of_queries().filter(|(asks, _)| *asks == query);
    let before = asked.flat_map(|(_, example)| {
        let others = example.tokens.iter().filter(|token| **token != example.next);
        others.map(|token| (example.next, *token))
    });
    before.collect()
}

/// The first token of the strongly connected component of each: those that reach it and are reached.
fn components(n_tokens: usize, edges: &Edges) -> Vec<usize> {
    let reversed: Edges = edges.iter().map(|(i, j)| (*j, *i)).collect();
    let mut first: Vec<_> = (0..n_tokens).collect();
    for token in 0..n_tokens {
        if first[token] != token {
            continue;
        }
        let (after, before) = (reached(token, edges), reached(token, &reversed));
        for other in after.intersection(&before) {
            first[*other] = token;
        }
    }
    first
}

fn reached(token: usize, edges: &Edges) -> BTreeSet<usize> {
    let (mut reached, mut ahead) = (BTreeSet::from([token]), vec![token]);
    while let Some(i) = ahead.pop() {
        let next = edges.range((i, 0)..(i + 1, 0)).map(|(_, j)| *j);
        ahead.extend(next.filter(|j| reached.insert(*j)));
    }
    reached
}
