//! Data sets, selections and attention weights: what fits, and typed errors for what does not.

use crate::samples;
use crate::samples::{DIM, matrix, samples};
use mirrorhead_attention::{
    AttentionError, AttentionWeights, Dataset, FactoredRisk, KeyQueryRisk, Loss, TokenScores,
    TokenSelection, decoder_rows, toy_pair,
};
use mirrorhead_kernels::{KernelError, LinearOperator, Matrix, TokenBatch};
use proptest::prelude::*;

fn column(values: &[f64]) -> Matrix {
    let mut v = Matrix::zeros(values.len(), 1);
    v.as_mut_slice().copy_from_slice(values); // NaN is let in here, to be found later
    v
}

#[test]
fn sizes_that_do_not_agree_are_named() {
    let tokens = || TokenBatch::new(2, &[2, 1], vec![0.5; 6]).expect("valid");
    let queries = |n, d| Matrix::from_fn(n, d, |_, _| 1.0);
    for (queries, labels, expected, found) in [
        (queries(3, 2), vec![1.0, 1.0], 2, 3),
        (queries(2, 3), vec![1.0, 1.0], 2, 3),
        (queries(2, 2), vec![1.0], 2, 1),
        (queries(2, 2), vec![], 2, 0),
    ] {
        match Dataset::new(tokens(), &queries, labels) {
            Err(AttentionError::Kernel(KernelError::ShapeMismatch {
                expected: e,
                found: f,
                ..
            })) => {
                assert_eq!((e, f), (expected, found));
            }
            other => panic!("{other:?}"),
        }
    }
    let mut strange = queries(2, 2);
    strange[(1, 0)] = f64::NAN;
    let refused = Dataset::new(tokens(), &strange, vec![1.0, 1.0]);
    assert!(
        matches!(refused, Err(AttentionError::Kernel(KernelError::NotFinite { ref what, .. })) if what == "queries"),
        "{refused:?}"
    );
}

#[test]
fn labels_are_plus_or_minus_one() {
    let tokens = || TokenBatch::new(1, &[1, 1], vec![1.0, 2.0]).expect("valid");
    let queries = Matrix::zeros(2, 1);
    for bad in [0.0, 2.0, -1.5, f64::NAN, f64::INFINITY, 1.0_f64.next_up()] {
        match Dataset::new(tokens(), &queries, vec![-1.0, bad]) {
            Err(AttentionError::Kernel(KernelError::NotALabel { index: 1, value })) => {
                assert_eq!(value.to_bits(), bad.to_bits());
            }
            other => panic!("{bad}: {other:?}"),
        }
    }
    let data = Dataset::new(tokens(), &queries, vec![-1.0, 1.0]).expect("valid");
    assert_eq!(data.labels(), [-1.0, 1.0]);
}

#[test]
fn a_decoder_or_a_matrix_that_does_not_fit_is_refused() {
    let data = toy_pair();
    let shape = |e: Option<AttentionError>| {
        matches!(e, Some(AttentionError::Kernel(KernelError::ShapeMismatch { .. })))
    };
    let finite = |e: Option<AttentionError>| {
        matches!(e, Some(AttentionError::Kernel(KernelError::NotFinite { index: 1, .. })))
    };
    let nan = column(&[0.0, f64::NAN]);
    for loss in Loss::ALL {
        assert!(shape(KeyQueryRisk::new(&data, &column(&[1.0; 3]), loss).err()));
        assert!(finite(KeyQueryRisk::new(&data, &nan, loss).err()));
        assert!(shape(FactoredRisk::new(&data, &column(&[1.0]), loss, 2).err()));
        assert!(finite(FactoredRisk::new(&data, &nan, loss, 2).err()));
        let zero = FactoredRisk::new(&data, &column(&[1.0; 2]), loss, 0).err();
        assert!(matches!(zero, Some(AttentionError::ZeroSize { .. })), "{zero:?}");
    }
    assert!(shape(TokenScores::of(&data, &column(&[1.0; 3])).err()));
    assert!(finite(TokenScores::of(&data, &nan).err()));
    assert!(shape(AttentionWeights::of(&Matrix::zeros(2, 3), &data).err()));
    assert!(shape(AttentionWeights::of(&Matrix::zeros(3, 2), &data).err()));
    let mut w = Matrix::zeros(2, 2);
    w[(1, 0)] = f64::INFINITY;
    assert!(finite(AttentionWeights::of(&w, &data).err()));
    let weights = AttentionWeights::of(&Matrix::zeros(2, 2), &data).expect("fits");
    let other = Dataset::new(
        TokenBatch::new(2, &[1], vec![1.0; 2]).expect("valid"),
        &Matrix::zeros(1, 2),
        vec![1.0],
    );
    assert!(shape(weights.outputs(&other.expect("valid"), &column(&[1.0; 2])).err()));
}

#[test]
fn selections_name_tokens_that_are_there() {
    let data = toy_pair();
    let refused = TokenSelection::new(vec![0, 3], &data);
    assert_eq!(refused, Err(AttentionError::NoSuchToken { sequence: 1, token: 3, len: 3 }));
    assert!(matches!(
        TokenSelection::new(vec![0], &data),
        Err(AttentionError::Kernel(KernelError::ShapeMismatch { .. }))
    ));
    let selection = TokenSelection::new(vec![2, 1], &data).expect("three tokens each");
    assert_eq!(serde_json::to_string(&selection).expect("serialises"), "[2,1]");
}

#[test]
fn kernel_errors_come_through_as_they_are() {
    let error = AttentionError::from(KernelError::Empty { what: "a token" });
    assert_eq!(error.to_string(), KernelError::Empty { what: "a token" }.to_string());
}

proptest! {
    #[test]
    fn weights_are_softmax_and_outputs_their_means(samples in samples(), w in matrix(DIM, DIM), v in matrix(DIM, 1)) {
        let data = samples.dataset();
        let weights = AttentionWeights::of(&w, &data).expect("fits");
        let outputs = weights.outputs(&data, &v).expect("fits");
        let scores = TokenScores::of(&data, &v).expect("fits");
        for (i, output) in outputs.iter().enumerate() {
            let logit = |x: &[f64]| -> f64 {
                (0..DIM).flat_map(|k| (0..DIM).map(move |l| (k, l))).map(|(k, l)| x[k] * w[(k, l)] * samples.queries[i][l]).sum()
            };
            let powers: Vec<_> = samples.tokens[i].iter().map(|x| logit(x).exp()).collect();
            let total: f64 = powers.iter().sum();
            let mut mean = 0.0;
            for (t, x) in samples.tokens[i].iter().enumerate() {
                let expected = powers[t] / total;
                prop_assert!((weights.sequence(i)[t] - expected).abs() <= 1e-14);
                prop_assert!((weights.log_sequence(i)[t] - expected.ln()).abs() <= 1e-13);
                let score: f64 = x.iter().zip(v.as_slice()).map(|(x, v)| x * v).sum();
                prop_assert!((scores.sequence(i)[t] - samples.labels[i] * score).abs() <= 1e-15 * 4.0);
                mean += expected * score;
            }
            prop_assert!((output - mean).abs() <= 1e-14);
        }
    }

    #[test]
    fn the_optimal_selection_scores_highest(samples in samples(), v in matrix(DIM, 1)) {
        let data = samples.dataset();
        let scores = TokenScores::of(&data, &v).expect("fits");
        let best = TokenSelection::optimal(&scores);
        let rows = decoder_rows(&data, &best);
        let mut margins = vec![0.0; data.len()];
        rows.apply(v.as_slice(), &mut margins);
        for (i, &token) in best.tokens().iter().enumerate() {
            let gamma = scores.sequence(i);
            prop_assert!(gamma.iter().all(|g| *g <= gamma[token]));
            prop_assert!(gamma[..token].iter().all(|g| *g < gamma[token]), "the first of equals");
            prop_assert!((margins[i] - gamma[token]).abs() <= 1e-15 * 4.0, "its row has its score");
        }
    }

    #[test]
    fn a_saturated_selection_carries_its_weight(samples in samples(), w in matrix(DIM, DIM), threshold in 0.3..0.999f64) {
        let data = samples.dataset();
        let weights = AttentionWeights::of(&samples::scaled(&w, 10.0), &data).expect("fits");
        let largest = |i: usize| weights.sequence(i).iter().copied().fold(0.0, f64::max);
        match TokenSelection::from_saturated(&weights, threshold) {
            Ok(selection) => for (i, &token) in selection.tokens().iter().enumerate() {
                prop_assert_eq!(weights.sequence(i)[token], largest(i));
                prop_assert!(largest(i) >= threshold);
            },
            Err(AttentionError::NotSaturated { sequence, weight, .. }) => {
                prop_assert!(weight < threshold && weight == largest(sequence));
                prop_assert!((0..sequence).all(|i| largest(i) >= threshold), "the first such sequence");
            }
            Err(other) => prop_assert!(false, "{other}"),
        }
    }
}

#[test]
fn weights_that_underflow_keep_their_logarithms() {
    let data = toy_pair();
    let w = Matrix::from_fn(2, 2, |i, j| if i == j { 1e4 } else { 0.0 });
    let weights = AttentionWeights::of(&w, &data).expect("fits");
    for i in 0..2 {
        assert_eq!(weights.sequence(i), [1.0, 0.0, 0.0], "each query is its first token");
        assert!(weights.log_sequence(i)[1..].iter().all(|s| s.is_finite() && *s < -1e4));
        assert_eq!(weights.log_sequence(i)[0], 0.0);
    }
    let refused = TokenSelection::from_saturated(&weights, f64::NAN);
    assert!(matches!(refused, Err(AttentionError::NotSaturated { sequence: 0, .. })));
}

#[test]
fn weights_of_other_sequences_give_no_outputs() {
    let tokens = |lengths: &[usize]| TokenBatch::new(2, lengths, vec![0.5; 12]).expect("valid");
    let queries = Matrix::from_fn(2, 2, |_, _| 1.0);
    let data = |lengths: &[usize]| {
        Dataset::new(tokens(lengths), &queries, vec![1.0, -1.0]).expect("valid")
    };
    let weights = AttentionWeights::of(&Matrix::zeros(2, 2), &data(&[3, 3])).expect("fits");
    let decoder = column(&[1.0, 0.0]);
    assert_eq!(weights.outputs(&data(&[3, 3]), &decoder).expect("the same sequences"), [0.5, 0.5]);
    let refused = weights.outputs(&data(&[1, 5]), &decoder);
    assert!(matches!(
        refused,
        Err(AttentionError::Kernel(KernelError::ShapeMismatch { expected: 3, found: 1, .. }))
    ));
}
