//! The equalities in whole numbers, and square systems of as many as are independent.

use dashu_int::{IBig, UBig};
use mirrorhead_kernels::LinearOperator;

use super::fraction::{Rounded, WholeVector};
use crate::exact_rows::ExactRows;
use crate::modular::{Elimination, Inverse};
use crate::whole_solve::solve_whole;

/// Most independent equalities: systems of so many are solved exactly.
const MOST_PIVOTS: usize = 800;

/// Most multiplications of an elimination.
const MOST_WORK: usize = 4_000_000_000;

/// Most rows times the cube of the pivots: some ten seconds, where entries have all digits of doubles.
const MOST_ROW_WORK: usize = 10_000_000;

/// The same for some milliseconds.
const LITTLE_ROW_WORK: usize = 2_000;

/// Numerators over a common denominator.
pub(super) type Fractions = (Vec<IBig>, UBig);

type Entries = Vec<(usize, IBig)>;

/// Equalities `$\tilde E = \operatorname{diag}(2^{-e}) E$` of whole numbers, with as many pivots as are independent: rows `$R$`,
/// columns `$C$` and `$B = \tilde E_{RC}$`.
pub(super) struct PivotSystem {
    /// The rows of `$\tilde E$` over the columns of the problem, those of `$R$` among them in the order of `$C$`.
    rows: Vec<Entries>,
    /// Rows of the operator, and `$e$`.
    names: Vec<(usize, i64)>,
    /// Positions of `$R$` in these.
    pivots: Vec<usize>,
    /// `$C$`.
    columns: Vec<usize>,
    /// For every column of the problem, its position in `$C$`.
    places: Vec<Option<usize>>,
    by_rows: Vec<Entries>,
    by_columns: Vec<Entries>,
    inverse: Inverse,
    inverse_of_transposed: Inverse,
}

impl PivotSystem {
    /// The rows of `equalities`, with these pivots (row, column) as far as they are, and others where there are more. None if
    /// they are too many, or `go_on` says so.
    pub fn of(
        equalities: &dyn LinearOperator,
        guess: &[(usize, usize)],
        go_on: &dyn Fn() -> bool,
    ) -> Option<Self> {
        let order = first_then_rest(guess.iter().map(|(row, _)| *row), equalities.nrows());
        let exact = ExactRows::of(equalities, &order)?;
        if exact.entries.len() * exact.ncols() * guess.len().max(1) > MOST_WORK {
            return None;
        }
        let at = |k: &usize| exact.columns.binary_search(k).expect("a pivot is an entry");
        let ranking = first_then_rest(guess.iter().map(|(_, k)| at(k)), exact.ncols());
        let mut ranks = vec![0; ranking.len()];
        for (rank, at) in ranking.iter().enumerate() {
            ranks[*at] = rank;
        }
        let ranked: Vec<Entries> = exact
            .entries
            .iter()
            .map(|row| row.iter().map(|(at, a)| (ranks[*at], a.clone())).collect())
            .collect();
        let basis = Elimination::of(&ranked, exact.ncols(), (ranked.len(), ranked.len()), go_on)?;
        if basis.rows.len() > MOST_PIVOTS {
            return None;
        }
        let by_rows = basis.square(&ranked);
        let by_columns = transposed(&by_rows);
        let all = || (0..by_rows.len()).collect::<Vec<usize>>();
        let whole = Elimination { rows: all(), columns: all() };
        let columns: Vec<usize> =
            basis.columns.iter().map(|&rank| exact.columns[ranking[rank]]).collect();
        let mut places = vec![None; equalities.ncols()];
        for (place, &k) in columns.iter().enumerate() {
            places[k] = Some(place);
        }
        let own = |row: Entries| row.into_iter().map(|(at, a)| (exact.columns[at], a)).collect();
        Some(Self {
            inverse: whole.inverse(&by_columns, go_on)?,
            inverse_of_transposed: basis.inverse(&ranked, go_on)?,
            rows: exact.entries.into_iter().map(own).collect(),
            names: order.into_iter().zip(exact.exponents).collect(),
            pivots: basis.rows,
            columns,
            places,
            by_rows,
            by_columns,
        })
    }

    /// `$C$`, the columns whose entries of `$w$` the others determine.
    pub fn columns(&self) -> &[usize] {
        &self.columns
    }

    /// The position of a column in `$C$`.
    pub fn place(&self, column: usize) -> Option<usize> {
        self.places[column]
    }

    /// Whether the entry of this column is determined by the others.
    pub fn determines(&self, column: usize) -> bool {
        self.places[column].is_some()
    }

    /// The `$x$` for which `$w$` satisfies all equalities that has `free` entries in the other columns and `$x$` in `$C$`. None
    /// too if there is none, or it takes too many digits.
    pub fn determined(&self, free: &[IBig], go_on: &dyn Fn() -> bool) -> Option<Fractions> {
        let of_free = |row: &Entries| -> IBig {
            let others = row.iter().filter(|(k, _)| !self.determines(*k));
            others.map(|(k, a)| a * &free[*k]).sum()
        };
        let sums: Vec<IBig> = self.rows.iter().map(of_free).collect();
        let right: Vec<IBig> = self.pivots.iter().map(|&i| -&sums[i]).collect();
        let holds = |x: &[IBig], d: &UBig| {
            let d = IBig::from(d.clone());
            self.rows.iter().zip(&sums).all(|(row, sum)| {
                let pairs = row.iter().filter_map(|(k, a)| self.places[*k].map(|at| a * &x[at]));
                (pairs.sum::<IBig>() + sum * &d).is_zero()
            })
        };
        solved(&self.by_columns, &self.inverse, right, holds, go_on)
    }

    /// `$\mu$` (one entry a row of the operator) with `$(E^\top\mu)_C = $` `forces` and no entry for rows that aren't pivots, as
    /// so many vectors that add up to it.
    pub fn multipliers(
        &self,
        forces: &WholeVector,
        count: usize,
        go_on: &dyn Fn() -> bool,
    ) -> Option<Vec<Vec<f64>>> {
        let (x, d) = self.combination(&forces.numbers, go_on)?;
        let mut multipliers = vec![vec![0.0; self.names.len()]; count];
        for (&i, x) in self.pivots.iter().zip(&x) {
            let (row, own) = self.names[i];
            let rounded = Rounded::of((x, &d), forces.exponent - own, count);
            for (part, x) in multipliers.iter_mut().zip(rounded.parts) {
                part[row] = x;
            }
        }
        multipliers.iter().flatten().all(|l| l.is_finite()).then_some(multipliers)
    }

    /// `$x$` with `$x^\top B = $` `forces`.
    fn combination(&self, forces: &[IBig], go_on: &dyn Fn() -> bool) -> Option<Fractions> {
        let holds = |x: &[IBig], d: &UBig| is_product(&self.by_rows, x, forces, d);
        solved(&self.by_rows, &self.inverse_of_transposed, forces.to_vec(), holds, go_on)
    }

    /// Whether so many rows may be [restricted](Self::restricted), or reduced.
    pub fn has_time_for(&self, nrows: usize) -> bool {
        self.work_of(nrows) <= MOST_ROW_WORK
    }

    /// Whether that takes hardly any time.
    pub fn is_quick_for(&self, nrows: usize) -> bool {
        self.work_of(nrows) <= LITTLE_ROW_WORK
    }

    fn work_of(&self, nrows: usize) -> usize {
        nrows.saturating_mul(self.columns.len().pow(3))
    }

    /// The row `$a$` minus the combination of equalities that leaves nothing in the columns `$C$`: the same functional where the
    /// equalities hold.
    fn restricted(&self, row: &[(usize, IBig)], go_on: &dyn Fn() -> bool) -> Option<Fractions> {
        let mut forces = vec![IBig::ZERO; self.columns.len()];
        let mut sums = vec![IBig::ZERO; self.places.len()];
        for (k, a) in row {
            match self.places[*k] {
                Some(at) => forces[at].clone_from(a),
                None => sums[*k].clone_from(a),
            }
        }
        if forces.iter().all(IBig::is_zero) {
            return Some((sums, UBig::ONE));
        }
        let (x, d) = self.combination(&forces, go_on)?;
        let whole = IBig::from(d.clone());
        for sum in &mut sums {
            *sum *= &whole;
        }
        for (&i, x) in self.pivots.iter().zip(&x) {
            for (k, a) in self.rows[i].iter().filter(|(k, _)| !self.determines(*k)) {
                sums[*k] -= a * x;
            }
        }
        Some((sums, d))
    }

    /// Row `j` of an operator, so restricted, each entry as `written` for its numerator, its denominator and `$e$`.
    pub fn restricted_row<T>(
        &self,
        operator: &dyn LinearOperator,
        j: usize,
        written: impl Fn(&IBig, &UBig, i64) -> T,
        go_on: &dyn Fn() -> bool,
    ) -> Option<Vec<T>> {
        let ExactRows { mut entries, exponents, columns } = ExactRows::of(operator, &[j])?;
        let row: Vec<(usize, IBig)> =
            entries.swap_remove(0).into_iter().map(|(at, a)| (columns[at], a)).collect();
        let (sums, d) = self.restricted(&row, go_on)?;
        Some(sums.iter().map(|sum| written(sum, &d, exponents[0])).collect())
    }

    /// A column of the reduced rows `$B^{-1}\tilde E_R$`.
    fn reduced(&self, column: usize, go_on: &dyn Fn() -> bool) -> Option<Fractions> {
        let entry = |&i: &usize| {
            let entries = &self.rows[i];
            let at = entries.binary_search_by_key(&column, |(k, _)| *k);
            at.map_or(IBig::ZERO, |at| entries[at].1.clone())
        };
        let right: Vec<IBig> = self.pivots.iter().map(entry).collect();
        if right.iter().all(IBig::is_zero) {
            return Some((right, UBig::ONE));
        }
        let holds = |x: &[IBig], d: &UBig| is_product(&self.by_columns, x, &right, d);
        solved(&self.by_columns, &self.inverse, right.clone(), holds, go_on)
    }

    /// The reduced rows `$B^{-1}\tilde E_R$`, each entry as `written`. None if that is too much work.
    pub fn reduced_rows<T: Clone>(
        &self,
        (zero, one): (T, T),
        written: impl Fn(&IBig, &UBig) -> T,
        go_on: &dyn Fn() -> bool,
    ) -> Option<Vec<Vec<T>>> {
        let (size, n) = (self.columns.len(), self.places.len());
        if !self.has_time_for(n) {
            return None;
        }
        let mut reduced = vec![vec![zero; n]; size];
        for (row, &k) in reduced.iter_mut().zip(&self.columns) {
            row[k] = one.clone();
        }
        for column in (0..n).filter(|&k| !self.determines(k)) {
            let (x, d) = self.reduced(column, go_on)?;
            for (row, x) in reduced.iter_mut().zip(&x) {
                row[column] = written(x, &d);
            }
        }
        Some(reduced)
    }
}

/// `$x$` with `$\sum_i x_i M_{ik} = c_k$` for a matrix whose transposed has this inverse modulo the prime.
fn solved(
    matrix: &[Entries],
    inverse: &Inverse,
    right: Vec<IBig>,
    mut holds: impl FnMut(&[IBig], &UBig) -> bool,
    go_on: &dyn Fn() -> bool,
) -> Option<Fractions> {
    if matrix.is_empty() {
        return holds(&[], &UBig::ONE).then_some((Vec::new(), UBig::ONE));
    }
    solve_whole(matrix, right, inverse, holds, go_on)
}

/// Whether `$\sum_i x_i M_{ik} = d c_k$`.
fn is_product(matrix: &[Entries], x: &[IBig], right: &[IBig], d: &UBig) -> bool {
    let d = IBig::from(d.clone());
    let mut left: Vec<IBig> = right.iter().map(|c| -(c * &d)).collect();
    for (row, x) in matrix.iter().zip(x) {
        for (k, a) in row {
            left[*k] += a * x;
        }
    }
    left.iter().all(IBig::is_zero)
}

fn transposed(rows: &[Entries]) -> Vec<Entries> {
    let mut columns = vec![Vec::new(); rows.len()];
    for (i, row) in rows.iter().enumerate() {
        for (k, a) in row {
            columns[*k].push((i, a.clone()));
        }
    }
    columns
}

/// The numbers below `len`, these `first`.
fn first_then_rest(first: impl Iterator<Item = usize>, len: usize) -> Vec<usize> {
    let mut order: Vec<usize> = first.collect();
    let mut is_first = vec![false; len];
    for j in &order {
        is_first[*j] = true;
    }
    order.extend((0..len).filter(|j| !is_first[*j]));
    order
}
