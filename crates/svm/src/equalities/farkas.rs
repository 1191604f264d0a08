//! A proof that nothing satisfies inequalities and equalities together.

use dashu_int::{IBig, UBig};
use serde::{Deserialize, Serialize};

use super::fraction::Rounded;
use crate::{FarkasCertificate, whole_number};

/// A proof that no `$w$` with `$E w = 0$` satisfies `$A w \ge b$`: whole numbers `$\lambda \ge 0$` and `$\mu$` with
/// `$A^\top\lambda + E^\top\mu = 0$` and `$b^\top\lambda > 0$`, for then `$0 = \lambda^\top A w + \mu^\top E w \ge b^\top\lambda > 0$`.
///
/// Anybody can check it by multiplying out; [`verify`](Self::verify) does.
#[derive(Debug, Clone, PartialEq, thiserror::Error, Serialize, Deserialize)]
#[error(
    "no w satisfies every constraint: {} rows and {} equalities, in whole multiples, cancel, \
     while their bounds do not",
    rows.len(), equalities.len()
)]
#[non_exhaustive]
pub struct EqualityFarkas {
    pub(crate) rows: Vec<RowMultiplier>,
    pub(crate) equalities: Vec<EqualityMultiplier>,
}

/// The multiplier of a row of `$A$`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct RowMultiplier {
    pub row: usize,
    #[serde(with = "whole_number")]
    pub multiplier: UBig,
}

/// The multiplier of a row of `$E$`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct EqualityMultiplier {
    pub row: usize,
    #[serde(with = "whole_number")]
    pub multiplier: IBig,
}

impl EqualityFarkas {
    /// The rows of `$A$` that have a multiplier `$\lambda_j > 0$`.
    pub fn row_multipliers(&self) -> impl Iterator<Item = (usize, &UBig)> {
        self.rows.iter().map(|each| (each.row, &each.multiplier))
    }

    /// The rows of `$E$` that have a multiplier `$\mu_j$`.
    pub fn equality_multipliers(&self) -> impl Iterator<Item = (usize, &IBig)> {
        self.equalities.iter().map(|each| (each.row, &each.multiplier))
    }

    /// `$\lambda$` over the sum of its entries, for all of `nrows` rows of `$A$`.
    pub fn normalized_multipliers(&self, nrows: usize) -> Vec<f64> {
        let mut multipliers = vec![0.0; nrows];
        let sum: UBig = self.rows.iter().map(|each| &each.multiplier).sum();
        for (row, l) in self.row_multipliers().filter(|(row, _)| *row < nrows) {
            multipliers[row] = Rounded::double((&IBig::from(l.clone()), &sum), 0);
        }
        multipliers
    }

    /// What a certificate in whole numbers for the rows `$(A; E; -E)$` says of `$A$` and `$E$`, which have so many.
    pub(super) fn of_stacked(
        certificate: &FarkasCertificate,
        nrows: usize,
        nequalities: usize,
    ) -> Self {
        let mut found = Self { rows: Vec::new(), equalities: Vec::new() };
        let mut signed = vec![IBig::ZERO; nequalities];
        for (row, multiplier) in certificate.whole_multipliers() {
            let Some(at) = row.checked_sub(nrows) else {
                found.rows.push(RowMultiplier { row, multiplier: multiplier.clone() });
                continue;
            };
            let multiplier = IBig::from(multiplier.clone());
            let is_negative = at >= nequalities;
            signed[at % nequalities] += if is_negative { -multiplier } else { multiplier };
        }
        let pairs = signed.into_iter().enumerate().filter(|(_, multiplier)| !multiplier.is_zero());
        found.equalities =
            pairs.map(|(row, multiplier)| EqualityMultiplier { row, multiplier }).collect();
        found
    }
}
