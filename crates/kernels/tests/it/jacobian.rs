//! The softmax Jacobian against the textbook formula `$s \circ (g - s^\top g)$` in a precision in
//! which that formula does not cancel.

use crate::reference::{Extended, extended, within};
use mirrorhead_kernels::{SoftmaxJacobian, softmax_jacobian};
use proptest::prelude::*;

const EPS: f64 = f64::EPSILON;

/// A case, its exact answer, and the bound that rounding justifies.
fn check(logits: &[f64], scores: &[f64]) -> Result<(), TestCaseError> {
    let mut out = vec![f64::NAN; logits.len()];
    let found = softmax_jacobian(logits, scores, &mut out);
    let top = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let lowest = logits.iter().copied().fold(f64::INFINITY, f64::min);
    prop_assert_eq!(logits[found.selected].to_bits(), top.to_bits());
    prop_assert!(logits[..found.selected].iter().all(|a| *a < top), "the first of equals");

    // The textbook loses log2 of e^(2 spread) bits; 200 are left.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let bits = 200 + (3.0 * (top - lowest)) as usize;
    let (exact, mean) = textbook(logits, scores, bits);
    let top_score = scores[found.selected];
    let size = scores.iter().map(|g| (g - top_score).abs()).fold(0.0, f64::max);
    if size == 0.0 {
        prop_assert_eq!(found.log_scale, f64::NEG_INFINITY);
        prop_assert!(out.iter().all(|c| *c == 0.0));
        return Ok(());
    }
    let SoftmaxJacobian { log_scale: m, mean_score, .. } = found;
    let factor = extended(m, bits).exp();
    let (n, largest) = (logits.len() as f64, scores.iter().fold(0.0, |x: f64, g| x.max(g.abs())));
    let mean_bound = EPS * 8.0 * n * (largest + size * (1.0 + m.abs()) * m.exp());
    prop_assert!(within(&extended(mean_score, bits), &mean, &extended(mean_bound, bits)));
    for t in 0..logits.len() {
        let r = logits[t] - top;
        // s_t at most, times e^m where the score is the selected one's: such an entry is a mean pull.
        let weight = extended(r, bits).exp();
        let weight = if scores[t] == top_score { weight * &factor } else { weight };
        let relative = EPS * 16.0 * n * (1.0 + r.abs() + m.abs()) * size;
        // What is below e^-708 of the largest entry is zero.
        let floor = extended(1e-40 * size, bits) * &factor;
        let bound = weight * extended(relative, bits) + floor;
        let value = &factor * extended(out[t], bits);
        prop_assert!(
            within(&value, &exact[t], &bound),
            "entry {} of logits {:?}, scores {:?}: e^{} * {} is not {}",
            t,
            logits,
            scores,
            m,
            out[t],
            exact[t]
        );
    }
    Ok(())
}

/// `$s \circ (g - s^\top g)$` and `$s^\top g$`, as written.
fn textbook(logits: &[f64], scores: &[f64], bits: usize) -> (Vec<Extended>, Extended) {
    let powers: Vec<_> = logits.iter().map(|a| extended(*a, bits).exp()).collect();
    let total = powers.iter().fold(extended(0.0, bits), |sum, e| sum + e);
    let scores: Vec<_> = scores.iter().map(|g| extended(*g, bits)).collect();
    let weights: Vec<_> = powers.into_iter().map(|e| e / &total).collect();
    let pairs = weights.iter().zip(&scores);
    let mean = pairs.clone().fold(extended(0.0, bits), |sum, (s, g)| sum + s * g);
    (pairs.map(|(s, g)| s * (g - &mean)).collect(), mean)
}

/// Logits up to `spread` apart and scores, each sometimes equal to the first's.
fn case(spread: f64) -> impl Strategy<Value = (Vec<f64>, Vec<f64>)> {
    let token = (0.0..spread, -2.0..2.0f64, 0..4u8);
    prop::collection::vec(token, 1..7).prop_map(|tokens| {
        let (a, g, _) = tokens[0];
        let logits = tokens.iter().map(|t| if t.2 == 1 { a } else { t.0 }).collect();
        let scores = tokens.iter().map(|t| if t.2 >= 2 { t.1 } else { g }).collect();
        (logits, scores)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn moderate_logits((logits, scores) in case(5.0)) {
        check(&logits, &scores)?;
    }

    #[test]
    fn saturated_logits((logits, scores) in case(300.0)) {
        check(&logits, &scores)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn logits_whose_exponentials_underflow((logits, scores) in case(1e4)) {
        check(&logits, &scores)?;
    }

    /// Where the near and the far form meet, with and without scores equal to the selected one's.
    #[test]
    fn around_the_change_of_form(
        below in -0.5..0.5f64,
        rest in prop::collection::vec((-200.0..0.0f64, -2.0..2.0f64), 0..3),
        tied in any::<bool>(),
    ) {
        let mut logits = vec![7.0, 7.0 - 600.0 - below];
        let mut scores = vec![0.5, -1.25];
        if tied {
            logits.push(7.0 - 3.0);
            scores.push(0.5);
        }
        for (a, g) in rest {
            logits.push(7.0 - 600.0 - below + a);
            scores.push(g);
        }
        check(&logits, &scores)?;
    }
}

#[test]
fn exact_boundaries() {
    for gap in [599.0, 600.0, 600.0_f64.next_up(), 601.0, 708.0, 709.0, 745.0, 746.0] {
        check(&[0.0, -gap], &[1.0, 3.0]).expect("accurate");
        check(&[-gap, 0.0, -gap - 1.0], &[1.0, 3.0, 3.0]).expect("accurate");
        check(&[0.0, 0.0, -gap], &[1.0, 1.0, 3.0]).expect("accurate");
    }
}

#[test]
fn nothing_pulls_on_one_token_or_on_equal_scores() {
    for (logits, scores) in
        [(&[3.0][..], &[2.0][..]), (&[1.0, 5.0, -800.0], &[2.0; 3]), (&[4.0, 4.0], &[-1.0; 2])]
    {
        let mut out = vec![f64::NAN; logits.len()];
        let found = softmax_jacobian(logits, scores, &mut out);
        assert_eq!((found.log_scale, found.mean_score), (f64::NEG_INFINITY, scores[0]));
        assert!(out.iter().all(|c| *c == 0.0), "{out:?}");
    }
}

#[test]
fn logits_that_overflowed_are_not_taken_for_a_zero_gradient() {
    let (inf, nan) = (f64::INFINITY, f64::NAN);
    for logits in
        [&[nan][..], &[inf], &[inf, inf], &[inf, 0.0], &[0.0, nan], &[nan, 0.0], &[nan, nan, 1.0]]
    {
        let scores: Vec<_> = (0..logits.len()).map(|t| t as f64).collect();
        let mut out = vec![0.0; logits.len()];
        let found = softmax_jacobian(logits, &scores, &mut out);
        let seen = found.mean_score.is_nan() || out.iter().any(|c| c.is_nan());
        assert!(seen, "{logits:?} give {found:?} and {out:?}");
    }
    // A masked token is no overflow.
    let mut out = [1.0; 2];
    let found = softmax_jacobian(&[0.0, f64::NEG_INFINITY], &[1.0, 2.0], &mut out);
    assert_eq!((found.mean_score, out), (1.0, [0.0; 2]));
}
