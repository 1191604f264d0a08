//! A vector that satisfies the equalities exactly, and the doubles next to it.

use dashu_int::{IBig, UBig};
use serde::{Deserialize, Serialize};

use super::fraction::{Rounded, WholeVector};
use super::pivot_system::PivotSystem;
use crate::whole_number;

/// The entries of a vector that the equalities determine, `$w_k = 2^e m_k / d$` with whole `$m_k$` and `$d$`: its other entries
/// are doubles.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DeterminedEntries {
    /// Columns with their numerators.
    pub entries: Vec<DeterminedEntry>,
    /// `$d > 0$`.
    #[serde(with = "whole_number")]
    pub denominator: UBig,
    /// `$e$`.
    pub exponent: i64,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DeterminedEntry {
    /// `$k$`.
    pub column: usize,
    /// `$m_k$`.
    #[serde(with = "whole_number")]
    pub numerator: IBig,
}

/// A `$w'$` with `$E w' = 0$`.
#[derive(Debug, Clone)]
pub(super) struct ExactPoint {
    /// `$w'$` in doubles, exactly but where it is determined.
    pub w: Vec<f64>,
    /// What that misses there, rounded.
    pub rest: Vec<f64>,
    /// What the sum of both is off by at most.
    pub errors: Vec<f64>,
    pub determined: DeterminedEntries,
}

impl ExactPoint {
    /// The vector that agrees with `w` where it isn't determined.
    pub fn near(system: &PivotSystem, w: &[f64], go_on: &dyn Fn() -> bool) -> Option<Self> {
        let whole = WholeVector::near(w);
        let (numerators, denominator) = system.determined(&whole.numbers, go_on)?;
        let (mut rest, mut errors) = (vec![0.0; w.len()], vec![0.0; w.len()]);
        let mut w = whole.doubles();
        for (numerator, &column) in numerators.iter().zip(system.columns()) {
            let rounded = Rounded::of(numerator, &denominator, whole.exponent);
            (w[column], rest[column], errors[column]) =
                (rounded.value, rounded.rest, rounded.error);
        }
        let pairs = numerators.into_iter().zip(system.columns());
        let entries = pairs.map(|(numerator, &column)| DeterminedEntry { column, numerator });
        let determined =
            DeterminedEntries { entries: entries.collect(), denominator, exponent: whole.exponent };
        w.iter().all(|w| w.is_finite()).then_some(Self { w, rest, errors, determined })
    }
}
