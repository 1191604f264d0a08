//! Sums of products without any rounding error but the last.

use mirrorhead_kernels::two_sum;

use crate::two_fold::TwoFold;

/// A sum as numbers that do not overlap, in increasing order (Shewchuk, Discrete Comput. Geom. 18, 1997).
#[derive(Debug, Clone, Default)]
pub(crate) struct ExactSum(Vec<f64>);

impl ExactSum {
    /// Adds `$a b$`, whose two parts are in range.
    pub fn add_product(&mut self, a: f64, b: f64) {
        let (high, low) = TwoFold::product(a, b).parts();
        self.add(low);
        self.add(high);
    }

    /// Adds `x`.
    pub fn add(&mut self, x: f64) {
        let mut sum = x;
        let mut kept = 0;
        for place in 0..self.0.len() {
            let part = self.0[place];
            let (high, low) = two_sum(sum, part);
            if low != 0.0 {
                self.0[kept] = low;
                kept += 1;
            }
            sum = high;
        }
        self.0.truncate(kept);
        self.0.push(sum);
    }

    /// A number that is not smaller; infinite where the sum left the range.
    pub fn upper(&self) -> f64 {
        match self.rounded() {
            sum if !sum.is_finite() => f64::INFINITY,
            sum if self.0.len() <= 1 => sum,
            sum => sum.next_up().next_up(),
        }
    }

    /// The nearest number, almost always; off by less than a unit in the last place, as parts do not overlap.
    pub fn rounded(&self) -> f64 {
        self.0.iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost() {
        let mut sum = ExactSum::default();
        for (a, b) in [(1e100, 1.0), (1.0, 1.0), (1e-60, 1e-40), (-1e100, 1.0), (-1.0, 1.0)] {
            sum.add_product(a, b);
        }
        assert_eq!(sum.rounded(), 1e-60 * 1e-40);
    }

    #[test]
    fn an_upper_bound_is_the_sum_where_that_is_a_number_and_above_it_else() {
        let of = |terms: &[f64]| {
            let mut sum = ExactSum::default();
            for x in terms {
                sum.add(*x);
            }
            sum.upper()
        };
        assert_eq!(of(&[1.0, 1e-30, -1e-30]), 1.0);
        assert_eq!(of(&[]), 0.0);
        // Parts that grow: what errors add up to is an error of its own.
        let (tiny, small) = (f64::EPSILON.powi(6), f64::EPSILON.powi(2));
        let upper = of(&[1.0, tiny, small, -1.0 + f64::EPSILON]);
        assert!(upper > f64::EPSILON && upper < f64::EPSILON * (1.0 + 4.0 * f64::EPSILON));
        assert_eq!(of(&[f64::MAX, f64::MAX]), f64::INFINITY);
    }
}
