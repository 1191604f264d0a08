//! Norms and power sums: against extended precision, at both ends of the range, and NaN.

use crate::reference::{Extended, extended, within};
use mirrorhead_kernels::{SignedPower, lp_norm, max_abs};
use proptest::prelude::*;

const BITS: usize = 200;
const EXPONENTS: [f64; 12] = [1.0, 1.05, 1.1, 4.0 / 3.0, 1.5, 1.7, 1.75, 2.0, 3.0, 5.5, 11.0, 21.0];

/// `$\left(\sum_k |x_k|^p\right)^{1/p}$`, as written.
fn textbook(x: &[f64], p: f64) -> Extended {
    let power = extended(p, BITS);
    let sum = x
        .iter()
        .filter(|x| **x != 0.0)
        .fold(extended(0.0, BITS), |sum, x| sum + extended(x.abs(), BITS).powf(&power));
    if sum == Extended::ZERO { sum } else { sum.powf(&(extended(1.0, BITS) / power)) }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn they_are_accurate_at_every_scale(
        x in prop::collection::vec((-1.0..1.0f64, -8i32..8), 1..20),
        scale in prop::sample::select(vec![1.0, 1e-300, 1e300, 1e-310, 3e-7]),
    ) {
        let x: Vec<_> = x.iter().map(|(m, e)| scale * m * 2f64.powi(*e)).collect();
        for p in EXPONENTS {
            let power = SignedPower::new(p);
            let exact = textbook(&x, power.exponent());
            // Each term is off by p eps at most, which the root divides by p again.
            let bound = &exact * extended(24.0 * f64::EPSILON, BITS) + extended(1e-323, BITS);
            let found = lp_norm(&x, power);
            prop_assert!(within(&extended(found, BITS), &exact, &bound), "p = {p}, {x:?}: {found}");
        }
    }

    #[test]
    fn power_sums_are_the_power_of_the_norm(
        x in prop::collection::vec(-3.0..3.0f64, 0..40), scale in 0.1..10.0f64,
    ) {
        for p in EXPONENTS {
            let power = SignedPower::new(p);
            let sum = power.sum_abs(&x, scale);
            let expected: f64 = x.iter().map(|x| (x.abs() / scale).powf(power.exponent())).sum();
            prop_assert!((sum - expected).abs() <= 8.0 * p * f64::EPSILON * expected, "p = {p}");
        }
    }

    #[test]
    fn the_largest_entry_is_found_wherever_it_is(
        x in prop::collection::vec(-1.0..1.0f64, 0..40), at in any::<prop::sample::Index>(),
    ) {
        let largest = x.iter().fold(0.0, |m: f64, x| m.max(x.abs()));
        prop_assert_eq!(max_abs(&x).to_bits(), largest.to_bits());
        if !x.is_empty() {
            for (planted, expected) in [(-7.0, 7.0), (f64::NEG_INFINITY, f64::INFINITY)] {
                let mut x = x.clone();
                let len = x.len();
                x[at.index(len)] = planted;
                prop_assert_eq!(max_abs(&x), expected);
            }
        }
    }

    #[test]
    fn nan_is_never_passed_over(
        x in prop::collection::vec(-1.0..1.0f64, 1..40),
        at in any::<prop::sample::Index>(), other in any::<prop::sample::Index>(),
    ) {
        let mut x = x;
        let len = x.len();
        x[other.index(len)] = f64::INFINITY;
        x[at.index(len)] = f64::NAN;
        prop_assert!(max_abs(&x).is_nan(), "{x:?}");
        for p in EXPONENTS {
            prop_assert!(lp_norm(&x, SignedPower::new(p)).is_nan(), "p = {p}, {x:?}");
        }
    }
}

#[test]
fn a_power_of_two_goes_through_exactly() {
    let x = [1.0, -0.3, 0.77, 0.0, 1e-3, -0.5, 0.25, 0.9, -0.1];
    for p in EXPONENTS {
        let power = SignedPower::new(p);
        let norm = lp_norm(&x, power);
        for exponent in [-1000, -600, -1, 1, 600, 1000] {
            let scale = 2f64.powi(exponent);
            let scaled: Vec<_> = x.iter().map(|x| x * scale).collect();
            let found = lp_norm(&scaled, power);
            assert_eq!(found.to_bits(), (norm * scale).to_bits(), "p = {p}, 2^{exponent}");
        }
    }
}

#[test]
fn the_ends_of_the_range() {
    for p in EXPONENTS {
        let power = SignedPower::new(p);
        assert_eq!(lp_norm(&[], power).to_bits(), 0.0f64.to_bits());
        assert_eq!(lp_norm(&[0.0, -0.0], power).to_bits(), 0.0f64.to_bits());
        assert_eq!(lp_norm(&[1.0, f64::NEG_INFINITY], power), f64::INFINITY);
        assert_eq!(lp_norm(&[0.0, 5e-324], power), 5e-324, "p = {p}");
        let one = lp_norm(&[0.0, -f64::MAX, 0.0], power);
        assert!((one / f64::MAX - 1.0).abs() <= 24.0 * f64::EPSILON, "p = {p}: {one}");
    }
}
