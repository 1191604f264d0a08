//! Whether rows cancel exactly, in some combination next to a given one.
//!
//! Of `$M = A_B^\top$`, the rows `$B$` of a basis over the columns that have an entry, an approximate inverse `$Y$` is computed in
//! doubles, whatever its errors. If `$\lVert I - Y M\rVert_\infty \le \theta < 1$`, rounding included, `$M$` is regular, and
//! the change `$e$` of the basis' multipliers with `$M e = r = -A^\top\lambda$` is there and satisfies
//! `$\lVert e\rVert_\infty \le \lVert Y r\rVert_\infty/(1 - \theta)$`, for `$e = Y r + (I - Y M)\,e$` (Krawczyk; Rump, Acta
//! Numerica 19, 2010). Columns of `$M$` are scaled by the multipliers' powers of two, so that a change below one leaves all positive.

use std::collections::{BTreeMap, BTreeSet};

use faer::Mat;
use mirrorhead_kernels::LinearOperator;

use super::data::row_terms;
use super::dyadic::Dyadic;
use super::inverse_bound::{approximate_inverse, largest_change};
use super::margin::{require_nonnegative, require_positive};
use super::reductions::Reductions;
use super::refutation::Refutation;
use crate::basis::Basis;

/// Most rows of a basis: a matrix of them takes 2 GiB, and three are held.
const MOST_ROWS: usize = 1 << 14;

/// An exponent that no sum in a column reaches whose largest terms are of size one.
const MOST_LEFT: i64 = 100;

/// Rows, known exactly: the number of columns, and the entries of a row that aren't zero, in increasing order.
pub(super) struct Rows<'r> {
    pub ncols: usize,
    pub entries: &'r dyn Fn(usize) -> Result<Vec<(usize, Dyadic)>, Refutation>,
}

/// That multipliers next to these `$\lambda \ge 0$` exist with which the rows cancel, and their `bounds` don't.
pub(super) fn verify_basis(
    rows: &Rows<'_>,
    bounds: &[Dyadic],
    multipliers: &[Dyadic],
    basis: &Basis,
) -> Result<(), Refutation> {
    require_nonnegative(multipliers)?;
    let changes = largest_changes(rows, multipliers, basis)?;
    let weight = multipliers.iter().zip(bounds).fold(Dyadic::zero(), |sum, (l, b)| &sum + &(l * b));
    let of_changes = basis
        .rows
        .iter()
        .zip(&changes)
        .fold(Dyadic::zero(), |sum, (&row, change)| &sum + &(change * &bounds[row].abs()));
    require_positive(&(&weight + &-&of_changes))
}

/// Proves that multipliers with `$A^\top\lambda' = 0$` exist that differ from `$\lambda \ge 0$` in rows of `basis` only, and
/// are positive where these are: by how much each of the basis' rows differs at most, which is less than itself.
fn largest_changes(
    rows: &Rows<'_>,
    multipliers: &[Dyadic],
    basis: &Basis,
) -> Result<Vec<Dyadic>, Refutation> {
    let is_positive = |j: &usize| multipliers.get(*j).is_some_and(Dyadic::is_positive);
    if !basis.rows.iter().all(is_positive) {
        return Err(Refutation::NotNearby);
    }
    let combined = Combined::of(rows, multipliers, basis)?;
    let size = basis.rows.len();
    if combined.columns.len() != size || size > MOST_ROWS {
        return Err(Refutation::NotNearby);
    }
    let exponents: Vec<i64> = basis.rows.iter().map(|&j| multipliers[j].magnitude() - 1).collect();
    let matrix = combined.matrix(rows, &basis.rows, &exponents)?;
    let change = largest_change(&matrix, &approximate_inverse(&matrix), &combined.rest()?);
    let change = Dyadic::of(change).filter(|change| change.magnitude() <= 0);
    let change = change.ok_or(Refutation::NotNearby)?;
    Ok(exponents.iter().map(|exponent| change.scaled(*exponent)).collect())
}

/// What rows with a multiplier add up to.
struct Combined {
    reductions: Reductions,
    /// The sum in each column in which one of them has an entry after these, and the exponent of the largest term, or so.
    columns: Vec<(Dyadic, i64)>,
    /// The place of each column of the operator among these.
    places: Vec<Option<usize>>,
}

impl Combined {
    fn of(rows: &Rows<'_>, multipliers: &[Dyadic], basis: &Basis) -> Result<Self, Refutation> {
        let reductions = Reductions::of(&basis.reduced_columns, rows.ncols)?;
        let sums = sums(rows, multipliers)?;
        let mut sizes: Vec<Option<i64>> = sums
            .iter()
            .enumerate()
            .map(|(k, sum)| sum.as_ref().filter(|_| !reductions.change(k)).map(|(_, size)| *size))
            .collect();
        for &row in &basis.rows {
            let entries = reductions.applied((rows.entries)(row)?)?;
            for (k, a) in entries.into_iter().filter(|(k, _)| reductions.change(*k)) {
                sizes[k] = sizes[k].max(Some((&a * &multipliers[row]).magnitude()));
            }
        }
        let is_gone = |k: &usize| reductions.change(*k) && sizes[*k].is_none();
        let gone: BTreeSet<usize> = (0..rows.ncols).filter(is_gone).collect();
        let with_multiplier = (0..multipliers.len()).filter(|&row| !multipliers[row].is_zero());
        reductions.require_none(&gone, with_multiplier, rows.entries)?;
        let before = sums.into_iter().enumerate().filter_map(|(k, sum)| Some((k, sum?.0)));
        let mut after: BTreeMap<usize, Dyadic> =
            reductions.applied(before.collect())?.into_iter().collect();
        let mut found = Self { reductions, columns: Vec::new(), places: vec![None; rows.ncols] };
        for (k, size) in sizes.into_iter().enumerate() {
            if let Some(size) = size {
                found.places[k] = Some(found.columns.len());
                found.columns.push((after.remove(&k).unwrap_or_else(Dyadic::zero), size));
            }
        }
        Ok(found)
    }

    /// `$M$`, with powers of two taken out of its rows and these `exponents` out of its columns.
    fn matrix(
        &self,
        rows: &Rows<'_>,
        basis: &[usize],
        exponents: &[i64],
    ) -> Result<Mat<f64>, Refutation> {
        let mut matrix = Mat::zeros(self.columns.len(), basis.len());
        for (i, (&row, exponent)) in basis.iter().zip(exponents).enumerate() {
            for (k, a) in self.reductions.applied((rows.entries)(row)?)? {
                let place = self.places[k].ok_or(Refutation::NotNearby)?;
                matrix[(place, i)] = a.scaled(exponent - self.columns[place].1).nearby();
            }
        }
        Ok(matrix)
    }

    /// `$-A^\top\lambda$`, without the powers of two that were taken out of the rows.
    fn rest(&self) -> Result<Vec<f64>, Refutation> {
        let rest = |(sum, largest): &(Dyadic, i64)| {
            let rest = sum.scaled(-largest);
            // Of a column that was replaced the basis may have next to nothing.
            (rest.is_zero() || rest.magnitude() < MOST_LEFT).then(|| -rest.nearby())
        };
        self.columns.iter().map(rest).collect::<Option<_>>().ok_or(Refutation::NotNearby)
    }
}

/// `$A^\top\lambda$` in the columns in which a row with a multiplier has an entry, and the exponents of the largest terms.
fn sums(rows: &Rows<'_>, multipliers: &[Dyadic]) -> Result<Vec<Option<(Dyadic, i64)>>, Refutation> {
    let mut sums: Vec<Option<(Dyadic, i64)>> = vec![None; rows.ncols];
    for (row, l) in multipliers.iter().enumerate().filter(|(_, l)| !l.is_zero()) {
        for (k, a) in (rows.entries)(row)? {
            let term = &a * l;
            let size = term.magnitude();
            sums[k] = Some(match sums[k].take() {
                None => (term, size),
                Some((sum, largest)) => (&sum + &term, largest.max(size)),
            });
        }
    }
    Ok(sums)
}

/// The entries of a row that aren't zero, exactly, in increasing order.
pub(super) fn entries(
    operator: &dyn LinearOperator,
    row: usize,
) -> Result<Vec<(usize, Dyadic)>, Refutation> {
    let mut terms = row_terms(operator, row)?;
    terms.sort_by_key(|(k, _)| *k);
    let mut entries: Vec<(usize, Dyadic)> = Vec::new();
    for (k, a) in terms {
        match entries.last_mut() {
            Some((last, sum)) if *last == k => *sum = &*sum + &a,
            _ => entries.push((k, a)),
        }
    }
    entries.retain(|(_, a)| !a.is_zero());
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use mirrorhead_kernels::{DenseRows, Matrix};

    use super::*;
    use crate::basis::ReducedColumn;

    /// The largest changes of the multipliers of rows in which these cancel nearly.
    fn changes(
        rows: &[[f64; 2]],
        multipliers: &[f64],
        basis: &Basis,
    ) -> Result<Vec<f64>, Refutation> {
        let rows = DenseRows::new(&Matrix::from_rows(rows).expect("two columns"));
        let multipliers: Vec<Dyadic> =
            multipliers.iter().map(|l| Dyadic::of(*l).expect("finite")).collect();
        let entries = |row: usize| entries(&rows, row);
        let rows = Rows { ncols: 2, entries: &entries };
        let changes = largest_changes(&rows, &multipliers, basis)?;
        Ok(changes.iter().map(Dyadic::nearby).collect())
    }

    fn basis(rows: &[usize], reduced_columns: Vec<ReducedColumn>) -> Basis {
        Basis { rows: rows.to_vec(), reduced_columns }
    }

    fn reduced(column: usize, factor: f64, terms: &[(usize, f64)]) -> Vec<ReducedColumn> {
        vec![ReducedColumn { column, factor, terms: terms.to_vec() }]
    }

    #[test]
    fn a_multiplier_changes_by_what_is_left_of_its_column() {
        // 3 a + 5 b + c cancels with a = (1, 0), b = (0, 1) and c = (-3 - d, -5).
        let rows = |d: f64| [[1.0, 0.0], [0.0, 1.0], [-3.0 - d, -5.0]];
        for d in [2f64.powi(-40), 0.25, -0.25] {
            let found = changes(&rows(d), &[3.0, 5.0, 1.0], &basis(&[0, 1], vec![])).unwrap();
            // In scales of two and four a change of d/2 is the largest, of either.
            let (first, second) = (d.abs(), 2.0 * d.abs());
            assert!(found[0] >= first && found[0] <= first * (1.0 + 1e-8), "{found:?}");
            assert!(found[1] >= second && found[1] <= second * (1.0 + 1e-8), "{found:?}");
        }
        // A multiplier that has to change by its own size.
        assert_eq!(
            changes(&rows(-2.0), &[3.0, 5.0, 1.0], &basis(&[0, 1], vec![])),
            Err(Refutation::NotNearby)
        );
        for no_basis in [&[0][..], &[0, 2, 1], &[0, 0], &[0, 3]] {
            let found = changes(&rows(0.25), &[3.0, 5.0, 1.0], &basis(no_basis, vec![]));
            assert_eq!(found, Err(Refutation::NotNearby), "{no_basis:?}");
        }
        // A row without a multiplier.
        assert_eq!(
            changes(&rows(0.25), &[0.0, 5.0, 1.0], &basis(&[0, 1], vec![])),
            Err(Refutation::NotNearby)
        );
    }

    #[test]
    fn a_column_that_vanishes_does_so_in_every_row() {
        let rows = [[1.5, 1.0], [-0.75, -0.5], [4.0, 1.0]];
        let of =
            |multipliers: [f64; 3], reduced| changes(&rows, &multipliers, &basis(&[0], reduced));
        // The last row has no multiplier, and need not satisfy the relation.
        for enough in [reduced(0, 2.0, &[(1, 3.0)]), reduced(0, -4.0, &[(1, -6.0)])] {
            assert!(of([1.0, 2.0, 0.0], enough).is_ok());
        }
        // One column after the other, and back.
        let chain = [reduced(1, 1.0, &[(0, 1.0)]), reduced(0, 1.0, &[(1, -3.0)])].concat();
        assert!(of([1.0, 2.0, 0.0], chain).is_ok());
        for (multipliers, wrong) in [
            ([1.0, 2.0, 1.0], reduced(0, 2.0, &[(1, 3.0)])),
            ([1.0, 2.0, 0.0], reduced(0, 2.0, &[(1, 4.0)])),
            ([1.0, 2.0, 0.0], reduced(0, 0.0, &[])),
            ([1.0, 2.0, 0.0], reduced(0, 1.0, &[(0, 1.0)])),
            ([1.0, 2.0, 0.0], reduced(7, 2.0, &[(1, 3.0)])),
            ([1.0, 2.0, 0.0], reduced(0, 2.0, &[(7, 3.0)])),
            ([1.0, 2.0, 0.0], reduced(0, f64::INFINITY, &[(1, 3.0)])),
            ([1.0, 2.0, 0.0], reduced(0, 2.0, &[(1, f64::NAN)])),
        ] {
            assert_eq!(of(multipliers, wrong.clone()), Err(Refutation::NotNearby), "{wrong:?}");
        }
        // The two columns of each other: one of them is left.
        let circle = [reduced(0, 2.0, &[(1, 3.0)]), reduced(1, 3.0, &[(0, 2.0)])].concat();
        assert!(changes(&rows, &[1.0, 2.0, 0.0], &basis(&[0], circle.clone())).is_ok());
        assert_eq!(
            changes(&rows, &[1.0, 2.0, 0.0], &basis(&[], circle)),
            Err(Refutation::NotNearby)
        );
    }

    #[test]
    fn thousands_of_steps_come_to_an_end() {
        let rows = [[1.5, 1.0], [-0.75, -0.5], [4.0, 1.0]];
        for (factor, c) in
            [(2f64.powi(1000), 2f64.powi(-1000)), (1.0, 3.7), (1.0, 1e300), (1e300, 1e-300)]
        {
            let steps = (0..5000).flat_map(|i| reduced(i % 2, factor, &[(1 - i % 2, c)])).collect();
            let found = changes(&rows, &[1.0, 2.0, 0.0], &basis(&[0], steps));
            assert_eq!(found, Err(Refutation::NotNearby), "{factor:e} {c:e}");
        }
    }

    #[test]
    fn columns_that_differ_in_the_last_digit_are_told_apart() {
        let u = 2f64.powi(-51);
        let rows = |last| [[1.0, 1.0 + u], [1.0, 1.0 - u], [-2.0, last]];
        let difference = || reduced(1, 1.0, &[(0, 1.0)]);
        // The sum cancels, and nothing that isn't a multiple of it.
        let sum = rows(-2.0);
        let near = [1.0 + 2f64.powi(-30), 1.0, 1.0];
        assert_eq!(changes(&sum, &near, &basis(&[0, 1], vec![])), Err(Refutation::NotNearby));
        let found = changes(&sum, &near, &basis(&[0, 1], difference())).unwrap();
        assert!(found.iter().all(|change| (1.0..2.1).contains(&(change * 2f64.powi(30)))));
        // With 2 + 4u for the last number a multiplier is negative, as far as that is from one.
        let other = rows(-2.0 - 4.0 * u);
        let refused = changes(&other, &near, &basis(&[0, 1], difference()));
        assert_eq!(refused, Err(Refutation::NotNearby));
        // Next to nothing of a column in the basis, and all of it elsewhere.
        let far = [[1.0, 1.0 + u], [1.0, 1.0 - u], [-2.0, 1e300]];
        let refused = changes(&far, &near, &basis(&[0, 1], difference()));
        assert_eq!(refused, Err(Refutation::NotNearby));
    }
}
