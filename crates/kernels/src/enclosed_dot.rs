//! Inner products with a bound on what rounding does to them.

use crate::compensated_sums::{add_product, add_small_product, total};
use crate::enclosure::Enclosure;
use crate::lanes::{LANES, simd_dispatch};
use crate::twofold::Twofold;

/// `$x^\top y$` as accurate as if it had been computed with twice the digits and rounded once, with a bound on the rest: that
/// of [`CompensatedSums`](crate::CompensatedSums), at less cost.
///
/// ```
/// use mirrorhead_kernels::{Twofold, enclosed_dot};
/// let (x, y) = ([1e16, 1.0, -1e16], [1.0; 3]);
/// let rest = Twofold { lows: &[0.0, 0.0, 0.25], ..Twofold::from(&y[..]) };
/// assert_eq!(enclosed_dot(x[..].into(), y[..].into()).value, 1.0);
/// assert!(enclosed_dot(x[..].into(), rest).value < -1e15);
/// ```
///
/// # Panics
/// If the lengths differ.
pub fn enclosed_dot(x: Twofold<'_>, y: Twofold<'_>) -> Enclosure {
    assert_eq!(x.highs.len(), y.highs.len(), "two vectors of one space");
    simd_dispatch(
        #[inline(always)]
        || {
            let mut sums = Lanes::default();
            let whole = x.highs.len() / LANES * LANES;
            let (x_parts, y_parts) = ([x.highs, x.lows, x.radii], [y.highs, y.lows, y.radii]);
            for start in (0..whole).step_by(LANES) {
                let of = |part: &[f64]| -> [f64; LANES] {
                    let chunk = part.get(start..start + LANES);
                    chunk.map_or([0.0; LANES], |chunk| std::array::from_fn(|k| chunk[k]))
                };
                sums.add(x_parts.map(of), y_parts.map(of));
            }
            if whole < x.highs.len() {
                let of = |part: &[f64]| -> [f64; LANES] {
                    std::array::from_fn(|k| part.get(whole + k).copied().unwrap_or(0.0))
                };
                sums.add(x_parts.map(of), y_parts.map(of));
            }
            // Two roundings of a product and its sum, and two for either small product.
            let terms = 4 * (x.highs.len() / LANES + 1);
            total((&sums.sums, &sums.errors), (&sums.sizes, &sums.radii), terms)
        },
    )
}

/// Partial sums with their errors, the sizes of these, and radii.
#[derive(Default)]
struct Lanes {
    sums: [f64; LANES],
    errors: [f64; LANES],
    sizes: [f64; LANES],
    radii: [f64; LANES],
}

impl Lanes {
    /// Adds the products of numbers in two doubles and a radius each.
    #[inline(always)]
    fn add(&mut self, x: [[f64; LANES]; 3], y: [[f64; LANES]; 3]) {
        let ([xs, x_lows, x_radii], [ys, y_lows, y_radii]) = (x, y);
        for k in 0..LANES {
            let (error, size, radius) =
                (&mut self.errors[k], &mut self.sizes[k], &mut self.radii[k]);
            add_product(xs[k], ys[k], &mut self.sums[k], error, size, radius);
            add_small_product(xs[k], y_lows[k], error, size, radius);
            add_small_product(x_lows[k], ys[k], error, size, radius);
            let (x_size, y_size) = (xs[k].abs() + x_lows[k].abs(), ys[k].abs() + y_lows[k].abs());
            let beyond = (x_lows[k] * y_lows[k]).abs()
                + x_size * y_radii[k]
                + x_radii[k] * y_size
                + x_radii[k] * y_radii[k];
            // What underflows is made up for.
            let lows = x_lows[k].abs().min(y_lows[k].abs());
            let is_anything = lows + x_radii[k] + y_radii[k] != 0.0;
            *radius += if is_anything { beyond + f64::from_bits(4) } else { 0.0 };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TwofoldVector;

    #[test]
    #[allow(clippy::cast_possible_truncation)] // of whole numbers
    fn what_is_enclosed_is_the_sum_of_all_products() {
        // Powers of two and small whole numbers: the sums below are whole numbers of 2^-100.
        let unit = 2f64.powi(-100);
        let of = |x: f64| (x / 2f64.powi(-50)) as i128;
        for n in [1, 7, 8, 10, 40] {
            let entry = |k: usize, seed: usize| {
                let digits = ((k * 7919 + seed * 104_729) % 509) as f64 - 254.0;
                digits * [1.0, 2f64.powi(-15), 2f64.powi(-30)][k % 3]
            };
            let vector = |seed: usize| {
                let mut vector = TwofoldVector::zeros(n);
                vector.set(
                    (0..n).map(|k| (entry(k, seed), entry(k, seed + 1) * 2f64.powi(-20), 0.0)),
                );
                vector
            };
            let (x, y) = (vector(1), vector(5));
            let exact: i128 = (0..n)
                .map(|k| {
                    let (x, y) = (x.get(), y.get());
                    (of(x.highs[k]) + of(x.lows[k])) * (of(y.highs[k]) + of(y.lows[k]))
                })
                .sum();
            let found = enclosed_dot(x.get(), y.get());
            let off = (exact - (found.value / unit) as i128).abs() as f64 * unit;
            assert!(off <= found.radius * (1.0 + 1e-9), "{n}: {off:e} beyond {found:?}");
            // One rounding of the sum, the products of small parts, and next to nothing more.
            let smallest: f64 =
                x.get().lows.iter().zip(y.get().lows).map(|(x, y)| (x * y).abs()).sum();
            let most = f64::EPSILON * found.value.abs() + smallest + 1e-12;
            assert!(found.radius <= most, "{n}: {found:?}");
        }
    }

    #[test]
    fn radii_are_passed_on() {
        let y = [3.0, -1.0];
        let x = Twofold { radii: &[0.0, 0.5], ..Twofold::from(&[1.0, 2.0][..]) };
        let found = enclosed_dot(x, y[..].into());
        assert!(found.value == 1.0 && (0.5..0.500_001).contains(&found.radius), "{found:?}");
        let found = enclosed_dot(y[..].into(), x);
        assert!((0.5..0.500_001).contains(&found.radius), "{found:?}");
    }
}
