//! A vector that satisfies the equalities exactly, and the doubles next to it.

use dashu_int::{IBig, UBig};
use serde::{Deserialize, Serialize};

use super::fraction::{Rounded, WholeVector};
use super::pivot_system::PivotSystem;
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

impl ExactPoint {
    /// The vector that agrees with `w` where it isn't determined.
    pub fn near(system: &PivotSystem, w: &[f64], go_on: &dyn Fn() -> bool) -> Option<Self> {
        Self::of(system, WholeVector::near(w), FEW_PARTS, go_on, |k| system.determines(k))
    }

    /// The same for a sum of vectors.
    pub fn near_sum(
        system: &PivotSystem,
        parts: &[Vec<f64>],
        go_on: &dyn Fn() -> bool,
    ) -> Option<Self> {
        let all_are = parts.len() > 1;
        let count = FEW_PARTS.max(parts.len());
        let free = WholeVector::of_parts(parts);
        Self::of(system, free, count, go_on, |k| all_are || system.determines(k))
    }

    /// The vector with these `free` entries where it isn't determined, and fractions where `is_exact` says so.
    fn of(
        system: &PivotSystem,
        free: WholeVector,
        count: usize,
        go_on: &dyn Fn() -> bool,
        is_exact: impl Fn(usize) -> bool,
    ) -> Option<Self> {
        let (numerators, denominator) = system.determined(&free.numbers, go_on)?;
        let n = free.numbers.len();
        let (mut rest, mut errors) = (vec![vec![0.0; n]; count - 1], vec![0.0; n]);
        let mut w = free.doubles();
        let d = IBig::from(denominator.clone());
        let mut entries = Vec::new();
        for column in (0..n).filter(|k| is_exact(*k)) {
            let numerator = match system.place(column) {
                Some(at) => numerators[at].clone(),
                None => &free.numbers[column] * &d,
            };
            let rounded = Rounded::of((&numerator, &denominator), free.exponent, count);
            (w[column], errors[column]) = (rounded.parts[0], rounded.error);
            for (rest, part) in rest.iter_mut().zip(&rounded.parts[1..]) {
                rest[column] = *part;
            }
            entries.push(ExactEntry { column, numerator });
        }
        let exact = ExactEntries { entries, denominator, exponent: free.exponent };
        w.iter().all(|w| w.is_finite()).then_some(Self { w, rest, errors, exact })
    }
}
