//! Softmax and its logarithm against their definitions in extended precision.

use crate::reference::{Extended, extended, within};
use mirrorhead_kernels::{log_softmax, log_sum_exp, position_of_max, softmax};
use proptest::prelude::*;

/// More than `$e^{-750}$` needs beside one: what is smaller underflows.
const BITS: usize = 1400;
const EPS: f64 = f64::EPSILON;

/// Logits as far apart as `spread`, some of them equal.
fn logits() -> impl Strategy<Value = Vec<f64>> {
    let spread = prop::sample::select(vec![0.1, 3.0, 40.0, 700.0, 1e4]);
    (spread, prop::collection::vec((-1.0..1.0f64, any::<bool>()), 1..9), -1e3..1e3f64).prop_map(
        |(spread, draws, offset)| {
            let tied = draws[0].0;
            draws.iter().map(|(x, tie)| offset + spread * if *tie { tied } else { *x }).collect()
        },
    )
}

/// `$\sum_t e^{a_t}$`.
fn partition(logits: &[f64]) -> Extended {
    logits.iter().fold(extended(0.0, BITS), |sum, a| sum + extended(*a, BITS).exp())
}

fn largest(x: &[f64]) -> f64 {
    x.iter().copied().fold(f64::NEG_INFINITY, f64::max)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn probabilities_are_accurate_each_by_itself(logits in logits()) {
        let mut out = vec![f64::NAN; logits.len()];
        softmax(&logits, &mut out);
        let (total, max) = (partition(&logits), largest(&logits));
        for (s, a) in out.iter().zip(&logits) {
            let exact = extended(*a, BITS).exp() / &total;
            // Rounding a - max moves the exponential by eps |a - max|; the smallest ones are zero.
            let bound = &exact * extended(EPS * (10.0 + (a - max).abs()), BITS);
            let bound = bound + extended(1e-300, BITS);
            prop_assert!(within(&extended(*s, BITS), &exact, &bound), "{logits:?}: {s} at {a}");
        }
        let sum: f64 = out.iter().sum();
        prop_assert!((sum - 1.0).abs() <= 8.0 * EPS, "{logits:?}: they sum to {sum}");
    }

    #[test]
    fn their_logarithms_are_accurate_where_they_round_to_one_or_zero(logits in logits()) {
        let mut out = vec![f64::NAN; logits.len()];
        log_softmax(&logits, &mut out);
        let (normalizer, max) = (partition(&logits).ln(), largest(&logits));
        // How far the runner-up is below: its exponential is all that the largest one's shows.
        let gap = logits.iter().map(|a| max - a).filter(|gap| *gap > 0.0).fold(0.0, f64::max);
        for (s, a) in out.iter().zip(&logits) {
            let exact = extended(*a, BITS) - &normalizer;
            let bound = crate::reference::abs(&exact) * extended(EPS * (10.0 + gap.min(750.0)), BITS);
            let bound = bound + extended(1e-300, BITS);
            prop_assert!(s.is_finite());
            prop_assert!(within(&extended(*s, BITS), &exact, &bound), "{logits:?}: {s} at {a}");
        }
    }

    #[test]
    fn the_log_sum_is_accurate_and_moves_with_the_logits(logits in logits()) {
        let exact = partition(&logits).ln();
        let bound = EPS * (10.0 + 4.0 * largest(&logits).abs());
        let found = log_sum_exp(&logits);
        prop_assert!(within(&extended(found, BITS), &exact, &extended(bound, BITS)), "{logits:?}");
        let moved: Vec<_> = logits.iter().map(|a| a + 4096.0).collect();
        let shift = log_sum_exp(&moved) - found;
        prop_assert!((shift - 4096.0).abs() <= 8.0 * EPS * (8192.0 + found.abs()), "{logits:?}");
    }
}

#[test]
fn the_confidence_that_rounds_to_one_keeps_its_logarithm() {
    let mut out = [0.0; 2];
    log_softmax(&[1e4, 1e4 - 50.0], &mut out);
    let exact = -(-50f64).exp();
    assert!((out[0] / exact - 1.0).abs() < 1e-13, "{} instead of {exact}", out[0]);
}

#[test]
fn what_is_not_a_number_stays_none() {
    for logits in [[f64::NAN, 0.0], [0.0, f64::NAN], [f64::NAN; 2], [f64::INFINITY, f64::NAN]] {
        let mut out = [0.0; 2];
        assert!(log_sum_exp(&logits).is_nan(), "{logits:?}");
        softmax(&logits, &mut out);
        assert!(out.iter().any(|s| s.is_nan()), "{logits:?}: {out:?}");
        log_softmax(&logits, &mut out);
        assert!(out.iter().any(|s| s.is_nan()), "{logits:?}: {out:?}");
    }
}

#[test]
fn a_masked_token_has_weight_zero() {
    let mut out = [0.5; 3];
    softmax(&[1.0, f64::NEG_INFINITY, 1.0], &mut out);
    assert_eq!(out, [0.5, 0.0, 0.5]);
    assert_eq!(log_sum_exp(&[]), f64::NEG_INFINITY);
    assert_eq!(log_sum_exp(&[f64::INFINITY, 0.0]), f64::INFINITY);
}

proptest! {
    #[test]
    fn the_largest_is_the_first_of_equals_and_nothing_exceeds_a_first_nan(
        picks in prop::collection::vec(0..8usize, 0..40),
    ) {
        let of = [f64::NAN, f64::NEG_INFINITY, -1.5, -0.0, 0.0, 2.5, 2.5, f64::INFINITY];
        let values: Vec<_> = picks.iter().map(|pick| of[*pick]).collect();
        let mut first = 0;
        for (t, v) in values.iter().enumerate() {
            if *v > values[first] {
                first = t;
            }
        }
        prop_assert_eq!(position_of_max(&values), first, "{:?}", values);
    }
}
