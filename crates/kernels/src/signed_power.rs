//! The odd power function `$x \mapsto \operatorname{sign}(x)\,\lvert x\rvert^{e}$`.

use crate::lanes::{lane_sum, simd_dispatch};
use crate::power::power;

/// The odd power `$x \mapsto \operatorname{sign}(x)\,\lvert x\rvert^{e}$` with `$e > 0$`, entrywise.
///
/// Mirror maps of `$\tfrac1p\lVert\cdot\rVert_p^p$` are such powers, with `$e = p - 1$` one way and
/// `$e = 1/(p-1)$` back. Exponents that are whole, or end in a quarter, third, half, two thirds or
/// three quarters, use multiplications and roots only, which is several times faster than
/// what others need: `$e^{e \log\lvert x\rvert}$` within 0.75 units in the last place. Both vectorise, and are the same on every machine. An exponent within `$10^{-14}$` (relative) of such a number is taken to *be* it:
/// `1.0 / (1.1 - 1.0)` means 10.
///
/// ```
/// use mirrorhead_kernels::SignedPower;
/// let cube = SignedPower::new(3.0);
/// assert_eq!(cube.eval(-2.0), -8.0);
/// let tenth = SignedPower::new(1.0 / (1.1 - 1.0));
/// assert_eq!(tenth.eval(2.0), 1024.0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SignedPower {
    exponent: f64,
    form: Form,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Form {
    /// `$\lvert x\rvert^{k} \cdot \lvert x\rvert^{f}$` with `$k$` whole and `$f$` a root.
    Rooted { whole: u32, root: Root },
    /// `$e^{e \log x}$`.
    General,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Root {
    None,
    Quarter,
    Third,
    Half,
    TwoThirds,
    ThreeQuarters,
}

/// The largest whole part that is multiplied out.
const MAX_WHOLE: f64 = 128.0;

impl SignedPower {
    /// The power with exponent `$e$`.
    ///
    /// # Panics
    /// If `$e$` is not positive and finite.
    pub fn new(exponent: f64) -> Self {
        assert!(exponent > 0.0 && exponent.is_finite(), "exponent {exponent} is not positive");
        for (numerator, root) in [
            (0.0, Root::None),
            (3.0, Root::Quarter),
            (4.0, Root::Third),
            (6.0, Root::Half),
            (8.0, Root::TwoThirds),
            (9.0, Root::ThreeQuarters),
        ] {
            let fraction = numerator / 12.0;
            let whole = (exponent - fraction).round();
            let snapped = whole + fraction;
            if (0.0..=MAX_WHOLE).contains(&whole)
                && snapped > 0.0
                && (exponent - snapped).abs() <= 1e-14 * snapped
            {
                #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
                let whole = whole as u32;
                return Self { exponent: snapped, form: Form::Rooted { whole, root } };
            }
        }
        Self { exponent, form: Form::General }
    }

    /// Whether it is made of multiplications and roots, without exponentials and logarithms.
    pub fn is_algebraic(self) -> bool {
        matches!(self.form, Form::Rooted { .. })
    }

    /// The exponent `$e$`.
    pub fn exponent(self) -> f64 {
        self.exponent
    }

    /// `$\operatorname{sign}(x)\,\lvert x\rvert^{e}$`.
    pub fn eval(self, x: f64) -> f64 {
        self.eval_abs(x.abs()).copysign(x)
    }

    /// `$x^{e}$` for `$x \ge 0$`.
    pub fn eval_abs(self, x: f64) -> f64 {
        match self.form {
            Form::Rooted { whole, root } => match root {
                Root::None => whole_power(x, whole),
                Root::Quarter => whole_power(x, whole) * quarter(x),
                Root::Third => whole_power(x, whole) * cube_root(x),
                Root::Half => whole_power(x, whole) * x.sqrt(),
                Root::TwoThirds => whole_power(x, whole) * two_thirds(x),
                Root::ThreeQuarters => whole_power(x, whole) * three_quarters(x),
            },
            Form::General => simd_dispatch(
                #[inline(always)]
                || power(x, self.exponent),
            ),
        }
    }

    /// `$\mathtt{out}_k = \operatorname{sign}(x_k)\,\lvert x_k\rvert^{e}$`.
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn map(self, x: &[f64], out: &mut [f64]) {
        assert_eq!(x.len(), out.len(), "a power maps entry to entry");
        if self.exponent == 1.0 {
            out.copy_from_slice(x);
            return;
        }
        self.with_power(Signed { x, out });
    }

    /// `$\sum_k \lvert x_k / s\rvert^{e}$` for a scale `$s > 0$`.
    pub fn sum_abs(self, x: &[f64], scale: f64) -> f64 {
        self.with_power(SumAbs { x, inverse: scale.recip(), scale })
    }

    /// Runs `task` with this power as a function that the compiler sees through.
    fn with_power<T: PowerTask>(self, task: T) -> T::Output {
        match self.form {
            Form::Rooted { whole, root } => simd_dispatch(
                #[inline(always)]
                || match root {
                    Root::None => match whole {
                        2 => task.run(|x| x * x),
                        3 => task.run(|x| x * x * x),
                        // Known to the compiler, they vectorise: the powers of p = 1.25, 1.2, 1.1.
                        4 => task.run(|x| whole_power(x, 4)),
                        5 => task.run(|x| whole_power(x, 5)),
                        10 => task.run(|x| whole_power(x, 10)),
                        11 => task.run(|x| whole_power(x, 11)),
                        _ => task.run(|x| whole_power(x, whole)),
                    },
                    Root::Half => match whole {
                        0 => task.run(f64::sqrt),
                        1 => task.run(|x| x * x.sqrt()),
                        _ => task.run(|x| whole_power(x, whole) * x.sqrt()),
                    },
                    Root::Quarter => task.run(|x| whole_power(x, whole) * quarter(x)),
                    Root::Third => match whole {
                        0 => task.run(cube_root),
                        1 => task.run(|x| x * cube_root(x)),
                        2 => task.run(|x| x * x * cube_root(x)),
                        _ => task.run(|x| whole_power(x, whole) * cube_root(x)),
                    },
                    Root::TwoThirds => task.run(|x| whole_power(x, whole) * two_thirds(x)),
                    Root::ThreeQuarters => match whole {
                        0 => task.run(three_quarters),
                        _ => task.run(|x| whole_power(x, whole) * three_quarters(x)),
                    },
                },
            ),
            Form::General => simd_dispatch(
                #[inline(always)]
                || {
                    task.run(
                        // On its own it would be compiled for any processor, where fused products are calls.
                        #[inline(always)]
                        |x| power(x, self.exponent),
                    )
                },
            ),
        }
    }
}

/// Something done to every entry of a slice with one power function.
trait PowerTask {
    type Output;
    fn run(self, power: impl Fn(f64) -> f64) -> Self::Output;
}

struct Signed<'a> {
    x: &'a [f64],
    out: &'a mut [f64],
}

impl PowerTask for Signed<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self, power: impl Fn(f64) -> f64) {
        for (out, x) in self.out.iter_mut().zip(self.x) {
            *out = power(x.abs()).copysign(*x);
        }
    }
}

struct SumAbs<'a> {
    x: &'a [f64],
    inverse: f64,
    scale: f64,
}

impl PowerTask for SumAbs<'_> {
    type Output = f64;

    #[inline(always)]
    fn run(self, power: impl Fn(f64) -> f64) -> f64 {
        // Multiplying is faster; only a subnormal scale has no finite inverse.
        if self.inverse.is_finite() {
            lane_sum(
                self.x,
                #[inline(always)]
                |x| power(x.abs() * self.inverse),
            )
        } else {
            lane_sum(
                self.x,
                #[inline(always)]
                |x| power(x.abs() / self.scale),
            )
        }
    }
}

/// `$x^k$` by repeated squaring.
#[inline(always)]
fn whole_power(x: f64, k: u32) -> f64 {
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
fn quarter(x: f64) -> f64 {
    x.sqrt().sqrt()
}

#[inline(always)]
fn three_quarters(x: f64) -> f64 {
    let root = x.sqrt();
    root * root.sqrt()
}

#[inline(always)]
fn two_thirds(x: f64) -> f64 {
    let root = cube_root(x);
    root * root
}

/// `$\sqrt[3]{x}$` for `$x \ge 0$`, without branches or divisions so that it vectorises.
///
/// `$t = x^{-1/3}$` by a first guess that divides the exponent field by three (within 4%) and two
/// steps of `$t \leftarrow t\,(1 - e)^{-1/3}$`, `$e = 1 - x t^3$`, expanded to `$e^3$`: the error becomes
/// `$10^{-5}$`, then rounding. Then `$y = x t^2$`, and one Newton step for the last bit.
#[inline(always)]
fn cube_root(x: f64) -> f64 {
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

    #[test]
    fn decimal_exponents_snap_to_what_they_mean() {
        assert_eq!(SignedPower::new(1.0 / (1.1 - 1.0)).exponent(), 10.0);
        assert_eq!(SignedPower::new(1.0 / (1.05 - 1.0)).exponent(), 20.0);
        assert_eq!(SignedPower::new(1.0 / (1.75 - 1.0)).exponent(), 4.0 / 3.0);
        assert_eq!(SignedPower::new(1.7).form, Form::General);
        assert!(SignedPower::new(10.0).is_algebraic() && !SignedPower::new(1.7).is_algebraic());
    }

    #[test]
    fn the_ends_of_the_range_are_kept() {
        for exponent in [0.25, 1.0 / 3.0, 0.5, 2.0 / 3.0, 0.75, 1.0, 0.4] {
            let power = SignedPower::new(exponent);
            assert_eq!(power.eval(0.0).to_bits(), 0.0f64.to_bits());
            assert_eq!(power.eval(-0.0).to_bits(), (-0.0f64).to_bits());
            assert_eq!(power.eval(f64::NEG_INFINITY), f64::NEG_INFINITY);
            assert!(power.eval(f64::NAN).is_nan());
        }
    }

    proptest! {
        #[test]
        fn cube_roots_are_accurate(mantissa in 1.0..2.0f64, exponent in -1074i32..1023) {
            let x = mantissa * 2f64.powi(exponent.max(-1022)) * 2f64.powi((exponent + 1022).min(0));
            let root = cube_root(x);
            prop_assert!((root - x.cbrt()).abs() <= 4.0 * f64::EPSILON * x.cbrt(), "{x}: {root}");
        }

        #[test]
        fn fast_paths_agree_with_powf(
            x in -50.0..50.0f64,
            twelfths in prop::sample::select(vec![3, 4, 6, 8, 9, 12, 15, 16, 18, 20, 21, 24, 28, 36, 48, 60, 120, 132]),
        ) {
            let exponent = f64::from(twelfths) / 12.0;
            let power = SignedPower::new(exponent);
            let expected = x.abs().powf(power.exponent()).copysign(x);
            prop_assert!((power.eval(x) - expected).abs() <= 1e-14 * expected.abs());
            let mut mapped = [0.0];
            power.map(&[x], &mut mapped);
            prop_assert_eq!(mapped[0].to_bits(), power.eval(x).to_bits());
        }
    }
}
