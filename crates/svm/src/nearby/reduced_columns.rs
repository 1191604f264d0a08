//! Columns that are combinations of others, exactly or up to rounding.

use dashu_int::ops::Gcd;
use faer::{Mat, Par};
use mirrorhead_kernels::dense::{factor_with_full_pivots, solve_upper};

use super::support::Support;
use super::support_matrix::SupportMatrix;
use crate::HardMarginProblem;
use crate::basis::ReducedColumn;
use crate::rows::inverse_power_of_two;

/// A pivot smaller than this share of the largest, of columns of size one, is a column that depends on others.
const LEAST_PIVOT: f64 = 1e-6;

/// The pivots of columns of long numbers come late: what every third binary digit divides them by, up to so many.
const LATE: f64 = 2.0;
const LONG: u32 = 30;

/// How often columns are reduced: what rounding left of coefficients is found next time.
const PASSES: usize = 5;

/// Most rows a column that are looked at.
const ROWS: usize = 2;

/// The largest denominator of a coefficient, and how far from its fraction it may be, relatively.
const LARGEST_DENOMINATOR: i64 = 1000;
const OFF: f64 = 1e-8;

/// Of columns of size one, a coefficient that is none: beside fractions, and beside doubles.
const LEAST_FRACTION: f64 = 1e-6;
const LEAST_DOUBLE: f64 = 1e-11;

/// Most terms of all columns together, times the columns: who checks takes each for every row of the basis.
const MOST_WORK: usize = 1_000_000_000;

/// What to replace columns by for all that have an entry left to be independent, in the rows of a `support`. None if that takes
/// too long.
pub(super) fn reduced_columns(
    problem: &HardMarginProblem<'_>,
    support: &Support,
    go_on: &dyn Fn() -> bool,
) -> Option<Vec<ReducedColumn>> {
    let unit = |j: usize| inverse_power_of_two(problem.row_sizes()[j]);
    let rows = support.first(ROWS * support.columns.len());
    let mut room = MOST_WORK / support.columns.len().max(1);
    let mut all = Vec::new();
    for _ in 0..PASSES {
        if !go_on() {
            return None;
        }
        let SupportMatrix { matrix, columns, .. } =
            SupportMatrix::of(problem, support, rows, &all, &unit)?;
        if matrix.nrows() < columns.len() && !all.is_empty() {
            // In so few rows some depend on others whatever they are.
            break;
        }
        let is_reduced = |number: usize| all.iter().any(|r: &ReducedColumn| r.column == number);
        let length = |k: usize| matrix.col(k).iter().map(|a| digits(*a)).max().unwrap_or(0);
        let lengths: Vec<u32> = (0..columns.len())
            .map(|k| if is_reduced(columns[k].0) { LONG } else { length(k) })
            .collect();
        let found = dependent_columns(matrix, &columns, &lengths);
        if found.is_empty() {
            break;
        }
        room = found.iter().try_fold(room, |room, each| room.checked_sub(each.terms.len()))?;
        all.extend(found);
    }
    Some(all)
}

/// The columns of `matrix` that depend on others, or nearly, less these others. Column `$k$` of it is that of the number `columns[k].0`,
/// multiplied by `columns[k].1`, and its longest number has `lengths[k]` binary digits. Long ones are said in terms of short ones, where that
/// can be: `$1/10$` is a tenth of `$1$` in doubles, but not the other way round.
fn dependent_columns(
    mut matrix: Mat<f64>,
    columns: &[(usize, f64)],
    lengths: &[u32],
) -> Vec<ReducedColumn> {
    let weight = |k: usize| LATE.powi(-i32::try_from(lengths[k].min(LONG) / 3).unwrap_or(0));
    for k in 0..columns.len() {
        matrix.as_mut().col_mut(k).iter_mut().for_each(|a| *a *= weight(k));
    }
    let order = factor_with_full_pivots(matrix.as_mut());
    let size = matrix.nrows().min(columns.len());
    let pivot = |k: usize| matrix[(k, k)].abs() / weight(order[k]);
    let rank = (0..size).take_while(|&k| pivot(k) > LEAST_PIVOT * pivot(0)).count();
    let upper = matrix.as_ref().get(..rank, ..);
    let mut coefficients = upper.get(.., rank..).to_owned();
    solve_upper(upper.get(.., ..rank), coefficients.as_mut(), Par::Seq);
    let independent: Vec<(usize, f64)> = order[..rank].iter().map(|&k| columns[k]).collect();
    let reduced = |(i, &k): (usize, &usize)| {
        let of_size_one = |l: usize| coefficients[(l, i)] * (weight(order[l]) / weight(k));
        let of_size_one = (0..rank).map(of_size_one).collect();
        let combination = Combination { own: columns[k], others: &independent, of_size_one };
        combination.in_fractions().unwrap_or_else(|| combination.in_doubles())
    };
    order[rank..].iter().enumerate().map(reduced).collect()
}

/// A column as a combination of others.
struct Combination<'c> {
    own: (usize, f64),
    others: &'c [(usize, f64)],
    /// The coefficients of the columns in their scales.
    of_size_one: Vec<f64>,
}

impl Combination<'_> {
    /// The coefficients of columns as they are, without those that are less than `least` in their scales.
    fn terms(&self, least: f64) -> impl Iterator<Item = (usize, f64)> {
        let pairs = self.others.iter().zip(&self.of_size_one);
        let terms = pairs.filter(move |(_, c)| c.abs() > least);
        terms.map(|((k, scale), c)| (*k, c * (scale / self.own.1)))
    }

    /// Whole numbers over one denominator, if all coefficients seem to be small fractions.
    fn in_fractions(&self) -> Option<ReducedColumn> {
        let fractions = self.terms(LEAST_FRACTION).map(|(k, c)| Some((k, fraction(c)?)));
        let fractions: Vec<(usize, (i64, i64))> = fractions.collect::<Option<_>>()?;
        let denominator =
            fractions.iter().try_fold(1i64, |all, (_, (_, d))| common_multiple(all, *d))?;
        let term = |(k, (n, d)): &(usize, (i64, i64))| {
            Some((*k, double(n.checked_mul(denominator / d)?)?))
        };
        let terms = fractions.iter().map(term).collect::<Option<_>>()?;
        Some(ReducedColumn { column: self.own.0, factor: double(denominator)?, terms })
    }

    fn in_doubles(&self) -> ReducedColumn {
        let terms = self.terms(LEAST_DOUBLE).collect();
        ReducedColumn { column: self.own.0, factor: 1.0, terms }
    }
}

/// Binary digits of a number, without zeros at its end.
fn digits(x: f64) -> u32 {
    let fraction = x.to_bits() & ((1 << 52) - 1);
    if fraction == 0 { 1 } else { 53 - fraction.trailing_zeros() }
}

/// The fraction of smallest denominator next to `$x$`: (numerator, denominator).
fn fraction(x: f64) -> Option<(i64, i64)> {
    (1..=LARGEST_DENOMINATOR).find_map(|denominator| {
        let numerator = (x * denominator as f64).round();
        let off = (x * denominator as f64 - numerator).abs();
        let is_near = off <= OFF * numerator.abs() && numerator.abs() < 1e9;
        #[allow(clippy::cast_possible_truncation)]
        is_near.then_some((numerator as i64, denominator))
    })
}

/// The least common multiple of positive numbers.
fn common_multiple(a: i64, b: i64) -> Option<i64> {
    (a / a.unsigned_abs().gcd(b.unsigned_abs()).cast_signed()).checked_mul(b)
}

/// A whole number that is a double.
fn double(n: i64) -> Option<f64> {
    (n.unsigned_abs() <= 1 << 53).then_some(n as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the last of three columns is reduced by, in whole numbers.
    fn reduced(last: fn(f64, f64) -> f64) -> Vec<ReducedColumn> {
        let rows = Mat::from_fn(6, 3, |i, k| {
            let (a, b) = ((i as f64).sin(), (2.0 * i as f64).cos());
            [4.0 * a, b, last(a, b)][k]
        });
        dependent_columns(rows, &[(5, 4.0), (7, 1.0), (9, 1.0)], &[LONG; 3])
    }

    #[test]
    fn thirds_are_whole_numbers() {
        let found = reduced(|a, b| 2.0 * b - a / 3.0);
        let [ReducedColumn { column, factor, terms }] = &found[..] else { panic!("{found:?}") };
        let total = |k: usize| terms.iter().filter(|(l, _)| *l == k).map(|(_, n)| *n).sum::<f64>();
        let all = [5, 7, 9].map(|k| if k == *column { -factor } else { total(k) });
        // In whole numbers a/3 - 2b + c vanishes, whichever of the three is called dependent.
        assert_eq!(all, [all[2] / 3.0, -2.0 * all[2], all[2]], "{found:?}");
    }

    #[test]
    fn what_is_no_fraction_is_a_double() {
        let found = reduced(|a, b| b - a * std::f64::consts::FRAC_1_PI);
        let [ReducedColumn { column, factor, terms }] = &found[..] else { panic!("{found:?}") };
        let of = |k: usize| terms.iter().find(|(l, _)| *l == k).map(|(_, c)| *c);
        let all = [5, 7, 9].map(|k| if k == *column { Some(-factor) } else { of(k) });
        let [a, b, c] = all.map(|c| c.expect("each of three"));
        assert!((a + b * std::f64::consts::FRAC_1_PI).abs() <= 1e-12 * a.abs(), "{found:?}");
        assert!((b + c).abs() <= 1e-12 * b.abs(), "{found:?}");
        assert_eq!(reduced(|a, b| a * b), []);
    }

    #[test]
    fn a_long_number_is_said_in_terms_of_a_short_one() {
        let rows = || Mat::from_fn(4, 2, |_, k| [1.6, 1.0][k]);
        let of = |lengths| dependent_columns(rows(), &[(0, 16.0), (1, 1.0)], lengths);
        let [ReducedColumn { column: 0, .. }] = &of(&[52, 1])[..] else { panic!() };
        let [ReducedColumn { column: 1, .. }] = &of(&[1, 1])[..] else { panic!() };
        assert_eq!([1.0, -0.75, 0.1, 0.0, f64::MAX].map(digits), [1, 2, 52, 1, 53]);
    }
}
