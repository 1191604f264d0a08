//! Sums of products in twice the precision of `f64`.

use mirrorhead_kernels::{add_scaled, simd_dispatch, two_product, two_sum};

/// An unevaluated sum of two numbers, the second of the size of the first one's rounding error
/// (Ogita, Rump and Oishi, SIAM J. Sci. Comput. 26, 2005).
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct TwoFold {
    high: f64,
    low: f64,
}

impl TwoFold {
    #[inline(always)]
    pub fn of(x: f64) -> Self {
        Self { high: x, low: 0.0 }
    }

    /// Adds `$a b$`.
    #[inline(always)]
    pub fn add_product(&mut self, a: f64, b: f64) {
        let (product, of_product) = two_product(a, b);
        let (sum, of_sum) = two_sum(self.high, product);
        self.high = sum;
        self.low += of_sum + of_product;
    }

    /// Adds `$x^\top y$`.
    #[inline(always)]
    pub fn add_products(&mut self, x: &[f64], y: &[f64]) {
        simd_dispatch(
            #[inline(always)]
            || {
                for (x, y) in x.iter().zip(y) {
                    self.add_product(*x, *y);
                }
            },
        );
    }

    /// The nearest number, almost always.
    #[inline(always)]
    pub fn rounded(self) -> f64 {
        self.high + self.low
    }

    /// `$a b$`.
    #[inline(always)]
    pub fn product(a: f64, b: f64) -> Self {
        let (high, low) = two_product(a, b);
        Self { high, low }
    }

    /// Subtracts `$x y$`.
    #[inline(always)]
    pub fn subtract_product(&mut self, x: Self, y: Self) {
        self.add_product(-x.high, y.high);
        self.low -= x.high * y.low + x.low * y.high;
    }

    /// Subtracts `$x c$`.
    #[inline(always)]
    pub fn subtract_multiple(&mut self, x: Self, c: f64) {
        self.add_product(-x.high, c);
        self.low -= x.low * c;
    }

    /// Adds `$x$`.
    #[inline(always)]
    pub fn add(&mut self, x: f64) {
        self.add_product(x, 1.0);
    }

    /// `$x / y$`, by a correction of the quotient of the leading parts.
    #[inline(always)]
    pub fn over(self, y: Self) -> Self {
        let first = self.high / y.high;
        let mut rest = self;
        rest.subtract_multiple(y, first);
        Self { high: first, low: rest.rounded() / y.high }.normalized()
    }

    /// `$\sqrt x$` of a positive number, by one step of Newton's method.
    #[inline(always)]
    pub fn sqrt(self) -> Self {
        let first = self.rounded().sqrt();
        let mut rest = self;
        rest.add_product(-first, first);
        Self { high: first, low: rest.rounded() / (2.0 * first) }.normalized()
    }

    /// Its two parts.
    #[inline(always)]
    pub fn parts(self) -> (f64, f64) {
        (self.high, self.low)
    }

    /// The same number, the second part of the size of the rounding error.
    #[inline(always)]
    pub fn normalized(self) -> Self {
        let high = self.high + self.low;
        Self { high, low: self.low - (high - self.high) }
    }
}

/// `$x \leftarrow x + c\,y$` for vectors of which the second parts are apart; none where they are empty.
pub(crate) fn add_scaled_twofold(x: (&mut [f64], &mut [f64]), c: f64, y: (&[f64], &[f64])) {
    if x.1.is_empty() || y.1.is_empty() {
        return add_scaled(x.0, c, y.0);
    }
    simd_dispatch(
        #[inline(always)]
        || {
            for ((high, low), (y, rest)) in x.0.iter_mut().zip(x.1).zip(y.0.iter().zip(y.1)) {
                let mut sum = TwoFold { high: *high, low: *low };
                sum.add_product(c, *y);
                sum.low += c * rest;
                (*high, *low) = sum.normalized().parts();
            }
        },
    );
}

/// A vector of such sums.
#[derive(Debug, Clone)]
pub(crate) struct TwoFoldVector {
    high: Vec<f64>,
    low: Vec<f64>,
}

impl TwoFoldVector {
    pub fn zeros(len: usize) -> Self {
        Self { high: vec![0.0; len], low: vec![0.0; len] }
    }

    pub fn of_one(x: TwoFold) -> Self {
        let (high, low) = x.normalized().parts();
        Self { high: vec![high], low: vec![low] }
    }

    pub fn len(&self) -> usize {
        self.high.len()
    }

    pub fn set(&mut self, i: usize, x: TwoFold) {
        (self.high[i], self.low[i]) = x.normalized().parts();
    }

    /// `$x \leftarrow x + c\,y$`.
    pub fn add_multiple(&mut self, c: f64, y: &Self) {
        add_scaled_twofold((&mut self.high, &mut self.low), c, (&y.high, &y.low));
    }

    /// The nearest numbers, almost always.
    pub fn rounded(&self) -> Vec<f64> {
        self.high.iter().zip(&self.low).map(|(high, low)| high + low).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotients_and_roots_have_twice_the_digits() {
        let third = TwoFold::of(1.0).over(TwoFold::of(3.0));
        let mut rest = TwoFold::of(1.0);
        rest.subtract_multiple(third, 3.0);
        assert!(rest.rounded().abs() < 1e-31, "{rest:?}");
        let root = TwoFold::of(2.0).sqrt();
        let mut rest = TwoFold::of(2.0);
        rest.subtract_product(root, root);
        assert!(rest.rounded().abs() < 1e-31, "{rest:?}");
    }

    #[test]
    fn cancellation_leaves_all_digits() {
        // (1 + e)(1 - e) - 1 = -e^2 with e = 2^-30, which no f64 product keeps.
        let e = 2.0f64.powi(-30);
        let mut sum = TwoFold::of(-1.0);
        sum.add_product(1.0 + e, 1.0 - e);
        assert_eq!(sum.rounded(), -e * e);
        let mut sum = TwoFold::of(1e17);
        sum.add_product(0.1, 1.0);
        sum.add_product(-1e17, 1.0);
        assert_eq!(sum.rounded(), 0.1);
    }
}
