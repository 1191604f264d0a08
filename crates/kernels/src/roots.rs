//! Powers by products and roots, for numbers `$x \ge 0$`, without branches so that they vectorise.

/// `$x^k$` by repeated squaring.
#[inline(always)]
pub(crate) fn whole_power(x: f64, k: u32) -> f64 {
    let (mut result, mut base, mut k) = (1.0, x, k);
    while k > 0 {
        if k & 1 == 1 {
            result *= base;
        }
        k >>= 1;
        if k > 0 {
            base *= base;
        }
    }
    result
}

#[inline(always)]
pub(crate) fn quarter(x: f64) -> f64 {
    x.sqrt().sqrt()
}

#[inline(always)]
pub(crate) fn three_quarters(x: f64) -> f64 {
    let root = x.sqrt();
    root * root.sqrt()
}

#[inline(always)]
pub(crate) fn two_thirds(x: f64) -> f64 {
    let root = cube_root(x);
    root * root
}

/// `$\sqrt[3]{x}$` for `$x \ge 0$`, without branches or divisions so that it vectorises.
///
/// `$t = x^{-1/3}$` by a first guess that divides the exponent field by three (within 4%) and two
/// steps of `$t \leftarrow t\,(1 - e)^{-1/3}$`, `$e = 1 - x t^3$`, expanded to `$e^3$`: the error becomes
/// `$10^{-5}$`, then rounding. Then `$y = x t^2$`, and one Newton step for the last bit.
#[inline(always)]
pub(crate) fn cube_root(x: f64) -> f64 {
    const TWO_52: f64 = 4_503_599_627_370_496.0;
    // x = 2^(3 k) r with r away from the ends of the range, so that t^3 can be formed.
    let (scale, unscale) = if x < 2f64.powi(-900) {
        (2f64.powi(300), 2f64.powi(-100))
    } else if x > 2f64.powi(900) {
        (2f64.powi(-300), 2f64.powi(100))
    } else {
        (1.0, 1.0)
    };
    let r = x * scale;
    // The upper half of the bits as a number, through the mantissa of 2^52, and back.
    let upper = f64::from_bits(TWO_52.to_bits() | (r.to_bits() >> 32)) - TWO_52;
    let guess = (TWO_52 + 1_430_186_592.0) - upper * (1.0 / 3.0);
    let mut t = f64::from_bits(guess.to_bits() << 32);
    for _ in 0..2 {
        let e = 1.0 - r * (t * t * t);
        t += t * (e * (1.0 / 3.0 + e * (2.0 / 9.0 + e * (14.0 / 81.0))));
    }
    let y = r * (t * t);
    let root = (y - (y * y * y - r) * (t * t) * (1.0 / 3.0)) * unscale;
    // Zero, infinity and NaN are their own cube roots.
    if x > 0.0 && x < f64::INFINITY { root } else { x }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn cube_roots_are_accurate(mantissa in 1.0..2.0f64, exponent in -1074i32..1023) {
            let x = mantissa * 2f64.powi(exponent.max(-1022)) * 2f64.powi((exponent + 1022).min(0));
            let root = cube_root(x);
            prop_assert!((root - x.cbrt()).abs() <= 4.0 * f64::EPSILON * x.cbrt(), "{x}: {root}");
        }
    }
}
