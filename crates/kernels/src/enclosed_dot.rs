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
            sums.add(x.highs, y.highs, add_product);
            for (own, small) in [(x.highs, y.lows), (x.lows, y.highs)] {
                sums.add(own, small, |x, y, _, error, size, radius| {
                    add_small_product(x, y, error, size, radius);
                });
            }
            let bounds =
                [(x.lows, y.lows), (x.highs, y.radii), (x.lows, y.radii), (x.radii, y.radii)];
            for (own, other) in bounds.into_iter().chain([(x.radii, y.highs), (x.radii, y.lows)]) {
                sums.add(own, other, |x, y, _, _, _, radius| {
                    *radius += (x * y).abs() + f64::from_bits(2);
                });
            }
            // Two roundings of a product and its sum, and two for either small product.
            sums.total(4 * (x.highs.len() / LANES + 1))
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
    /// Of what is left when all lanes have had as many terms: adding to one would force them out of their registers.
    tail: [f64; 4],
}

impl Lanes {
    /// Adds what `term` makes of pairs of entries.
    #[inline(always)]
    fn add(
        &mut self,
        x: &[f64],
        y: &[f64],
        term: impl Fn(f64, f64, &mut f64, &mut f64, &mut f64, &mut f64),
    ) {
        if x.is_empty() || y.is_empty() {
            return;
        }
        let (mut sums, mut errors, mut sizes, mut radii) =
            (self.sums, self.errors, self.sizes, self.radii);
        let (mut xs, mut ys) = (x.chunks_exact(LANES), y.chunks_exact(LANES));
        for (x, y) in (&mut xs).zip(&mut ys) {
            for k in 0..LANES {
                term(x[k], y[k], &mut sums[k], &mut errors[k], &mut sizes[k], &mut radii[k]);
            }
        }
        (self.sums, self.errors, self.sizes, self.radii) = (sums, errors, sizes, radii);
        let [sum, error, size, radius] = &mut self.tail;
        for (x, y) in xs.remainder().iter().zip(ys.remainder()) {
            term(*x, *y, sum, error, size, radius);
        }
    }

    #[inline(always)]
    fn total(&self, terms: usize) -> Enclosure {
        let [sum, error, size, radius] = self.tail;
        let of = |lanes: &[f64; LANES], last: f64| -> [f64; LANES + 1] {
            std::array::from_fn(|k| if k < LANES { lanes[k] } else { last })
        };
        let (sums, errors) = (of(&self.sums, sum), of(&self.errors, error));
        let (sizes, radii) = (of(&self.sizes, size), of(&self.radii, radius));
        total((&sums, &errors), (&sizes, &radii), terms)
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
            assert!(found.radius <= 1e-10, "{n}: {found:?}");
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
