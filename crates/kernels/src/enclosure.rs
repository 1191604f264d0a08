//! Numbers known up to a bound, and the errors of a sum and a product, which are doubles.

/// A real number known through a double and a bound: it lies in
/// `$[\text{value} - \text{radius}, \text{value} + \text{radius}]$` in exact arithmetic.
///
/// A value or radius that isn't finite encloses nothing.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Enclosure {
    /// The middle.
    pub value: f64,
    /// At least the distance of the number from the middle; zero where the value is exact.
    pub radius: f64,
}

impl Enclosure {
    /// The largest double that is proven not to exceed the number; `$-\infty$` where nothing is known.
    ///
    /// ```
    /// use mirrorhead_kernels::Enclosure;
    /// assert_eq!(Enclosure { value: 2.0, radius: 0.0 }.lower(), 2.0);
    /// assert!(Enclosure { value: 2.0, radius: 0.5 }.lower() <= 1.5);
    /// assert_eq!(Enclosure { value: 2.0, radius: f64::NAN }.lower(), f64::NEG_INFINITY);
    /// ```
    pub fn lower(self) -> f64 {
        -Self { value: -self.value, ..self }.upper()
    }

    /// The smallest double that the number is proven not to exceed; `$\infty$` where nothing is known.
    pub fn upper(self) -> f64 {
        match self.value + self.radius {
            _ if self.radius == 0.0 && self.value.is_finite() => self.value,
            sum if sum.is_finite() => sum.next_up(),
            _ => f64::INFINITY,
        }
    }

    /// A proven bound on the absolute value.
    pub fn magnitude(self) -> f64 {
        Self { value: self.value.abs(), ..self }.upper()
    }
}

/// `$s + e = a + b$` exactly, with `$s$` the rounded sum (Knuth). Not where it overflows.
#[inline(always)]
pub fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let from_b = sum - a;
    (sum, (a - (sum - from_b)) + (b - from_b))
}

/// `$p + e = a b$` exactly, with `$p$` the rounded product. Not where it overflows, and to within `$2^{-1074}$`
/// only where `$\lvert p\rvert < 2^{-960}$`.
#[inline(always)]
pub fn two_product(a: f64, b: f64) -> (f64, f64) {
    let product = a * b;
    (product, a.mul_add(b, -product))
}
