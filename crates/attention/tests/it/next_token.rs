//! Next-token prediction: its risk against differences and plain sums, its graphs against paths of every length.

use crate::samples::{differences_agree, matrix};
use mirrorhead_attention::{
    AttentionError, NextToken, NextTokenData, NextTokenRisk, RankedTokens, Risk, Seed, TokenGraph,
};
use mirrorhead_kernels::Matrix;
use proptest::prelude::*;

const TOKENS: usize = 5;
const DIM: usize = 3;

/// Data of any sequences.
fn data() -> impl Strategy<Value = NextTokenData> {
    let example = (prop::collection::vec(0..TOKENS, 1..6), any::<prop::sample::Index>());
    let examples = prop::collection::vec(example, 1..12);
    (matrix(TOKENS, DIM), examples).prop_map(|(embeddings, drawn)| {
        let example = |(tokens, place): (Vec<usize>, prop::sample::Index)| {
            let next = *place.get(&tokens);
            NextToken { tokens, next }
        };
        let examples = drawn.into_iter().map(example).collect();
        NextTokenData::new(&embeddings, examples).expect("tokens of the vocabulary")
    })
}

/// `$e_i^\top W e_k$`.
fn logit(data: &NextTokenData, w: &Matrix, i: usize, k: usize) -> f64 {
    let (e, dim) = (data.embeddings(), data.dim());
    let term = |at: usize| e[(at % dim, i)] * w[(at % dim, at / dim)] * e[(at / dim, k)];
    (0..dim * dim).map(term).sum()
}

/// The mean of minus the logarithm of what attention gives to the next token.
fn plain_risk(data: &NextTokenData, w: &Matrix) -> f64 {
    let loss = |example: &NextToken| {
        let asks = example.tokens[example.tokens.len() - 1];
        let weight = |token: &usize| logit(data, w, *token, asks).exp();
        let right: f64 = example.tokens.iter().filter(|t| **t == example.next).map(weight).sum();
        -(right / example.tokens.iter().map(weight).sum::<f64>()).ln()
    };
    data.examples().iter().map(loss).sum::<f64>() / data.examples().len() as f64
}

/// Whether `$i$` comes before `$j$`, or before one that does, and so on, where `$k$` asks: the closure, by Warshall.
fn comes_before(data: &NextTokenData, k: usize) -> [[bool; TOKENS]; TOKENS] {
    let mut before = [[false; TOKENS]; TOKENS];
    for example in data.examples().iter().filter(|example| example.tokens.last() == Some(&k)) {
        for token in example.tokens.iter().filter(|token| **token != example.next) {
            before[example.next][*token] = true;
        }
    }
    for by in 0..TOKENS {
        for i in 0..TOKENS {
            for j in 0..TOKENS {
                before[i][j] |= before[i][by] && before[by][j];
            }
        }
    }
    before
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_risk_is_what_it_says(data in data(), w in matrix(DIM, DIM)) {
        let risk = NextTokenRisk::new(&data);
        differences_agree(&risk, std::slice::from_ref(&w))?;
        let plain = plain_risk(&data, &w);
        prop_assert!((risk.value(&[w])? - plain).abs() <= 1e-12 * (1.0 + plain));
    }

    #[test]
    fn graphs_have_the_ties_and_orders_of_their_paths(data in data()) {
        let graph = TokenGraph::of(&data);
        for k in 0..TOKENS {
            let before = comes_before(&data, k);
            let is_tied = |i: usize, j: usize| before[i][j] && before[j][i];
            let first = |i: usize| (0..i).find(|j| is_tied(i, *j));
            let ties = (0..TOKENS).filter_map(|i| Some((first(i)?, i)));
            let pairs = |triples: &[mirrorhead_attention::Triple]| -> Vec<_> {
                let own = triples.iter().filter(|triple| triple.query == k);
                own.map(|triple| (triple.preferred.1, triple.other.1)).collect()
            };
            prop_assert_eq!(pairs(graph.ties()), ties.collect::<Vec<_>>());
            for (i, j) in pairs(graph.orders()) {
                prop_assert!(before[i][j] && !before[j][i]);
            }
            // Every pair in order is joined by a path of orders and ties.
            let mut joined = [[false; TOKENS]; TOKENS];
            for (i, j) in pairs(graph.orders()) {
                joined[i][j] = true;
            }
            for (i, j) in pairs(graph.ties()) {
                (joined[i][j], joined[j][i]) = (true, true);
            }
            for by in 0..TOKENS {
                for i in 0..TOKENS {
                    for j in 0..TOKENS {
                        joined[i][j] |= joined[i][by] && joined[by][j];
                    }
                }
            }
            for i in 0..TOKENS {
                for j in (0..TOKENS).filter(|j| *j != i) {
                    prop_assert_eq!(joined[i][j], before[i][j]);
                }
            }
        }
    }
}

#[test]
fn far_out_nothing_is_lost() {
    let embeddings = Matrix::from_fn(2, 2, |i, k| f64::from(u8::from(i == k)));
    let data = |next| {
        NextTokenData::new(&embeddings, vec![NextToken { tokens: vec![0, 0, 1], next }]).unwrap()
    };
    let mut w = Matrix::zeros(2, 2);
    w[(0, 1)] = 800.0;
    // The loss of token 0 is log(1 + e^-800 / 2), and that of token 1 is 800 + log 2.
    assert_eq!(NextTokenRisk::new(&data(0)).value(&[w.clone()]).unwrap(), 0.0);
    let other = NextTokenRisk::new(&data(1)).value(&[w.clone()]).unwrap();
    assert!((other - 800.0 - 2f64.ln()).abs() < 1e-12, "{other}");
    w[(0, 1)] = 600.0;
    let small = NextTokenRisk::new(&data(0)).value(&[w]).unwrap();
    assert!((small / (-600f64).exp() - 0.5).abs() < 1e-12, "{small:e}");
}

#[test]
fn what_is_no_data_is_refused() {
    let embeddings = Matrix::zeros(2, 2);
    let of = |tokens: &[usize], next| {
        NextTokenData::new(&embeddings, vec![NextToken { tokens: tokens.to_vec(), next }])
    };
    assert!(of(&[0, 1], 1).is_ok());
    assert_eq!(of(&[0], 1), Err(AttentionError::NextIsNotThere { sequence: 0, next: 1 }));
    let outside = AttentionError::NotInVocabulary { sequence: 0, token: 2, n_tokens: 2 };
    assert_eq!(of(&[2], 2), Err(outside));
    assert!(matches!(of(&[], 0), Err(AttentionError::ZeroSize { .. })));
    assert!(matches!(
        NextTokenData::new(&embeddings, Vec::new()),
        Err(AttentionError::ZeroSize { .. })
    ));
}

#[test]
fn ranks_make_the_graphs_that_they_promise() {
    for tied in [1, 2, 3, 5] {
        let ranked =
            RankedTokens { n_tokens: 5, dim: 10, n_queries: 2, n_examples: 12, len: 4, tied };
        for seed in 1..6 {
            let data = ranked.sample(Seed(seed)).expect("enough examples");
            assert_eq!(data, ranked.sample(Seed(seed)).unwrap());
            assert_eq!((data.examples().len(), data.queries()), (24, vec![0, 1]));
            let graph = TokenGraph::of(&data);
            for query in [0, 1] {
                let asked = |triple: &&mirrorhead_attention::Triple| triple.query == query;
                assert_eq!(graph.ties().iter().any(|t| asked(&t)), tied > 1);
                assert_eq!(graph.orders().iter().any(|t| asked(&t)), tied < 5);
            }
        }
    }
    let one = RankedTokens { n_tokens: 5, dim: 2, n_queries: 1, n_examples: 1, len: 4, tied: 2 };
    assert!(matches!(one.sample(Seed(1)), Err(AttentionError::NoSuchDraw { .. })));
    assert!(RankedTokens { tied: 6, ..one }.sample(Seed(1)).is_err());
    assert!(RankedTokens { len: 0, ..one }.sample(Seed(1)).is_err());
}
