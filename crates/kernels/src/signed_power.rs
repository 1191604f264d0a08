//! The odd power function `$x \mapsto \operatorname{sign}(x)\,\lvert x\rvert^{e}$`.

use crate::lanes::{lane_sum, simd_dispatch};
use crate::power::{power, short_power};
use crate::roots::{cube_root, quarter, three_quarters, two_thirds, whole_power};

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

    /// [`map`](Self::map) for single precision: computed with twice its digits, and rounded once.
    ///
    /// ```
    /// let mut out = [0.0f32; 2];
    /// mirrorhead_kernels::SignedPower::new(0.7).map_single(&[2.0, -3.0], &mut out);
    /// assert_eq!(out, [2f64.powf(0.7) as f32, -3f64.powf(0.7) as f32]);
    /// ```
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn map_single(self, x: &[f32], out: &mut [f32]) {
        assert_eq!(x.len(), out.len(), "a power maps entry to entry");
        if self.exponent == 1.0 {
            out.copy_from_slice(x);
            return;
        }
        self.with_power(SignedSingle { x, out });
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
                        |x| T::general(x, self.exponent),
                    )
                },
            ),
        }
    }
}

/// Something done to every entry of a slice with one power function.
trait PowerTask {
    type Output;

    /// `$x^{e}$` of an exponent without products and roots.
    #[inline(always)]
    fn general(x: f64, exponent: f64) -> f64 {
        power(x, exponent)
    }

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

struct SignedSingle<'a> {
    x: &'a [f32],
    out: &'a mut [f32],
}

impl PowerTask for SignedSingle<'_> {
    type Output = ();

    #[inline(always)]
    fn general(x: f64, exponent: f64) -> f64 {
        short_power(x, exponent)
    }

    #[inline(always)]
    #[allow(clippy::cast_possible_truncation)]
    fn run(self, power: impl Fn(f64) -> f64) {
        for (out, x) in self.out.iter_mut().zip(self.x) {
            *out = (power(f64::from(x.abs())) as f32).copysign(*x);
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

        #[test]
        fn single_powers_are_the_double_ones_rounded(bits in any::<u32>(), exponent in 0.01..60.0f64) {
            let x = f32::from_bits(bits);
            let power = SignedPower::new(exponent);
            let mut mapped = [0.0];
            power.map_single(&[x], &mut mapped);
            let exact = power.eval(f64::from(x));
            #[allow(clippy::cast_possible_truncation)]
            let rounded = exact as f32;
            if mapped[0].to_bits() != rounded.to_bits() && !rounded.is_nan() {
                // In the middle between two numbers either is as near.
                let middle = f64::from(mapped[0]).midpoint(f64::from(rounded));
                prop_assert!((exact - middle).abs() <= 2f64.powi(-40) * exact.abs(), "{x}^{exponent}: {}", mapped[0]);
            }
            prop_assert_eq!(mapped[0].is_nan(), x.is_nan());
        }
    }
}
