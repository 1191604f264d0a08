//! Several heads and several classes: differences, and the cases that are a single head's.

use crate::samples::{DIM, differences_agree, gradients, loss, matrix, samples};
use mirrorhead_attention::{
    AttentionError, ClassMargins, ClassTokens, KeyQueryRisk, Loss, MultiClassRisk, MultiHeadRisk,
    Risk, Seed, SphereTokens, TokenScores, TokenSelection,
};
use mirrorhead_kernels::{KernelError, Matrix};
use proptest::prelude::*;

fn column(m: &Matrix, j: usize) -> Matrix {
    Matrix::column(m.col(j).to_vec()).expect("finite")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn central_differences(
        samples in samples(), heads in prop::collection::vec(matrix(DIM, DIM), 3),
        v in matrix(DIM, 3), loss in loss(), shift in 0..3usize,
    ) {
        let data = samples.dataset();
        differences_agree(&MultiHeadRisk::new(&data, &v, loss).expect("fits"), &heads)?;
        let classes: Vec<_> = (0..data.len()).map(|i| (i + shift) % 3).collect();
        differences_agree(&MultiClassRisk::new(&data, &classes, &v).expect("fits"), &heads[..1])?;
    }

    #[test]
    fn one_head_is_the_single_head_to_the_bit(
        samples in samples(), w in matrix(DIM, DIM), v in matrix(DIM, 1), loss in loss(),
    ) {
        let data = samples.dataset();
        let alone = KeyQueryRisk::new(&data, &v, loss).expect("fits");
        let one = MultiHeadRisk::new(&data, &v, loss).expect("fits");
        let at = [w];
        prop_assert_eq!(alone.value(&at)?.to_bits(), one.value(&at)?.to_bits());
        prop_assert_eq!(gradients(&alone, &at), gradients(&one, &at));
    }

    #[test]
    fn under_the_correlation_loss_heads_do_not_meet(
        samples in samples(), heads in prop::collection::vec(matrix(DIM, DIM), 2), v in matrix(DIM, 2),
    ) {
        let data = samples.dataset();
        let both = MultiHeadRisk::new(&data, &v, Loss::Correlation).expect("fits");
        let both = gradients(&both, &heads);
        for h in 0..2 {
            let alone = KeyQueryRisk::new(&data, &column(&v, h), Loss::Correlation).expect("fits");
            prop_assert_eq!(&gradients(&alone, &heads[h..=h])[0], &both[h]);
        }
    }

    #[test]
    fn two_classes_are_the_logistic_head_of_the_difference(
        samples in samples(), w in matrix(DIM, DIM), v in matrix(DIM, 2),
    ) {
        let data = samples.dataset();
        let classes: Vec<_> = data.labels().iter().map(|y| usize::from(*y > 0.0)).collect();
        let difference = Matrix::from_fn(DIM, 1, |i, _| v[(i, 1)] - v[(i, 0)]);
        let alone = KeyQueryRisk::new(&data, &difference, Loss::Logistic).expect("fits");
        let two = MultiClassRisk::new(&data, &classes, &v).expect("fits");
        let at = [w];
        prop_assert!((alone.value(&at)? - two.value(&at)?).abs() <= 1e-15);
        let (alone, two) = (gradients(&alone, &at), gradients(&two, &at));
        for (a, b) in alone[0].as_slice().iter().zip(two[0].as_slice()) {
            prop_assert!((a - b).abs() <= 1e-15, "{a} and {b}");
        }
        let margins = ClassMargins::of(&data, &classes, &v).expect("fits");
        let scores = TokenScores::of(&data, &difference).expect("fits");
        for i in 0..data.len() {
            prop_assert_eq!(margins.rival(i, 0).1, scores.sequence(i));
        }
    }

    #[test]
    fn labels_do_not_matter_to_classes(
        samples in samples(), w in matrix(DIM, DIM), v in matrix(DIM, 3),
    ) {
        let mut flipped = samples.clone();
        flipped.labels.iter_mut().for_each(|y| *y = -*y);
        let (data, other) = (samples.dataset(), flipped.dataset());
        let classes: Vec<_> = (0..data.len()).map(|i| (2 * i + 1) % 3).collect();
        let one = MultiClassRisk::new(&data, &classes, &v).expect("fits");
        let two = MultiClassRisk::new(&other, &classes, &v).expect("fits");
        let at = [w];
        prop_assert_eq!(one.value(&at)?.to_bits(), two.value(&at)?.to_bits());
        prop_assert_eq!(gradients(&one, &at), gradients(&two, &at));
    }

    /// The scores at a selection are minus the slopes of the loss, as attention moves from the selected
    /// token to another, up to a positive factor for each sample.
    #[test]
    fn scores_at_a_selection_are_slopes(samples in samples(), v in matrix(DIM, 3)) {
        let data = samples.dataset();
        let classes: Vec<_> = (0..data.len()).map(|i| i % 3).collect();
        let margins = ClassMargins::of(&data, &classes, &v).expect("fits");
        let selection = TokenSelection::new(vec![0; data.len()], &data).expect("tokens");
        let scores = margins.scores_at(&selection).expect("fits");
        for i in 0..data.len() {
            let against = |k: usize, t: usize| margins.rival(i, k).1[t];
            // The loss of the weights (1 - s) e_0 + s e_t.
            let loss = |t: usize, s: f64| {
                let mixed = |k: usize| (1.0 - s) * against(k, 0) + s * against(k, t);
                (0..2).map(|k| (-mixed(k)).exp()).sum::<f64>().ln_1p()
            };
            let odds: f64 = (0..2).map(|k| (-against(k, 0)).exp()).sum();
            let largest = (0..2).map(|k| (-against(k, 0)).exp()).fold(0.0, f64::max);
            let factor = largest / (1.0 + odds);
            for t in 0..data.tokens().sequence_len(i) {
                let slope = (loss(t, 1e-5) - loss(t, -1e-5)) / 2e-5;
                let gamma = scores.sequence(i);
                prop_assert!((slope + factor * (gamma[t] - gamma[0])).abs() < 1e-9);
            }
        }
    }
}

#[test]
fn misuse_is_an_error() {
    let sizes = SphereTokens { n_sequences: 3, n_tokens: 2, dim: 4 };
    let data = sizes.sample(Seed(1)).expect("positive sizes").data;
    let none = Matrix::zeros(4, 0);
    let zero = |result| matches!(result, Err(AttentionError::ZeroSize { .. }));
    assert!(zero(MultiHeadRisk::new(&data, &none, Loss::Logistic).map(|_| ())));
    let one = Matrix::zeros(4, 1);
    assert!(zero(MultiClassRisk::new(&data, &[0; 3], &one).map(|_| ())));
    let three = Matrix::zeros(4, 3);
    let found = MultiClassRisk::new(&data, &[0, 1, 3], &three).map(|_| ());
    assert_eq!(found, Err(AttentionError::NoSuchClass { index: 2, class: 3, n_classes: 3 }));
    let mismatch =
        |result| matches!(result, Err(AttentionError::Kernel(KernelError::ShapeMismatch { .. })));
    assert!(mismatch(MultiClassRisk::new(&data, &[0, 1], &three).map(|_| ())));
    let wide = Matrix::zeros(5, 3);
    assert!(mismatch(MultiHeadRisk::new(&data, &wide, Loss::Logistic).map(|_| ())));
    let nan = Matrix::from_fn(4, 2, |_, _| f64::NAN);
    let infinite =
        |result| matches!(result, Err(AttentionError::Kernel(KernelError::NotFinite { .. })));
    assert!(infinite(MultiHeadRisk::new(&data, &nan, Loss::Logistic).map(|_| ())));
    let tokens = ClassTokens { sizes, n_classes: 3, boost: f64::INFINITY };
    assert!(infinite(tokens.sample(Seed(1)).map(|_| ())));
}
