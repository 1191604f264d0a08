//! Sums of products with a bound on what rounding does to them.

use crate::enclosure::{Enclosure, two_product, two_sum};
use crate::lanes::simd_dispatch;
use crate::twofold::{Twofold, TwofoldVector};

/// Products at least this large have an error that is a double, so that [`two_product`] loses nothing: `$2^{-960}$`.
pub const EXACT_PRODUCT: f64 = f64::from_bits((1023 - 960) << 52);

/// Many sums of products side by side, each as accurate as if it had been computed with twice the digits
/// and rounded once (Ogita, Rump, Oishi, SIAM J. Sci. Comput. 26, 2005), with a running bound on the
/// rest.
///
/// With `$e_i$` the rounding errors of products and sums, which are doubles, the sum is
/// `$s + \sum_i e_i$` exactly, and only `$\sum_i e_i$` is rounded: by at most
/// `$n 2^{-53} \sum_i\lvert e_i\rvert$`, where `$n$` counts the terms. Where nothing was rounded the bound is zero.
///
/// ```
/// use mirrorhead_kernels::CompensatedSums;
/// let mut sums = CompensatedSums::zeros(1);
/// for (c, x) in [(1e16, 1.0), (1.0, 1.0), (-1e16, 1.0)] {
///     sums.add_scaled(c, &[x]);
/// }
/// assert_eq!(sums.enclosure(0).value, 1.0);
/// assert!(sums.enclosure(0).radius < 1e-14);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct CompensatedSums {
    sums: Vec<f64>,
    errors: Vec<f64>,
    /// `$\sum_i \lvert e_i\rvert$`, up to rounding.
    error_sizes: Vec<f64>,
    /// What is off by other causes: underflow, and radii of terms that were not exact themselves.
    radii: Vec<f64>,
    terms: usize,
}

impl CompensatedSums {
    /// `len` sums of nothing.
    pub fn zeros(len: usize) -> Self {
        let zeros = || vec![0.0; len];
        Self { sums: zeros(), errors: zeros(), error_sizes: zeros(), radii: zeros(), terms: 0 }
    }

    /// Back to sums of nothing.
    pub fn clear(&mut self) {
        for part in [&mut self.sums, &mut self.errors, &mut self.error_sizes, &mut self.radii] {
            part.fill(0.0);
        }
        self.terms = 0;
    }

    /// Adds `$c\,x_k$` to each sum `$k$`.
    ///
    /// # Panics
    /// If there are more entries than sums.
    pub fn add_scaled(&mut self, c: f64, x: &[f64]) {
        assert!(x.len() <= self.sums.len(), "one entry for each sum");
        self.terms += 1;
        if c == 0.0 {
            return;
        }
        simd_dispatch(
            #[inline(always)]
            || {
                let sums = self.sums.iter_mut().zip(&mut self.errors);
                let bounds = self.error_sizes.iter_mut().zip(&mut self.radii);
                for ((x, (sum, error)), (size, radius)) in x.iter().zip(sums).zip(bounds) {
                    add_product(c, *x, sum, error, size, radius);
                }
            },
        );
    }

    /// Adds `$\sum_i x_i y_i$` to the [`total`](Self::total), its terms dealt out among the sums.
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn add_products(&mut self, x: &[f64], y: &[f64]) {
        assert_eq!(x.len(), y.len(), "two vectors of one space");
        let len = self.sums.len();
        self.terms += x.len().div_ceil(len);
        simd_dispatch(
            #[inline(always)]
            || {
                for (x, y) in x.chunks(len).zip(y.chunks(len)) {
                    let sums = self.sums.iter_mut().zip(&mut self.errors);
                    let bounds = self.error_sizes.iter_mut().zip(&mut self.radii);
                    for (((x, y), (sum, error)), (size, radius)) in
                        x.iter().zip(y).zip(sums).zip(bounds)
                    {
                        add_product(*x, *y, sum, error, size, radius);
                    }
                }
            },
        );
    }

    /// Adds `$c\,x$` to sum `$k$` alone. How many terms the longest sum gets that way is told to
    /// [`count_terms`](Self::count_terms).
    #[inline(always)]
    pub fn add_product(&mut self, k: usize, c: f64, x: f64) {
        let (sum, error) = (&mut self.sums[k], &mut self.errors[k]);
        add_product(c, x, sum, error, &mut self.error_sizes[k], &mut self.radii[k]);
    }

    /// Adds `$c\,x_k$` to sum `$\text{first} + k$`, for `$x$` in two doubles an entry: two terms, to be told to
    /// [`count_terms`](Self::count_terms).
    ///
    /// # Panics
    /// If there are more entries than sums from the first on.
    pub fn add_scaled_twofold(&mut self, c: f64, first: usize, x: Twofold<'_>) {
        if c == 0.0 {
            return;
        }
        let range = first..first + x.highs.len();
        let (sums, errors) = (&mut self.sums[range.clone()], &mut self.errors[range.clone()]);
        let (sizes, radii) = (&mut self.error_sizes[range.clone()], &mut self.radii[range]);
        simd_dispatch(
            #[inline(always)]
            || {
                let bounds = sizes.iter_mut().zip(&mut *radii);
                let sums = sums.iter_mut().zip(&mut *errors);
                for ((x, (sum, error)), (size, radius)) in x.highs.iter().zip(sums).zip(bounds) {
                    add_product(c, *x, sum, error, size, radius);
                }
                let bounds = sizes.iter_mut().zip(&mut *radii);
                for ((x, error), (size, radius)) in x.lows.iter().zip(errors).zip(bounds) {
                    add_small_product(c, *x, error, size, radius);
                }
                for (r, radius) in x.radii.iter().zip(radii) {
                    *radius += c.abs() * r + f64::from_bits(2);
                }
            },
        );
    }

    /// Says that no sum has got more than this many terms by [`add_product`](Self::add_product) and
    /// [`add_scaled_twofold`](Self::add_scaled_twofold).
    pub fn count_terms(&mut self, terms: usize) {
        self.terms += terms;
    }

    /// Widens sum `$k$` by an error of its terms: `size` times `radius`.
    #[inline(always)]
    pub fn widen(&mut self, k: usize, size: f64, radius: f64) {
        if radius != 0.0 && size != 0.0 {
            self.radii[k] += size.abs() * radius + f64::from_bits(2);
        }
    }

    /// Every sum in two doubles, and how far both may be off together.
    ///
    /// # Panics
    /// If `out` is of another length.
    pub fn round_to(&self, out: &mut TwofoldVector) {
        let pairs = self.sums.iter().zip(&self.errors);
        let bounds = self.error_sizes.iter().zip(&self.radii);
        let bounded = pairs.zip(bounds).map(|((sum, error), (size, radius))| {
            parts((*sum, *error), (*size, *radius), self.terms)
        });
        out.set(bounded);
    }

    /// The sum of all sums.
    pub fn total(&self) -> Enclosure {
        let (sums, bounds) = ((&*self.sums, &*self.errors), (&*self.error_sizes, &*self.radii));
        total(sums, bounds, self.terms)
    }

    /// Every sum.
    ///
    /// # Panics
    /// If there are more entries than sums.
    pub fn enclosures(&self, out: &mut [Enclosure]) {
        for (k, out) in out.iter_mut().enumerate() {
            *out = self.enclosure(k);
        }
    }

    /// Sum `$k$`.
    pub fn enclosure(&self, k: usize) -> Enclosure {
        let (sum, bounds) = ((self.sums[k], self.errors[k]), (self.error_sizes[k], self.radii[k]));
        enclosed(parts(sum, bounds, self.terms))
    }
}

/// The sum of sums of so many terms each, given with their errors, and the sizes of these and radii.
#[inline(always)]
pub(crate) fn total(
    (sums, errors): (&[f64], &[f64]),
    (sizes, radii): (&[f64], &[f64]),
    terms: usize,
) -> Enclosure {
    let (mut total, mut error, mut size, mut radius) = (0.0, 0.0, 0.0, 0.0);
    for k in 0..sums.len() {
        let (sum, of_sum) = two_sum(total, sums[k]);
        total = sum;
        error += errors[k] + of_sum;
        size += sizes[k] + of_sum.abs();
        radius += radii[k];
    }
    enclosed(parts((total, error), (size, radius), terms + sums.len()))
}

/// A sum with its errors summed up, rounded to a double; what that rounded off; and how far both may be off together
/// after this many terms.
fn parts(
    (sum, errors): (f64, f64),
    (error_size, radius): (f64, f64),
    terms: usize,
) -> (f64, f64, f64) {
    let (value, rest) = two_sum(sum, errors);
    // Some more terms than there are, and twice the bound, for the rounding of the bound itself.
    let share = (terms + 8) as f64 * f64::EPSILON;
    let slack = share * error_size + radius * (1.0 + share);
    (value, rest, if slack == 0.0 { 0.0 } else { slack + f64::from_bits(2) })
}

/// The first of these parts, with the others for its radius.
fn enclosed((value, rest, radius): (f64, f64, f64)) -> Enclosure {
    if radius == 0.0 {
        return Enclosure { value, radius: rest.abs() };
    }
    Enclosure { value, radius: (rest.abs() + radius).next_up() }
}

/// Adds `$c x$` exactly, but for what its error and that of the sum add to the errors.
#[inline(always)]
pub(crate) fn add_product(
    c: f64,
    x: f64,
    sum: &mut f64,
    error: &mut f64,
    error_size: &mut f64,
    radius: &mut f64,
) {
    let (product, of_product) = two_product(c, x);
    let (next, of_sum) = two_sum(*sum, product);
    *sum = next;
    *error += of_product + of_sum;
    *error_size += of_product.abs() + of_sum.abs();
    // The smallest double twice, where the error of the product may not be one.
    let (is_small, c_counts, x_counts) = (product.abs() < EXACT_PRODUCT, c != 0.0, x != 0.0);
    let tiny = is_small & c_counts & x_counts;
    *radius += if tiny { f64::from_bits(2) } else { 0.0 };
}

/// Adds `$c x$` to the errors themselves, whose rounding is counted with theirs: one term more.
#[inline(always)]
pub(crate) fn add_small_product(
    c: f64,
    x: f64,
    error: &mut f64,
    error_size: &mut f64,
    radius: &mut f64,
) {
    let product = c * x;
    *error += product;
    *error_size += product.abs();
    let (is_small, c_counts, x_counts) = (product.abs() < EXACT_PRODUCT, c != 0.0, x != 0.0);
    let tiny = is_small & c_counts & x_counts;
    *radius += if tiny { f64::from_bits(2) } else { 0.0 };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost_to_cancellation() {
        let x: Vec<f64> =
            (0..200).map(|k| (f64::from(k) * 0.7).sin() * 10f64.powi(k % 17)).collect();
        let mut sums = CompensatedSums::zeros(1);
        for x in &x {
            sums.add_scaled(*x, &[*x]);
        }
        for x in x.iter().rev() {
            sums.add_scaled(-*x, &[*x]);
        }
        let zero = sums.enclosure(0);
        // What n rounded sums lose is itself summed up with n roundings.
        let (n, u) = (2.0 * x.len() as f64, f64::EPSILON / 2.0);
        let size: f64 = 2.0 * x.iter().map(|x| x * x).sum::<f64>();
        assert!(zero.value.abs() <= zero.radius, "{zero:?}");
        assert!(zero.radius <= (2.0 * n * u).powi(2) * size, "{zero:?} of {size:e}");
    }

    #[test]
    fn what_is_exact_has_no_radius_and_what_underflows_has_one() {
        let mut sums = CompensatedSums::zeros(1);
        sums.add_scaled(3.0, &[0.5]);
        sums.add_scaled(-3.0, &[0.5]);
        assert_eq!(sums.enclosure(0), Enclosure { value: 0.0, radius: 0.0 });
        sums.add_scaled(1e-200, &[1e-200]);
        assert!(sums.enclosure(0).radius > 0.0);
    }
}
