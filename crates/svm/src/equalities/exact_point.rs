//! A vector that satisfies the equalities exactly, and the doubles next to it.

use dashu_int::{IBig, UBig};
use serde::{Deserialize, Serialize};

use super::fraction::{Rounded, WholeVector};
use super::pivot_system::PivotSystem;
use crate::exact_rows::parts;
use crate::whole_number;

/// Entries `$w_k = 2^e m_k / d$` of a vector, with whole `$m_k$` and `$d$`: those that the equalities determine, and where doubles
/// have too few digits all others, too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ExactEntries {
    /// Columns with their numerators.
    pub entries: Vec<ExactEntry>,
    /// `$d > 0$`.
    #[serde(with = "whole_number")]
    pub denominator: UBig,
    /// `$e$`.
    pub exponent: i64,
}

/// An entry of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ExactEntry {
    /// `$k$`.
    pub column: usize,
    /// `$m_k$`.
    #[serde(with = "whole_number")]
    pub numerator: IBig,
}

/// A `$w'$` with `$E w' = 0$`.
#[derive(Debug, Clone)]
pub(super) struct ExactPoint {
    /// `$w'$` in doubles, exactly but where it is given as a fraction.
    pub w: Vec<f64>,
    /// What that misses there, in doubles.
    pub rest: Vec<Vec<f64>>,
    /// What the sum of all these is off by at most.
    pub errors: Vec<f64>,
    pub exact: ExactEntries,
}

/// Doubles for an entry that is determined by doubles.
const FEW_PARTS: usize = 2;

/// Doubles for an entry of a vector that is divided exactly.
const OVER_PARTS: usize = 4;

impl ExactPoint {
    /// The vector that agrees with `w` where it isn't determined.
    pub fn near(system: &PivotSystem, w: &[f64], go_on: &dyn Fn() -> bool) -> Option<Self> {
        Self::of(system, &WholeVector::near(w), FEW_PARTS, go_on, |k| system.determines(k))
    }

    /// The same for a sum of vectors.
    pub fn near_sum(
        system: &PivotSystem,
        terms: &[Vec<f64>],
        go_on: &dyn Fn() -> bool,
    ) -> Option<Self> {
        let all_are = terms.len() > 1;
        let count = FEW_PARTS.max(terms.len());
        let free = WholeVector::of_parts(terms);
        Self::of(system, &free, count, go_on, |k| all_are || system.determines(k))
    }

    /// The vector with these `free` entries where it isn't determined, and fractions where `is_exact` says so.
    fn of(
        system: &PivotSystem,
        free: &WholeVector,
        count: usize,
        go_on: &dyn Fn() -> bool,
        is_exact: impl Fn(usize) -> bool,
    ) -> Option<Self> {
        let (numerators, denominator) = system.determined(&free.numbers, go_on)?;
        let d = IBig::from(denominator.clone());
        let entry = |column: usize| {
            let numerator = match system.place(column) {
                Some(at) => numerators[at].clone(),
                None => &free.numbers[column] * &d,
            };
            ExactEntry { column, numerator }
        };
        let entries = (0..free.numbers.len()).filter(|k| is_exact(*k)).map(entry).collect();
        let exact = ExactEntries { entries, denominator, exponent: free.exponent };
        Self::rounded(free.doubles(), exact, count)
    }

    /// The vector of these doubles, but for its exact entries, which are rounded to so many of them.
    fn rounded(mut w: Vec<f64>, exact: ExactEntries, count: usize) -> Option<Self> {
        let n = w.len();
        let (mut rest, mut errors) = (vec![vec![0.0; n]; count - 1], vec![0.0; n]);
        for ExactEntry { column, numerator } in &exact.entries {
            let rounded = Rounded::of((numerator, &exact.denominator), exact.exponent, count);
            (w[*column], errors[*column]) = (rounded.parts[0], rounded.error);
            for (rest, part) in rest.iter_mut().zip(&rounded.parts[1..]) {
                rest[*column] = *part;
            }
        }
        w.iter().all(|w| w.is_finite()).then_some(Self { w, rest, errors, exact })
    }

    /// The vector over a positive number, exactly.
    pub fn over(&self, divisor: f64) -> Option<Self> {
        let (significand, of_divisor) = parts(divisor);
        let exact = &self.exact;
        let d = IBig::from(exact.denominator.clone());
        let of_double = |w: &f64| {
            let (significand, own) = parts(*w);
            // All are multiples of that power of two.
            let shift = usize::try_from(own - exact.exponent).unwrap_or(0);
            (IBig::from(significand) << shift) * &d
        };
        let mut numerators: Vec<IBig> = self.w.iter().map(of_double).collect();
        for entry in &exact.entries {
            numerators[entry.column].clone_from(&entry.numerator);
        }
        let entries = numerators.into_iter().enumerate();
        let exact = ExactEntries {
            entries: entries.map(|(column, numerator)| ExactEntry { column, numerator }).collect(),
            denominator: &exact.denominator * UBig::from(significand.unsigned_abs()),
            exponent: exact.exponent - of_divisor,
        };
        Self::rounded(self.w.clone(), exact, (self.rest.len() + 1).max(OVER_PARTS))
    }
}
