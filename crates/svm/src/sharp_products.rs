//! Products with the rows in exact arithmetic, where twice the digits of a double are too few.

use mirrorhead_kernels::{EXACT_PRODUCT, Enclosure, LinearOperator, two_product};

use crate::exact_sum::ExactSum;
use crate::remainder::Expansion;

/// A radius is small beside a number if it is at most this share of it: `$2^{-45}$`.
const SMALL: f64 = f64::from_bits((1023 - 45) << 52);

/// `$A w$`, summed exactly in the rows where nearly everything cancels, or in all if `$w$` is more than doubles.
pub(crate) fn sharp_margins(operator: &dyn LinearOperator, w: Expansion<'_>) -> Vec<Enclosure> {
    let mut margins = vec![Enclosure::default(); operator.nrows()];
    operator.apply_enclosed(w.leading, &mut margins);
    for (j, margin) in margins.iter_mut().enumerate() {
        if !w.rest.is_empty() {
            margin.radius = f64::INFINITY;
        }
        if !is_small(margin.radius, margin.value.abs()) {
            let mut sum = SharpSum::default();
            let known = operator.exact_row(j, &mut |k, a| sum.add(a, w.entry(k)));
            if let Some(sharp) = sum.enclosure().filter(|_| known) {
                *margin = sharp;
            }
        }
    }
    margins
}

/// `$(A w - \rho b)_j$` for this row's `bound` `$b_j$`, summed exactly. None if the row isn't known.
pub(crate) fn sharp_slack(
    operator: &dyn LinearOperator,
    w: Expansion<'_>,
    j: usize,
    (rho, bound): (f64, f64),
) -> Option<Enclosure> {
    let mut sum = SharpSum::default();
    sum.add(bound, std::iter::once(-rho));
    let known = operator.exact_row(j, &mut |k, a| sum.add(a, w.entry(k)));
    sum.enclosure().filter(|_| known)
}

/// `$A^\top\lambda$`, summed exactly in the columns where what is left is small beside the largest and still
/// not known well beside it, or in all if `$\lambda$` is more than doubles.
pub(crate) fn sharp_dual_point(
    operator: &dyn LinearOperator,
    multipliers: Expansion<'_>,
) -> Vec<Enclosure> {
    let mut dual_point = vec![Enclosure::default(); operator.ncols()];
    operator.apply_adjoint_enclosed(multipliers.leading, &mut dual_point);
    if !multipliers.rest.is_empty() {
        for entry in &mut dual_point {
            entry.radius = f64::INFINITY;
        }
    }
    let largest = dual_point.iter().fold(0.0f64, |most, entry| most.max(entry.value.abs()));
    let mut sums: Vec<Option<SharpSum>> = dual_point
        .iter()
        .map(|entry| (!is_small(entry.radius, largest)).then(SharpSum::default))
        .collect();
    if sums.iter().all(Option::is_none) {
        return dual_point;
    }
    let pulls = |j: &usize| multipliers.entry(*j).any(|l| l != 0.0);
    for j in (0..multipliers.leading.len()).filter(pulls) {
        let known = operator.exact_row(j, &mut |k, a| {
            if let Some(sum) = &mut sums[k] {
                sum.add(a, multipliers.entry(j));
            }
        });
        if !known {
            return dual_point;
        }
    }
    for (entry, sum) in dual_point.iter_mut().zip(&sums) {
        if let Some(sharp) = sum.as_ref().and_then(SharpSum::enclosure) {
            *entry = sharp;
        }
    }
    dual_point
}

fn is_small(radius: f64, size: f64) -> bool {
    radius <= SMALL * size
}

/// A sum of products that are all the sum of two doubles, or else worth nothing.
#[derive(Debug, Default)]
struct SharpSum {
    sum: ExactSum,
    is_lost: bool,
}

impl SharpSum {
    /// Adds `$a b$`, `$b$` being a sum.
    fn add(&mut self, a: f64, b: impl Iterator<Item = f64>) {
        for b in b.filter(|b| a != 0.0 && *b != 0.0) {
            let (high, low) = two_product(a, b);
            self.is_lost |= !(high.is_finite() && high.abs() >= EXACT_PRODUCT);
            self.sum.add(low);
            self.sum.add(high);
        }
    }

    /// The sum to one rounding or so; None if it isn't known.
    fn enclosure(&self) -> Option<Enclosure> {
        let value = self.sum.rounded();
        let radius = if value == 0.0 { 0.0 } else { 2.0 * f64::EPSILON * value.abs() };
        (!self.is_lost && value.is_finite()).then_some(Enclosure { value, radius })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mirrorhead_kernels::{DenseRows, Matrix};

    #[test]
    fn what_cancels_beyond_twice_the_digits_is_known() {
        let third = 1.0 / 3.0;
        let rows = DenseRows::new(
            &Matrix::from_rows(&[[third, 1e-40], [-third, 1e-40], [1e-40, 1e-40]]).unwrap(),
        );
        // The products with 0.7 are rounded, by more than what they leave.
        let dual_point = sharp_dual_point(&rows, [0.7, 0.7, 1.0].as_slice().into());
        assert_eq!(dual_point[0].value, 1e-40);
        assert!(dual_point[0].radius <= 1e-55);

        let rows = DenseRows::new(&Matrix::from_rows(&[[third, 1.0]]).unwrap());
        assert_eq!(sharp_margins(&rows, [3.0, -1.0].as_slice().into())[0].value, -(2f64.powi(-54)));
    }
}
