//! Some rows of an operator as whole numbers, without any rounding.

use std::collections::BTreeMap;

use dashu_int::IBig;
use mirrorhead_kernels::LinearOperator;

/// Rows `$2^{-e_j} A_{j\cdot}$` of whole numbers, over the columns in which one of them has an entry.
pub(crate) struct ExactRows {
    /// (place of the column, entry) of each row, in increasing order.
    pub entries: Vec<Vec<(usize, IBig)>>,
    /// `$e_j$`.
    pub exponents: Vec<i64>,
    /// The columns with an entry, in increasing order.
    pub columns: Vec<usize>,
}

impl ExactRows {
    /// `rows` of an operator. None if doubles cannot say what they are.
    pub fn of(operator: &dyn LinearOperator, rows: &[usize]) -> Option<Self> {
        let (mut entries, mut exponents) = (Vec::new(), Vec::new());
        for &j in rows {
            let mut terms = Vec::new();
            if !operator.exact_row(j, &mut |k, a| terms.push((k, a))) {
                return None;
            }
            let (row, exponent) = whole(&terms);
            entries.push(row);
            exponents.push(exponent);
        }
        let mut places = BTreeMap::new();
        for (k, _) in entries.iter().flatten() {
            places.insert(*k, 0);
        }
        for (place, (_, at)) in places.iter_mut().enumerate() {
            *at = place;
        }
        for (k, _) in entries.iter_mut().flatten() {
            *k = places[k];
        }
        Some(Self { entries, exponents, columns: places.into_keys().collect() })
    }

    /// Number of columns with an entry.
    pub fn ncols(&self) -> usize {
        self.columns.len()
    }
}

/// Sums of doubles by column as whole numbers, and the exponent of two that was taken out of all.
fn whole(terms: &[(usize, f64)]) -> (Vec<(usize, IBig)>, i64) {
    let least = terms.iter().map(|(_, a)| parts(*a).1).min().unwrap_or(0);
    let mut sums: BTreeMap<usize, IBig> = BTreeMap::new();
    for (k, a) in terms {
        let (significand, exponent) = parts(*a);
        let shift = usize::try_from(exponent - least).expect("the least exponent");
        *sums.entry(*k).or_default() += IBig::from(significand) << shift;
    }
    sums.retain(|_, sum| !sum.is_zero());
    (sums.into_iter().collect(), least)
}

/// `$x = m 2^e$` with `$m$` whole, odd or zero.
pub(crate) fn parts(x: f64) -> (i64, i64) {
    if x == 0.0 {
        return (0, 0);
    }
    let bits = x.to_bits();
    let field = ((bits >> 52) & 0x7ff).cast_signed();
    let fraction = (bits & ((1 << 52) - 1)).cast_signed();
    let (significand, exponent) =
        if field == 0 { (fraction, -1074) } else { (fraction | (1 << 52), field - 1075) };
    let zeros = significand.trailing_zeros();
    let significand = significand >> zeros;
    (if x < 0.0 { -significand } else { significand }, exponent + i64::from(zeros))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_make_the_number() {
        for x in [1.0, -3.0, 0.1, 1e-300, 5e-324, f64::MAX, -0.0] {
            let (significand, exponent) = parts(x);
            // In two steps, so that subnormal numbers survive.
            let half = i32::try_from(exponent / 2).unwrap();
            let rest = i32::try_from(exponent).unwrap() - half;
            assert_eq!(significand as f64 * 2f64.powi(half) * 2f64.powi(rest), x);
        }
    }

    #[test]
    fn terms_of_a_column_are_added_exactly() {
        let (row, exponent) =
            whole(&[(3, 0.5), (1, 1e300), (1, 1.0), (1, -1e300), (0, 2.0), (0, -2.0)]);
        assert_eq!(exponent, -1);
        assert_eq!(row, [(1, IBig::from(2)), (3, IBig::from(1))]);
    }
}
