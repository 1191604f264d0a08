//! Elimination modulo a prime.

use std::collections::BTreeMap;

use dashu_int::IBig;

/// `$2^{31} - 1$`, a prime; products of two residues fit in 64 bits.
pub(crate) const PRIME: u64 = (1 << 31) - 1;

/// `$x$` modulo [`PRIME`].
pub(crate) fn residue(x: &IBig) -> u64 {
    (x % PRIME.cast_signed()).rem_euclid(PRIME.cast_signed()).cast_unsigned()
}

/// Which rows of a matrix are independent of those before them, and columns in which they show it.
pub(crate) struct Elimination {
    /// The rows, in increasing order.
    pub rows: Vec<usize>,
    /// One column for each of these rows.
    pub columns: Vec<usize>,
}

impl Elimination {
    /// Eliminates sparse rows over `ncols` columns, in the order given, until `patience` of them in a row
    /// were dependent on those before.
    ///
    /// It ends once more than `most` are independent. None if `go_on`, which is asked before every row, says so. By bad luck rows that are independent may be dependent modulo the prime: who uses the result checks
    /// it.
    pub fn of(
        rows: &[Vec<(usize, IBig)>],
        ncols: usize,
        (patience, most): (usize, usize),
        go_on: &dyn Fn() -> bool,
    ) -> Option<Self> {
        let mut found = Self { rows: Vec::new(), columns: Vec::new() };
        // Reduced rows with a one in their own column.
        let mut reduced: Vec<Vec<u64>> = Vec::new();
        let mut dependent = 0;
        for (j, row) in rows.iter().enumerate() {
            if found.rows.len() == ncols || found.rows.len() > most || dependent > patience {
                break;
            }
            if !go_on() {
                return None;
            }
            let mut row = dense(row, ncols);
            for (pivot, column) in reduced.iter().zip(&found.columns) {
                let factor = row[*column];
                if factor != 0 {
                    subtract(&mut row, factor, pivot);
                }
            }
            let Some(column) = row.iter().position(|x| *x != 0) else {
                dependent += 1;
                continue;
            };
            dependent = 0;
            let factor = inverse(row[column]);
            scale(&mut row, factor);
            reduced.push(row);
            found.rows.push(j);
            found.columns.push(column);
        }
        Some(found)
    }

    /// These rows of `rows`, in these columns: (place among them, entry) of each.
    pub fn square(&self, rows: &[Vec<(usize, IBig)>]) -> Vec<Vec<(usize, IBig)>> {
        let places: BTreeMap<usize, usize> =
            self.columns.iter().enumerate().map(|(place, column)| (*column, place)).collect();
        let row = |j: &usize| {
            rows[*j].iter().filter_map(|(k, a)| places.get(k).map(|at| (*at, a.clone()))).collect()
        };
        self.rows.iter().map(row).collect()
    }

    /// The inverse of the transposed square matrix of these rows and columns of `rows`. None if there is none,
    /// or `go_on` says so.
    pub fn inverse(
        &self,
        rows: &[Vec<(usize, IBig)>],
        go_on: &dyn Fn() -> bool,
    ) -> Option<Inverse> {
        let size = self.rows.len();
        // M^T beside the identity.
        let mut both = vec![vec![0; 2 * size]; size];
        for (i, row) in self.square(rows).iter().enumerate() {
            for (place, entry) in row {
                both[*place][i] = residue(entry);
            }
            both[i][size + i] = 1;
        }
        for i in 0..size {
            if !go_on() {
                return None;
            }
            let pivot = (i..size).find(|&l| both[l][i] != 0)?;
            both.swap(i, pivot);
            let factor = inverse(both[i][i]);
            scale(&mut both[i], factor);
            let row = both[i].clone();
            for (l, other) in both.iter_mut().enumerate() {
                if l != i && other[i] != 0 {
                    let factor = other[i];
                    subtract(other, factor, &row);
                }
            }
        }
        Some(Inverse { rows: both.into_iter().map(|row| row[size..].to_vec()).collect() })
    }
}

/// A square matrix modulo [`PRIME`].
pub(crate) struct Inverse {
    rows: Vec<Vec<u64>>,
}

impl Inverse {
    /// The product with a vector.
    pub fn times(&self, x: &[u64]) -> Vec<u64> {
        let row =
            |row: &Vec<u64>| row.iter().zip(x).map(|(a, x)| folded(a * x)).sum::<u64>() % PRIME;
        self.rows.iter().map(row).collect()
    }
}

fn dense(row: &[(usize, IBig)], ncols: usize) -> Vec<u64> {
    let mut out = vec![0; ncols];
    for (k, entry) in row {
        out[*k] = residue(entry);
    }
    out
}

fn scale(row: &mut [u64], factor: u64) {
    for x in row {
        *x = reduced(*x * factor);
    }
}

/// `row` minus `factor` times `pivot`.
fn subtract(row: &mut [u64], factor: u64, pivot: &[u64]) {
    let factor = PRIME - factor;
    for (x, p) in row.iter_mut().zip(pivot) {
        *x = reduced(*x + factor * p);
    }
}

/// A number below `$2^{33}$` that is `x` modulo [`PRIME`]: `$2^{31} \equiv 1$`.
fn folded(x: u64) -> u64 {
    (x >> 31) + (x & PRIME)
}

/// `x` `$< 2^{63}$` modulo [`PRIME`].
fn reduced(x: u64) -> u64 {
    let x = folded(folded(x));
    if x >= PRIME { x - PRIME } else { x }
}

/// `$x^{-1} = x^{p - 2}$`.
fn inverse(x: u64) -> u64 {
    let (mut power, mut square, mut left) = (1, x, PRIME - 2);
    while left > 0 {
        if left & 1 == 1 {
            power = power * square % PRIME;
        }
        square = square * square % PRIME;
        left >>= 1;
    }
    power
}
