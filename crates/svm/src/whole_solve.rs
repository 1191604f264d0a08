//! Exact solutions of linear systems of whole numbers, digit by digit (Dixon, Numer. Math. 40, 1982).

use dashu_int::ops::{BitTest, Gcd};
use dashu_int::{IBig, UBig};

use crate::modular::{Inverse, PRIME, residue};

/// Most bits that a solution may take.
const MOST_BITS: usize = 60_000;

/// A sparse matrix by its rows: (column, entry).
type Rows<T> = [Vec<(usize, T)>];

/// Solves `$\sum_i x_i M_{ik} = c_k$` for a square matrix of whole numbers, given the `inverse` of `$M^\top$`
/// modulo [`PRIME`]: numerators of `$x$` over a common positive denominator.
///
/// `accepts` is asked about a solution that more digits could still change; one that it accepts is
/// returned at once. None if no solution is accepted before it would take too many digits, or `go_on`,
/// which is asked for every digit, says so.
///
/// A digit costs one product with the inverse modulo the prime and one with `$M$`.
pub(crate) fn solve_whole(
    matrix: &Rows<IBig>,
    right: Vec<IBig>,
    inverse: &Inverse,
    mut accepts: impl FnMut(&[IBig], &UBig) -> bool,
    go_on: &dyn Fn() -> bool,
) -> Option<(Vec<IBig>, UBig)> {
    let most = digits_enough(matrix, &right).min(MOST_BITS / DIGIT_BITS);
    let narrow = narrow(matrix);
    let mut rest = Rest::Wide(right);
    let mut digits: Vec<Vec<u64>> = Vec::new();
    let mut checkpoint = most.min(4);
    loop {
        while digits.len() < checkpoint {
            if !go_on() {
                return None;
            }
            let digit = inverse.times(&rest.residues());
            rest = rest.without(matrix, narrow.as_deref(), &digit);
            digits.push(digit);
        }
        if let Some((numerators, denominator)) = reconstructed(matrix.len(), &digits, go_on)
            && accepts(&numerators, &denominator)
        {
            return Some((numerators, denominator));
        }
        if checkpoint >= most {
            return None;
        }
        checkpoint = (checkpoint * 2).min(most);
    }
}

/// What is left of the right-hand side once some digits of the solution are known: it soon is as small as
/// the matrix, and then machine numbers hold it.
enum Rest {
    Wide(Vec<IBig>),
    Narrow(Vec<i128>),
}

impl Rest {
    fn residues(&self) -> Vec<u64> {
        let of_narrow = |x: &i128| {
            let residue = x.rem_euclid(i128::from(PRIME));
            u64::try_from(residue).expect("less than the prime")
        };
        match self {
            Self::Wide(rest) => rest.iter().map(residue).collect(),
            Self::Narrow(rest) => rest.iter().map(of_narrow).collect(),
        }
    }

    /// `$(c - x M)/p$` for a digit `$x$`: the division leaves no remainder.
    fn without(self, matrix: &Rows<IBig>, narrow: Option<&Rows<i128>>, digit: &[u64]) -> Self {
        match (self, narrow) {
            (Self::Narrow(mut rest), Some(narrow)) => {
                for (row, x) in narrow.iter().zip(digit) {
                    let x = i128::from(*x);
                    for (k, entry) in row {
                        rest[*k] -= entry * x;
                    }
                }
                for rest in &mut rest {
                    *rest /= i128::from(PRIME);
                }
                Self::Narrow(rest)
            }
            (Self::Wide(mut rest), narrow) => {
                for (row, x) in matrix.iter().zip(digit) {
                    for (k, entry) in row {
                        rest[*k] -= entry * IBig::from(*x);
                    }
                }
                let prime = IBig::from(PRIME);
                for rest in &mut rest {
                    *rest = &*rest / &prime;
                }
                let fits = narrow.is_some() && rest.iter().all(|x| bits(x) < NARROW_BITS - 2);
                if fits {
                    let number = |x: &IBig| i128::try_from(x).expect("few bits");
                    return Self::Narrow(rest.iter().map(number).collect());
                }
                Self::Wide(rest)
            }
            (Self::Narrow(_), None) => unreachable!("a narrow rest is of a narrow matrix"),
        }
    }
}

/// Binary digits that sums may take as machine numbers.
const NARROW_BITS: usize = 126;

/// The matrix in machine numbers, if products with digits, and their sums, are such.
fn narrow(matrix: &Rows<IBig>) -> Option<Vec<Vec<(usize, i128)>>> {
    let most = NARROW_BITS - 1 - DIGIT_BITS - 1 - bits(&IBig::from(matrix.len()));
    let row = |row: &Vec<(usize, IBig)>| {
        row.iter()
            .map(|(k, x)| {
                (bits(x) <= most).then(|| i128::try_from(x).ok()).flatten().map(|x| (*k, x))
            })
            .collect()
    };
    matrix.iter().map(row).collect()
}

/// The length of the absolute value.
fn bits(x: &IBig) -> usize {
    x.clone().into_parts().1.bit_len()
}

/// Binary digits of a digit modulo the prime, rounded down.
const DIGIT_BITS: usize = 30;

/// So many digits determine the solution: by Cramer's rule its numerators and its denominator are
/// determinants, no larger than the product of the lengths of their rows (Hadamard).
fn digits_enough(matrix: &Rows<IBig>, right: &[IBig]) -> usize {
    let longest = |lengths: &mut dyn Iterator<Item = usize>| lengths.max().unwrap_or(0);
    let of_length = bits(&IBig::from(matrix.len()));
    let rows: usize =
        matrix.iter().map(|row| longest(&mut row.iter().map(|(_, a)| bits(a))) + of_length).sum();
    let all = 2 * (rows + longest(&mut right.iter().map(bits)) + of_length + 2);
    all / DIGIT_BITS + 2
}

fn from_digits(digits: &[Vec<u64>], i: usize) -> UBig {
    digits.iter().rev().fold(UBig::ZERO, |value, digit| value * PRIME + digit[i])
}

/// Fractions with a common denominator that are the `len` numbers of these `digits`, modulo as high a power of the prime, if there are
/// small ones. None too if `go_on`, which is asked before every one, says so.
fn reconstructed(
    len: usize,
    digits: &[Vec<u64>],
    go_on: &dyn Fn() -> bool,
) -> Option<(Vec<IBig>, UBig)> {
    let modulus = UBig::from(PRIME).pow(digits.len());
    let bound = UBig::ONE << ((modulus.bit_len() - 2) / 2);
    let (mut denominator, mut values) = (UBig::ONE, Vec::new());
    // The first one is no fraction, most likely, where digits are too few.
    for i in 0..len {
        if !go_on() {
            return None;
        }
        let value = from_digits(digits, i);
        let whole = (&value * &denominator) % &modulus;
        if small(&whole, &modulus, &bound).is_none() {
            denominator *= fraction(&whole, &modulus, &bound)?;
            if denominator >= bound {
                return None;
            }
        }
        values.push(value);
    }
    let numerator = |value: &UBig| {
        go_on().then(|| small(&((value * &denominator) % &modulus), &modulus, &bound)).flatten()
    };
    let numerators: Option<Vec<IBig>> = values.iter().map(numerator).collect();
    Some((numerators?, denominator))
}

/// The number of smallest absolute value that is `value` modulo `modulus`, if it is below `bound`.
fn small(value: &UBig, modulus: &UBig, bound: &UBig) -> Option<IBig> {
    if value < bound {
        return Some(IBig::from(value.clone()));
    }
    let below = modulus - value;
    (&below < bound).then(|| -IBig::from(below))
}

/// The denominator `$d$` of the fraction `$n/d$` with `$n, d$` below `bound` that is `value` modulo
/// `modulus`: Euclid's algorithm, stopped half way.
fn fraction(value: &UBig, modulus: &UBig, bound: &UBig) -> Option<UBig> {
    let (mut last, mut now) = (modulus.clone(), value.clone());
    let (mut last_factor, mut factor) = (UBig::ZERO, UBig::ONE);
    while &now >= bound {
        let quotient = &last / &now;
        let next = &last - &quotient * &now;
        let next_factor = &last_factor + &quotient * &factor;
        (last, now) = (now, next);
        (last_factor, factor) = (factor, next_factor);
    }
    let is_reduced = (&now).gcd(&factor) == UBig::ONE || now.is_zero();
    (&factor < bound && is_reduced).then_some(factor)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modular::Elimination;

    /// Solves for `$x = $` `numerators` over `denominator` in the product with that matrix.
    fn recovers(dense: &[[i64; 3]; 3], numerators: [i64; 3], denominator: u32) {
        let matrix: Vec<Vec<(usize, IBig)>> = dense
            .iter()
            .map(|row| row.iter().enumerate().map(|(k, a)| (k, IBig::from(*a))).collect())
            .collect();
        let product = |x: &[IBig], k: usize| -> IBig {
            (0..3).map(|i| &x[i] * IBig::from(dense[i][k])).sum()
        };
        let numerators = numerators.map(IBig::from);
        let right: Vec<IBig> =
            (0..3).map(|k| product(&numerators, k) / IBig::from(denominator)).collect();
        let inverse = Elimination::of(&matrix, 3, (3, 3), &|| true).unwrap();
        let inverse = inverse.inverse(&matrix, &|| true).unwrap();
        let exact = |x: &[IBig], d: &UBig| {
            (0..3).all(|k| product(x, k) == &right[k] * IBig::from(d.clone()))
        };
        let (x, d) = solve_whole(&matrix, right.clone(), &inverse, exact, &|| true).unwrap();
        assert_eq!((x, d), (numerators.to_vec(), UBig::from(denominator)));
    }

    #[test]
    fn whole_and_broken_solutions() {
        recovers(&[[3, -5, 7], [11, 2, 1 << 40], [1, -9, 4]], [7, -66, 1 << 60], 1);
        // Every entry a multiple of the denominator.
        recovers(&[[21, 0, 42], [0, 63, 21], [-84, 21, 0]], [5, -4, 1], 21);
    }
}
