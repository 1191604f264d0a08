//! Gradients of every risk: central differences, the chain rule, and the orders that do not matter.

use crate::samples;
use crate::samples::{DIM, Samples, differences_agree, gradients, loss, matrix, samples};
use mirrorhead_attention::{FactoredRisk, JointRisk, KeyQueryRisk, Loss, Risk};
use mirrorhead_kernels::{Matrix, product};
use proptest::prelude::*;

/// The samples with everything in another order.
fn permuted(samples: &Samples, by: usize) -> Samples {
    let mut out = samples.clone();
    for tokens in &mut out.tokens {
        let len = tokens.len();
        tokens.rotate_left(by % len);
        tokens.reverse();
    }
    let n = out.labels.len();
    out.tokens.rotate_left(by % n);
    out.queries.rotate_left(by % n);
    out.labels.rotate_left(by % n);
    out
}

fn close(a: &[Matrix], b: &[Matrix]) -> bool {
    let entries = |m: &[Matrix]| m.iter().flat_map(|m| m.as_slice().to_vec()).collect::<Vec<_>>();
    entries(a).iter().zip(entries(b)).all(|(a, b)| (a - b).abs() <= 1e-14 * 32.0)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn central_differences(
        samples in samples(), w in matrix(DIM, DIM), v in matrix(DIM, 1),
        k in matrix(DIM, 2), q in matrix(DIM, 2), loss in loss(),
    ) {
        let data = samples.dataset();
        let whole = KeyQueryRisk::new(&data, &v, loss).expect("a fitting decoder");
        differences_agree(&whole, std::slice::from_ref(&w))?;
        differences_agree(&JointRisk::new(&data, loss), &[w, v.clone()])?;
        differences_agree(&FactoredRisk::new(&data, &v, loss, 2).expect("fits"), &[k, q])?;
    }

    #[test]
    fn the_joint_risk_at_a_fixed_decoder_is_the_risk_of_the_matrix(
        samples in samples(), w in matrix(DIM, DIM), v in matrix(DIM, 1), loss in loss(),
    ) {
        let data = samples.dataset();
        let fixed = KeyQueryRisk::new(&data, &v, loss).expect("a fitting decoder");
        let joint = JointRisk::new(&data, loss);
        let at = [w, v];
        prop_assert_eq!(joint.value(&at)?.to_bits(), fixed.value(&at[..1])?.to_bits());
        let (joint, fixed) = (gradients(&joint, &at), gradients(&fixed, &at[..1]));
        prop_assert_eq!(&joint[0], &fixed[0]);
    }

    #[test]
    fn factors_follow_the_chain_rule(
        samples in samples(), k in matrix(DIM, 2), q in matrix(DIM, 2), v in matrix(DIM, 1), loss in loss(),
    ) {
        let data = samples.dataset();
        let mut w = Matrix::zeros(DIM, DIM);
        product(&k, q.as_mat().transpose(), &mut w);
        let whole = gradients(&KeyQueryRisk::new(&data, &v, loss).expect("fits"), &[w]);
        let (mut to_keys, mut to_queries) = (Matrix::zeros(DIM, 2), Matrix::zeros(DIM, 2));
        product(&whole[0], q.as_mat(), &mut to_keys);
        product(&whole[0].transposed(), k.as_mat(), &mut to_queries);
        let found = gradients(&FactoredRisk::new(&data, &v, loss, 2).expect("fits"), &[k, q]);
        prop_assert!(close(&found, &[to_keys, to_queries]));
    }

    #[test]
    fn the_order_of_tokens_and_samples_does_not_matter(
        samples in samples(), w in matrix(DIM, DIM), v in matrix(DIM, 1), loss in loss(), by in 0..12usize,
    ) {
        let (data, other) = (samples.dataset(), permuted(&samples, by).dataset());
        let at = [w, v];
        let (one, two) = (JointRisk::new(&data, loss), JointRisk::new(&other, loss));
        prop_assert!((one.value(&at)? - two.value(&at)?).abs() <= 1e-14 * 8.0);
        prop_assert!(close(&gradients(&one, &at), &gradients(&two, &at)));
    }

    #[test]
    fn flipping_every_label_and_the_decoder_changes_nothing(
        samples in samples(), w in matrix(DIM, DIM), v in matrix(DIM, 1), loss in loss(),
    ) {
        let mut flipped = samples.clone();
        flipped.labels.iter_mut().for_each(|y| *y = -*y);
        let (data, other, minus) = (samples.dataset(), flipped.dataset(), samples::scaled(&v, -1.0));
        let one = KeyQueryRisk::new(&data, &v, loss).expect("fits");
        let two = KeyQueryRisk::new(&other, &minus, loss).expect("fits");
        let at = [w];
        prop_assert_eq!(one.value(&at)?.to_bits(), two.value(&at)?.to_bits());
        prop_assert_eq!(gradients(&one, &at), gradients(&two, &at));
    }
}

#[test]
fn one_token_has_nothing_to_attend_to() {
    let samples = Samples {
        tokens: vec![vec![vec![1.0, 2.0, 3.0]], vec![vec![-1.0, 0.5, 0.0]]],
        queries: vec![vec![1.0; DIM], vec![-1.0; DIM]],
        labels: vec![1.0, -1.0],
    };
    let data = samples.dataset();
    let v = Matrix::column(vec![0.3, -0.2, 0.1]).expect("finite");
    let at = [Matrix::from_fn(DIM, DIM, |i, j| (i + j) as f64), v];
    for loss in Loss::ALL {
        let found = gradients(&JointRisk::new(&data, loss), &at);
        assert!(found[0].as_slice().iter().all(|g| *g == 0.0), "{loss:?}: {found:?}");
        // The decoder sees its tokens: (1/n) sum_i l'(y_i v^T x_i) y_i x_i.
        for k in 0..DIM {
            let expected: f64 = (0..2)
                .map(|i| {
                    let x = &samples.tokens[i][0];
                    let y = samples.labels[i];
                    let margin =
                        y * x.iter().zip(at[1].as_slice()).map(|(x, v)| x * v).sum::<f64>();
                    -loss.log_slope(margin).exp() * y * x[k] / 2.0
                })
                .sum();
            assert!((found[1][(k, 0)] - expected).abs() <= 1e-15 * 8.0, "{loss:?}");
        }
    }
}
