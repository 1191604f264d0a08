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

    /// The nearest number, almost always.
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
}
