//! Exact solutions of linear systems of whole numbers, digit by digit (Dixon, Numer. Math. 40, 1982).

use dashu_int::ops::Gcd;
use dashu_int::{IBig, UBig};

use crate::modular::{Inverse, PRIME, residue};

/// Most bits that a solution may take.
const MOST_BITS: usize = 60_000;

/// Solves $\sum_i x_i M_{ik} = c_k$ for a square matrix of whole numbers, given the `inverse` of $M^\top$
/// modulo [`PRIME`]: numerators of $x$ over a common positive denominator.
///
/// `accepts` is asked about a solution that more digits could still change; one that it accepts is
/// returned at once. None if no solution is accepted before it would take too many digits.
///
/// A digit costs one product with the inverse modulo the prime and one with $M$.
pub(crate) fn solve_whole(
    matrix: &[Vec<(usize, IBig)>],
    right: Vec<IBig>,
    inverse: &Inverse,
    mut accepts: impl FnMut(&[IBig], &UBig) -> bool,
) -> Option<(Vec<IBig>, UBig)> {
    let size = matrix.len();
    let prime = IBig::from(PRIME);
    let mut rest = right;
    let mut digits: Vec<Vec<u64>> = Vec::new();
    let mut checkpoint = 4;
    let most = MOST_BITS / 31;
    loop {
        while digits.len() < checkpoint {
            let residues: Vec<u64> = rest.iter().map(residue).collect();
            let digit = inverse.times(&residues);
            for (row, x) in matrix.iter().zip(&digit) {
                for (k, entry) in row {
                    rest[*k] -= entry * *x;
                }
            }
            for rest in &mut rest {
                *rest = &*rest / &prime;
            }
            digits.push(digit);
        }
        let modulus = UBig::from(PRIME).pow(digits.len());
        let values: Vec<UBig> = (0..size).map(|i| from_digits(&digits, i)).collect();
        if let Some((numerators, denominator)) = reconstructed(&values, &modulus)
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

fn from_digits(digits: &[Vec<u64>], i: usize) -> UBig {
    digits.iter().rev().fold(UBig::ZERO, |value, digit| value * PRIME + digit[i])
}

/// Fractions with a common denominator that are `values` modulo `modulus`, if there are small ones.
fn reconstructed(values: &[UBig], modulus: &UBig) -> Option<(Vec<IBig>, UBig)> {
    let bound = UBig::ONE << ((modulus.bit_len_of() - 2) / 2);
    let mut denominator = UBig::ONE;
    for value in values {
        let value = (value * &denominator) % modulus;
        if small(&value, modulus, &bound).is_none() {
            denominator *= fraction(&value, modulus, &bound)?;
            if denominator >= bound {
                return None;
            }
        }
    }
    let numerators: Option<Vec<IBig>> = values
        .iter()
        .map(|value| small(&((value * &denominator) % modulus), modulus, &bound))
        .collect();
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

/// The denominator $d$ of the fraction $n/d$ with $n, d$ below `bound` that is `value` modulo
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

/// The length of a number in bits.
trait BitLength {
    fn bit_len_of(&self) -> usize;
}

impl BitLength for UBig {
    fn bit_len_of(&self) -> usize {
        dashu_int::ops::BitTest::bit_len(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modular::Elimination;

    /// Solves for $x = $ `numerators` over `denominator` in the product with that matrix.
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
        let inverse = Elimination::of(&matrix, 3).inverse(&matrix).unwrap();
        let exact = |x: &[IBig], d: &UBig| {
            (0..3).all(|k| product(x, k) == &right[k] * IBig::from(d.clone()))
        };
        let (x, d) = solve_whole(&matrix, right.clone(), &inverse, exact).unwrap();
        assert_eq!((x, d), (numerators.to_vec(), UBig::from(denominator)));
    }

    #[test]
    fn whole_and_broken_solutions() {
        recovers(&[[3, -5, 7], [11, 2, 1 << 40], [1, -9, 4]], [7, -66, 1 << 60], 1);
        // Every entry a multiple of the denominator.
        recovers(&[[21, 0, 42], [0, 63, 21], [-84, 21, 0]], [5, -4, 1], 21);
    }
}
