//! Whether rows cancel exactly, in some combination next to a given one.
//!
//! Of `$M = A_B^\top$`, the rows `$B$` of a basis over the columns that have an entry, an approximate inverse `$Y$` is computed in
//! doubles, whatever its errors. If `$\lVert I - Y M\rVert_\infty \le \theta < 1$`, rounding included, `$M$` is regular, and
//! the change `$e$` of the basis' multipliers with `$M e = r = -A^\top\lambda$` is there and satisfies
//! `$\lVert e\rVert_\infty \le \lVert Y r\rVert_\infty/(1 - \theta)$`, for `$e = Y r + (I - Y M)\,e$` (Krawczyk; Rump, Acta
//! Numerica 19, 2010). Columns of `$M$` are scaled by the multipliers' powers of two, so that a change below one leaves all positive.

use dashu_int::IBig;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::lu::partial_pivoting::factor::{
    PartialPivLuParams, lu_in_place, lu_in_place_scratch,
};
use faer::linalg::lu::partial_pivoting::inverse::{inverse, inverse_scratch};
use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, Par, Spec};
use mirrorhead_kernels::LinearOperator;

use super::data::row_terms;
use super::dyadic::Dyadic;
use super::refutation::Refutation;
use crate::basis::Basis;
use crate::dependent_columns::DependentColumn;

/// Most rows of a basis: a matrix of them takes 2 GiB, and three are held.
const MOST_ROWS: usize = 1 << 14;

/// More than rounding adds to a sum of so many positive terms, relatively.
const SUMS: f64 = 1.0 + 1e-9;

/// At least the relative error of a double made from an exact number, and the absolute one where it is made zero.
const ROUNDED: f64 = f64::EPSILON;
const TINY: f64 = 1e-250;

/// Proves that multipliers with `$A^\top\lambda' = 0$` exist that differ from `$\lambda \ge 0$` in rows of `basis` only, and
/// are positive where these are: by how much each of the basis' rows differs at most, which is less than itself.
pub(super) fn largest_changes<A: LinearOperator + ?Sized>(
    operator: &A,
    multipliers: &[Dyadic],
    basis: &Basis,
) -> Result<Vec<Dyadic>, Refutation> {
    let rows = &basis.rows;
    let is_positive = |j: &usize| multipliers.get(*j).is_some_and(Dyadic::is_positive);
    if !rows.iter().all(is_positive) {
        return Err(Refutation::NotNearby);
    }
    let combined = Combined::of(operator, multipliers, &basis.dependent_columns)?;
    let size = rows.len();
    if combined.columns.len() != size || size > MOST_ROWS {
        return Err(Refutation::NotNearby);
    }
    let exponents: Vec<i64> = rows.iter().map(|&j| multipliers[j].magnitude() - 1).collect();
    let matrix = combined.matrix(operator, rows, &exponents)?;
    let change = largest_change(&matrix, &approximate_inverse(&matrix), &combined.rest());
    let change = Dyadic::of(change).filter(|change| change.magnitude() <= 0);
    let change = change.ok_or(Refutation::NotNearby)?;
    Ok(exponents.iter().map(|exponent| change.scaled(*exponent)).collect())
}

/// What rows with a multiplier add up to.
struct Combined {
    /// The sum in each column in which one of them has an entry and that doesn't depend on others, and the exponent of the largest
    /// term.
    columns: Vec<(Dyadic, i64)>,
    /// The place of each column of the operator among these.
    places: Vec<Option<usize>>,
}

impl Combined {
    fn of<A: LinearOperator + ?Sized>(
        operator: &A,
        multipliers: &[Dyadic],
        dependent: &[DependentColumn],
    ) -> Result<Self, Refutation> {
        let relations = Relations::of(dependent, operator.ncols())?;
        let mut sums: Vec<Option<(Dyadic, i64)>> = vec![None; operator.ncols()];
        for (row, l) in multipliers.iter().enumerate().filter(|(_, l)| !l.is_zero()) {
            let entries = entries(operator, row)?;
            relations.require(&entries)?;
            for (k, a) in entries.into_iter().filter(|(k, _)| !relations.is_dependent[*k]) {
                let term = &a * l;
                let size = term.magnitude();
                sums[k] = Some(match sums[k].take() {
                    None => (term, size),
                    Some((sum, largest)) => (&sum + &term, largest.max(size)),
                });
            }
        }
        let mut found = Self { columns: Vec::new(), places: vec![None; sums.len()] };
        for (k, sum) in sums.into_iter().enumerate() {
            if let Some((sum, largest)) = sum {
                found.places[k] = Some(found.columns.len());
                found.columns.push((sum, largest));
            }
        }
        Ok(found)
    }

    /// `$M$`, with powers of two taken out of its rows and these `exponents` out of its columns.
    fn matrix<A: LinearOperator + ?Sized>(
        &self,
        operator: &A,
        basis: &[usize],
        exponents: &[i64],
    ) -> Result<Mat<f64>, Refutation> {
        let mut matrix = Mat::zeros(self.columns.len(), basis.len());
        for (i, (&row, exponent)) in basis.iter().zip(exponents).enumerate() {
            for (k, a) in entries(operator, row)? {
                // A column without a place depends on others.
                if let Some(place) = self.places[k] {
                    matrix[(place, i)] = a.scaled(exponent - self.columns[place].1).nearby();
                }
            }
        }
        Ok(matrix)
    }

    /// `$-A^\top\lambda$`, without the powers of two that were taken out of the rows.
    fn rest(&self) -> Vec<f64> {
        self.columns.iter().map(|(sum, largest)| -sum.scaled(-largest).nearby()).collect()
    }
}

/// Columns that are combinations of others.
struct Relations {
    is_dependent: Vec<bool>,
    /// Columns with their coefficients, which make zero.
    all: Vec<Vec<(usize, Dyadic)>>,
}

impl Relations {
    fn of(dependent: &[DependentColumn], ncols: usize) -> Result<Self, Refutation> {
        let mut found = Self { is_dependent: vec![false; ncols], all: Vec::new() };
        for DependentColumn { column, .. } in dependent {
            *found.is_dependent.get_mut(*column).ok_or(Refutation::NotNearby)? = true;
        }
        for DependentColumn { column, denominator, terms } in dependent {
            let is_valid = |(k, _): &(usize, i64)| found.is_dependent.get(*k) == Some(&false);
            if *denominator == 0 || !terms.iter().all(is_valid) {
                return Err(Refutation::NotNearby);
            }
            let whole = |n: i64| Dyadic { significand: IBig::from(n), exponent: 0 };
            let own = std::iter::once((*column, -&whole(*denominator)));
            found.all.push(own.chain(terms.iter().map(|(k, n)| (*k, whole(*n)))).collect());
        }
        Ok(found)
    }

    /// That they hold in a row.
    fn require(&self, entries: &[(usize, Dyadic)]) -> Result<(), Refutation> {
        let entry = |k: usize| entries.binary_search_by_key(&k, |(k, _)| *k).ok();
        let holds = |relation: &Vec<(usize, Dyadic)>| {
            let terms = relation.iter().filter_map(|(k, c)| Some(&entries[entry(*k)?].1 * c));
            terms.fold(Dyadic::zero(), |sum, term| &sum + &term).is_zero()
        };
        if self.all.iter().all(holds) { Ok(()) } else { Err(Refutation::NotNearby) }
    }
}

/// The entries of a row that aren't zero, exactly, in increasing order.
fn entries<A: LinearOperator + ?Sized>(
    operator: &A,
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

/// An inverse as good as doubles have it; anything at all of a singular matrix.
fn approximate_inverse(matrix: &Mat<f64>) -> Mat<f64> {
    let size = matrix.nrows();
    let par = if size >= PARALLEL_ROWS { Par::rayon(0) } else { Par::Seq };
    let parameters = Spec::<PartialPivLuParams, f64>::default();
    let scratch = lu_in_place_scratch::<usize, f64>(size, size, par, parameters)
        .or(inverse_scratch::<usize, f64>(size, par));
    let mut memory = MemBuffer::new(scratch);
    let (mut forth, mut back) = (vec![0usize; size], vec![0; size]);
    let mut factors = matrix.clone();
    let (_, order) = lu_in_place(
        factors.as_mut(),
        &mut forth,
        &mut back,
        par,
        MemStack::new(&mut memory),
        parameters,
    );
    let mut out = Mat::zeros(size, size);
    let factors = factors.as_ref();
    inverse(out.as_mut(), factors, factors, order, par, MemStack::new(&mut memory));
    out
}

/// Rows from which products are shared among threads.
const PARALLEL_ROWS: usize = 512;

/// A bound on `$\lVert M^{-1} r\rVert_\infty$` for every `$M$` and `$r$` that `matrix` and `rest` are rounded from. Infinite or
/// no number where there is none.
fn largest_change(matrix: &Mat<f64>, inverse: &Mat<f64>, rest: &[f64]) -> f64 {
    let size = matrix.nrows();
    let par = if size >= PARALLEL_ROWS { Par::rayon(0) } else { Par::Seq };
    let mut product = Mat::zeros(size, size);
    matmul(product.as_mut(), Accum::Replace, inverse, matrix, 1.0, par);
    // What a sum of products of that length is off by, relatively to the sum of their sizes, in whatever order; twice that.
    let rounding = 2.0 * (size as f64 + 2.0) * f64::EPSILON;
    let underflow = size as f64 * f64::MIN_POSITIVE;
    let row_sizes: Vec<f64> = (0..size)
        .map(|k| SUMS * (0..size).map(|i| matrix[(k, i)].abs() + TINY).sum::<f64>())
        .collect();
    let (mut theta, mut image) = (0.0f64, 0.0f64);
    for i in 0..size {
        let row = |k: usize| inverse[(i, k)].abs();
        let off: f64 =
            (0..size).map(|l| (product[(i, l)] - f64::from(u8::from(i == l))).abs()).sum();
        let sizes: f64 = (0..size).map(|k| row(k) * row_sizes[k]).sum();
        theta = largest(theta, SUMS * (off + (rounding + ROUNDED) * SUMS * sizes + underflow));
        let value: f64 = (0..size).map(|k| inverse[(i, k)] * rest[k]).sum();
        let sizes: f64 = (0..size).map(|k| row(k) * (rest[k].abs() + TINY)).sum();
        image =
            largest(image, SUMS * (value.abs() + (rounding + ROUNDED) * SUMS * sizes + underflow));
    }
    let bound = SUMS * image / (1.0 - theta);
    if theta < 0.5 && bound >= 0.0 { bound } else { f64::INFINITY }
}

/// The larger of the two; no number if one of them is none.
fn largest(a: f64, b: f64) -> f64 {
    if a.is_nan() || a > b { a } else { b }
}
