//! Sums of products in twice the precision of `f64`.

/// An unevaluated sum of two numbers, the second of the size of the first one's rounding error
/// (Ogita, Rump and Oishi, SIAM J. Sci. Comput. 26, 2005).
#[derive(Debug, Clone, Copy)]
pub(crate) struct TwoFold {
    high: f64,
    low: f64,
}

impl TwoFold {
    pub fn of(x: f64) -> Self {
        Self { high: x, low: 0.0 }
    }

    /// Adds $a b$.
    pub fn add_product(&mut self, a: f64, b: f64) {
        let product = a * b;
        let sum = self.high + product;
        let part = sum - self.high;
        let lost = (self.high - (sum - part)) + (product - part);
        self.high = sum;
        self.low += lost + product_error(a, b, product);
    }

    /// The nearest number, almost always.
    pub fn rounded(self) -> f64 {
        self.high + self.low
    }
}

/// $a b$ minus its rounded value `product` (Dekker).
fn product_error(a: f64, b: f64, product: f64) -> f64 {
    let ((a1, a2), (b1, b2)) = (halves(a), halves(b));
    a2 * b2 - (((product - a1 * b1) - a2 * b1) - a1 * b2)
}

/// Two numbers of 26 digits each that add up to `x` (Veltkamp).
fn halves(x: f64) -> (f64, f64) {
    /// $2^{27} + 1$.
    const SPLIT: f64 = 134_217_729.0;
    let scaled = SPLIT * x;
    let high = scaled - (scaled - x);
    (high, x - high)
}

#[cfg(test)]
mod tests {
    use super::*;

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
