//! Elementary functions: against extended precision, at the ends of the range, and pinned to the last bit.

use crate::reference::{Extended, abs, extended, within};
use mirrorhead_kernels::{SignedPower, elementary};
use proptest::prelude::*;

const BITS: usize = 200;

/// One unit in the last place of `x`.
fn unit(x: f64) -> Extended {
    let unit = f64::from_bits(x.abs().to_bits() + 1) - x.abs();
    extended(unit, BITS)
}

/// Whether `found` is within `units` in the last place of `exact`.
fn near(found: f64, exact: &Extended, units: f64) -> bool {
    within(&extended(found, BITS), exact, &(unit(found) * extended(units, BITS)))
}

fn long(x: f64) -> Extended {
    extended(x, BITS)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn powers_are_within_three_quarters_of_a_unit(
        mantissa in 0.5..2.0f64,
        scale in prop::sample::select(vec![0, 0, 1, -1, 40, -300, 900]),
        target in -700.0..700.0f64,
    ) {
        let x = mantissa * 2f64.powi(scale);
        let y = if (x - 1.0).abs() < 1e-9 { 3.7 } else { target / elementary::ln(x) };
        let found = elementary::powf(x, y);
        prop_assert!(near(found, &long(x).powf(&long(y)), 0.75), "{x}^{y}: {found}");
        // An entry of a slice is the same number as one alone.
        if y > 0.0 {
            let mut mapped = [0.0; 5];
            SignedPower::new(y).map(&[x; 5], &mut mapped);
            prop_assert_eq!(mapped, [SignedPower::new(y).eval(x); 5]);
        }
    }

    #[test]
    fn exponentials_are_within_a_unit(x in -700.0..700.0f64, small in -1.0..1.0f64) {
        for x in [x, small] {
            prop_assert!(near(elementary::exp(x), &long(x).exp(), 1.0), "{x}");
            prop_assert!(near(elementary::exp_m1(x), &long(x).exp_m1(), 1.0), "{x}");
            let two = long(2.0).powf(&long(x));
            prop_assert!(near(elementary::exp2(x), &two, 1.0), "{x}");
            // sinh x = (e^x - 1 + (e^x - 1)/e^x)/2, in which nothing cancels.
            let less = long(x).exp_m1();
            let sinh = (&less + &less / long(x).exp()) / long(2.0);
            let cosh = (long(x).exp() + long(-x).exp()) / long(2.0);
            prop_assert!(near(elementary::cosh(x), &cosh, 2.0), "{x}");
            prop_assert!(near(elementary::sinh(x), &sinh, 2.0), "{x}");
        }
    }

    #[test]
    fn logarithms_are_within_a_unit(mantissa in 0.5..2.0f64, scale in -1000..1000i32) {
        for x in [mantissa, mantissa * 2f64.powi(scale)] {
            let log = long(x).ln();
            prop_assert!(near(elementary::ln(x), &log, 1.0), "{x}");
            prop_assert!(near(elementary::log2(x), &(&log / long(2.0).ln()), 1.0), "{x}");
            prop_assert!(near(elementary::log10(x), &(&log / long(10.0).ln()), 1.0), "{x}");
            prop_assert!(near(elementary::ln_1p(x), &long(x).ln_1p(), 1.0), "{x}");
            prop_assert!(near(elementary::ln_1p(-0.4 * mantissa), &long(-0.4 * mantissa).ln_1p(), 1.0), "{x}");
        }
    }

    #[test]
    fn lengths_and_inverse_sines_too(x in -1e3..1e3f64, y in -1e3..1e3f64) {
        let square = long(x) * long(x) + long(y) * long(y);
        let length = elementary::hypot(x, y);
        // Half a unit of the root is a whole one of the square, nearly.
        let off = abs(&(long(length) * long(length) - &square));
        prop_assert!(off <= square * long(2.0 * f64::EPSILON), "{x}, {y}");
        let root = elementary::asinh(x);
        let off = elementary::sinh(root) / x - 1.0;
        prop_assert!(off.abs() <= 4.0 * f64::EPSILON * (1.0 + root.abs()), "{x}");
    }
}

#[test]
fn powers_of_what_is_not_positive_and_finite_are_those_of_c() {
    let (zero, infinite) = (0.0f64, f64::INFINITY);
    for (x, y, expected) in [
        (zero, 1.6, 0.0),
        (zero, -1.6, infinite),
        (infinite, 1.6, infinite),
        (infinite, -1.6, 0.0),
        (1.0, infinite, 1.0),
        (0.5, infinite, 0.0),
        (3.7, 0.0, 1.0),
        (f64::NAN, 0.0, 1.0),
        (-2.0, 3.0, -8.0),
    ] {
        assert_eq!(elementary::powf(x, y), expected, "{x}^{y}");
    }
    assert!(elementary::powf(-2.0, 0.5).is_nan() && elementary::powf(2.0, f64::NAN).is_nan());
}

#[test]
fn the_ends_of_the_range_are_reached_gradually() {
    for (x, y, expected) in [
        (2.0, -1074.0, f64::from_bits(1)),
        (2.0, -1076.0, 0.0),
        (2.0, 1023.0, 2f64.powi(1023)),
        (2.0, 1024.0, f64::INFINITY),
        (f64::from_bits(1), 1.0, f64::from_bits(1)),
        (f64::from_bits(1), 0.5, 2f64.powi(-537)),
        (f64::MAX, 1.0, f64::MAX),
        (1e300, 1e300, f64::INFINITY),
        (1e-300, 1e300, 0.0),
        (1.0, 1e300, 1.0),
    ] {
        assert_eq!(elementary::powf(x, y), expected, "{x}^{y}");
    }
}

/// Fowler, Noll and Vo's hash of the bits of values over the range.
fn digest(f: impl Fn(f64) -> f64) -> u64 {
    let bytes = (1..2_000).flat_map(|k| f(f64::from(k) / 64.0).to_bits().to_le_bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// On another processor, with another mathematics library: the same bits. (Run it with
/// `GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX2,-FMA`: the methods of `f64` then give others.)
#[test]
fn every_machine_has_the_same_last_bits() {
    use elementary::{asinh, exp, exp_m1, exp2, hypot, ln, ln_1p, log2, log10, powf, sinh};
    let found = [
        digest(exp),
        digest(|x| exp(-x)),
        digest(exp2),
        digest(exp_m1),
        digest(ln),
        digest(ln_1p),
        digest(log2),
        digest(log10),
        digest(sinh),
        digest(asinh),
        digest(|x| hypot(x, 3.1)),
        digest(|x| powf(x, 1.7)),
        digest(|x| powf(x, -13.3)),
        digest(|x| SignedPower::new(0.6).eval(x)),
        digest(|x| SignedPower::new(4.0 / 3.0).eval(x)),
    ];
    assert_eq!(found, PINNED, "{found:#018x?}");
}

const PINNED: [u64; 15] = [
    0x9a8e_a222_13ff_3ab5,
    0x2800_1e55_a3a8_af6d,
    0x909d_e976_d7bb_f66b,
    0xae4c_316d_1752_cad2,
    0x9b38_7029_fa90_9bb4,
    0x5ae7_e53e_bad3_2cb6,
    0xcb5e_5a57_294e_77bb,
    0x2c76_24dd_ee57_9466,
    0xfaaf_8ee9_1704_abd0,
    0xd4ae_e9b8_cc19_d19f,
    0xb2c0_3021_cd32_1ebe,
    0xb907_0ea2_e275_b3f4,
    0x34a7_3b37_ddfd_f7b4,
    0x5820_dc7f_bbda_0046,
    0xcbbb_dc2f_3a6e_9b98,
];
