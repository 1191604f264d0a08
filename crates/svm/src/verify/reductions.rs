//! Columns replaced by what others leave of them.

use std::collections::BTreeSet;

use super::dyadic::Dyadic;
use super::refutation::Refutation;
use crate::basis::ReducedColumn;

/// Steps of a regular change of columns.
#[derive(Clone)]
pub(super) struct Reductions {
    steps: Vec<Step>,
    is_changed: Vec<bool>,
    /// The columns that the steps are about, in increasing order.
    involved: Vec<usize>,
    /// The place of each column among these.
    places: Vec<Option<usize>>,
}

/// `$A_{\cdot k} \leftarrow d A_{\cdot k} + \sum_l (-c_l) A_{\cdot l}$`.
#[derive(Clone)]
struct Step {
    column: usize,
    factor: Dyadic,
    /// `$(l, -c_l)$`.
    terms: Vec<(usize, Dyadic)>,
}

impl Step {
    /// None if it isn't one, or isn't regular.
    fn of(reduced: &ReducedColumn, ncols: usize) -> Option<Self> {
        let column = reduced.column;
        let factor = Dyadic::of(reduced.factor).filter(|d| column < ncols && !d.is_zero())?;
        let term = |&(k, c): &(usize, f64)| {
            let c = Dyadic::of(-c).filter(|_| k < ncols && k != column)?;
            Some((k, c))
        };
        Some(Self { column, factor, terms: reduced.terms.iter().map(term).collect::<Option<_>>()? })
    }
}

impl Reductions {
    pub fn of(reduced: &[ReducedColumn], ncols: usize) -> Result<Self, Refutation> {
        let steps: Option<Vec<Step>> = reduced.iter().map(|each| Step::of(each, ncols)).collect();
        let steps = steps.ok_or(Refutation::NotNearby)?;
        let (mut is_changed, mut places) = (vec![false; ncols], vec![None; ncols]);
        let mut involved = BTreeSet::new();
        for Step { column, terms, .. } in &steps {
            is_changed[*column] = true;
            involved.insert(*column);
            involved.extend(terms.iter().map(|(k, _)| *k));
        }
        for (place, k) in involved.iter().enumerate() {
            places[*k] = Some(place);
        }
        Ok(Self { steps, is_changed, involved: involved.into_iter().collect(), places })
    }

    /// Whether a column is replaced.
    pub fn change(&self, column: usize) -> bool {
        self.is_changed[column]
    }

    /// The entries of a row afterwards, from those before; what isn't there is zero. In increasing order.
    pub fn applied(&self, entries: Vec<(usize, Dyadic)>) -> Vec<(usize, Dyadic)> {
        if self.steps.is_empty() {
            return entries;
        }
        let (mut left, mut row) = (Vec::new(), vec![None; self.involved.len()]);
        for (k, a) in entries {
            match self.places[k] {
                Some(place) => row[place] = Some(a),
                None => left.push((k, a)),
            }
        }
        let entry = |row: &[Option<Dyadic>], k: usize, c: &Dyadic| {
            self.places[k].and_then(|place| Some(row[place].as_ref()? * c))
        };
        for Step { column, factor, terms } in &self.steps {
            let own = entry(&row, *column, factor).unwrap_or_else(Dyadic::zero);
            let of_others = terms.iter().filter_map(|(k, c)| entry(&row, *k, c));
            let sum = of_others.fold(own, |sum, term| &sum + &term);
            if let Some(place) = self.places[*column] {
                row[place] = (!sum.is_zero()).then_some(sum);
            }
        }
        left.extend(self.involved.iter().zip(row).filter_map(|(k, a)| Some((*k, a?))));
        left.sort_by_key(|(k, _)| *k);
        left
    }

    /// Requires that these columns have no entry afterwards in rows of these `entries`.
    pub fn require_none(
        &self,
        columns: &BTreeSet<usize>,
        rows: impl Iterator<Item = usize>,
        entries: &dyn Fn(usize) -> Result<Vec<(usize, Dyadic)>, Refutation>,
    ) -> Result<(), Refutation> {
        if columns.is_empty() {
            return Ok(());
        }
        let needed = self.leading_to(columns);
        for row in rows {
            if needed.applied(entries(row)?).iter().any(|(k, _)| columns.contains(k)) {
                return Err(Refutation::NotNearby);
            }
        }
        Ok(())
    }

    /// The steps that are needed for these columns.
    fn leading_to(&self, columns: &BTreeSet<usize>) -> Self {
        let mut needed = columns.clone();
        let mut steps: Vec<Step> = Vec::new();
        for step in self.steps.iter().rev() {
            if needed.contains(&step.column) {
                needed.extend(step.terms.iter().map(|(k, _)| *k));
                steps.push(step.clone());
            }
        }
        steps.reverse();
        Self { steps, ..self.clone() }
    }
}
