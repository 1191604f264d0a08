//! Columns that depend on others.

use dashu_int::IBig;

use super::dyadic::Dyadic;
use super::refutation::Refutation;
use crate::dependent_columns::DependentColumn;

/// Columns that are combinations of others.
pub(super) struct Relations {
    pub is_dependent: Vec<bool>,
    /// Columns with their coefficients, which make zero.
    all: Vec<Vec<(usize, Dyadic)>>,
}

impl Relations {
    pub fn of(dependent: &[DependentColumn], ncols: usize) -> Result<Self, Refutation> {
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
    pub fn require(&self, entries: &[(usize, Dyadic)]) -> Result<(), Refutation> {
        let entry = |k: usize| entries.binary_search_by_key(&k, |(k, _)| *k).ok();
        let holds = |relation: &Vec<(usize, Dyadic)>| {
            let terms = relation.iter().filter_map(|(k, c)| Some(&entries[entry(*k)?].1 * c));
            terms.fold(Dyadic::zero(), |sum, term| &sum + &term).is_zero()
        };
        if self.all.iter().all(holds) { Ok(()) } else { Err(Refutation::NotNearby) }
    }
}
