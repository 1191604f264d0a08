//! Signed powers: against extended precision, as pairs of inverses, entry by entry and in slices.

use crate::reference::{extended, within};
use mirrorhead_kernels::SignedPower;
use proptest::prelude::*;

const BITS: usize = 200;

/// Exponents `$p$` whose maps `$p - 1$` and `$1/(p - 1)$` are used.
const P: [f64; 17] = [
    1.05,
    1.1,
    1.2,
    1.25,
    4.0 / 3.0,
    1.4,
    1.5,
    5.0 / 3.0,
    1.7,
    1.75,
    2.0,
    2.5,
    3.0,
    3.3,
    4.0,
    6.0,
    8.0,
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn it_is_the_power_that_it_says(mantissa in 1.0..2.0f64, exponent in -40i32..40) {
        let x = mantissa * 2f64.powi(exponent);
        for p in P {
            for e in [p, p - 1.0, (p - 1.0).recip()] {
                let power = SignedPower::new(e);
                let exact = extended(x, BITS).powf(&extended(power.exponent(), BITS));
                // One rounding a multiplication, doubled in each squaring; a third is no f64.
                let relative = f64::EPSILON * (4.0 + 2.0 * e + 0.5 * e * x.ln().abs());
                let bound = &exact * extended(relative, BITS);
                let found = power.eval(x);
                prop_assert!(within(&extended(found, BITS), &exact, &bound), "{x}^{e}: {found}");
                prop_assert_eq!(power.eval(-x).to_bits(), (-found).to_bits());
                prop_assert_eq!(power.eval_abs(x).to_bits(), found.to_bits());
            }
        }
    }

    #[test]
    fn the_two_maps_are_inverse(mantissa in 1.0..2.0f64, exponent in -40i32..40, negative in any::<bool>()) {
        let x = if negative { -mantissa } else { mantissa } * 2f64.powi(exponent);
        for p in P {
            let (there, back) = (SignedPower::new(p - 1.0), SignedPower::new((p - 1.0).recip()));
            let (e, f) = (there.exponent(), back.exponent());
            // Exponents that are inverse up to rounding, and the error of each power.
            let mismatch = e.mul_add(f, -1.0).abs() * x.abs().ln().abs();
            let bound = 2.0 * mismatch + f64::EPSILON * (8.0 + 4.0 * e + 4.0 * f + 4.0 * e * f);
            for returned in [back.eval(there.eval(x)), there.eval(back.eval(x))] {
                let error = (returned / x - 1.0).abs();
                prop_assert!(error <= bound, "p = {p}: {x} returns as {returned}, off by {error:e}");
            }
        }
    }

    #[test]
    fn slices_are_mapped_entry_by_entry(x in prop::collection::vec(-9.0..9.0f64, 0..21)) {
        for p in P {
            for e in [p, p - 1.0, (p - 1.0).recip()] {
                let power = SignedPower::new(e);
                let mut out = vec![f64::NAN; x.len()];
                power.map(&x, &mut out);
                for (x, out) in x.iter().zip(&out) {
                    prop_assert_eq!(power.eval(*x).to_bits(), out.to_bits(), "{}^{}", x, e);
                }
                let sum: f64 = out.iter().map(|y| y.abs()).sum();
                let error = (power.sum_abs(&x, 1.0) - sum).abs();
                prop_assert!(error <= 32.0 * f64::EPSILON * sum, "{e}");
            }
        }
    }
}

#[test]
fn larger_entries_have_larger_powers() {
    for e in P.map(|p| p - 1.0) {
        let power = SignedPower::new(e);
        let mut last = f64::NEG_INFINITY;
        for k in -200..=200 {
            let y = power.eval(f64::from(k) / 16.0);
            assert!(y > last, "{e}: at {k}/16");
            last = y;
        }
    }
}

#[test]
fn zero_infinity_and_nan_are_themselves() {
    for e in P.into_iter().chain(P.map(|p| p - 1.0)).chain([0.2, 12.5, 200.0, 1e-3]) {
        let power = SignedPower::new(e);
        assert_eq!(power.eval(0.0).to_bits(), 0.0f64.to_bits(), "{e}");
        assert_eq!(power.eval(-0.0).to_bits(), (-0.0f64).to_bits(), "{e}");
        assert_eq!(power.eval(f64::INFINITY), f64::INFINITY, "{e}");
        assert_eq!(power.eval(f64::NEG_INFINITY), f64::NEG_INFINITY, "{e}");
        assert_eq!(power.eval(-1.0).to_bits(), (-1.0f64).to_bits(), "{e}");
        // With and without a sign, and with every bit that a NaN can have.
        for nan in [f64::NAN, -f64::NAN, f64::from_bits(u64::MAX), f64::from_bits(u64::MAX >> 1)] {
            assert!(power.eval(nan).is_nan(), "{e}");
        }
    }
}

#[test]
fn an_exponent_that_is_no_power_is_refused() {
    for e in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(std::panic::catch_unwind(|| SignedPower::new(e)).is_err(), "{e}");
    }
}
