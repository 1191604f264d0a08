//! Columns replaced by what others leave of them.

use std::collections::BTreeSet;

use super::accumulator::{Accumulator, Words};
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

/// `$A_{\cdot k} \leftarrow d A_{\cdot k} + \sum_l (-c_l) A_{\cdot l}$`, with the places of columns among those involved.
#[derive(Clone)]
struct Step {
    place: usize,
    /// `$(k, d)$` and `$(l, -c_l)$`.
    terms: Vec<(usize, Words)>,
}

impl Step {
    /// None if it isn't one, or isn't regular.
    fn of(reduced: &ReducedColumn, places: &[Option<usize>]) -> Option<Self> {
        let place = places[reduced.column]?;
        let factor = Dyadic::of(reduced.factor).filter(|d| !d.is_zero())?;
        let own = std::iter::once(Words::of(&factor).map(|d| (place, d)));
        let others = reduced.terms.iter().map(|&(k, c)| {
            (k != reduced.column).then_some((places[k]?, Words::of(&Dyadic::of(-c)?)?))
        });
        Some(Self { place, terms: own.chain(others).collect::<Option<_>>()? })
    }

    /// The entry of its column afterwards. None if it has too many digits.
    fn left(&self, row: &[Words]) -> Option<Words> {
        let mut sum = Accumulator::default();
        for (place, c) in &self.terms {
            sum.add_product(&row[*place], c);
        }
        Words::of(&sum.total())
    }
}

impl Reductions {
    pub fn of(reduced: &[ReducedColumn], ncols: usize) -> Result<Self, Refutation> {
        let (mut is_changed, mut places) = (vec![false; ncols], vec![None; ncols]);
        let mut involved = BTreeSet::new();
        for ReducedColumn { column, terms, .. } in reduced {
            *is_changed.get_mut(*column).ok_or(Refutation::NotNearby)? = true;
            involved.insert(*column);
            involved.extend(terms.iter().map(|(k, _)| *k));
        }
        for (place, k) in involved.iter().enumerate() {
            *places.get_mut(*k).ok_or(Refutation::NotNearby)? = Some(place);
        }
        let steps: Option<Vec<Step>> = reduced.iter().map(|each| Step::of(each, &places)).collect();
        let steps = steps.ok_or(Refutation::NotNearby)?;
        Ok(Self { steps, is_changed, involved: involved.into_iter().collect(), places })
    }

    /// Whether a column is replaced.
    pub fn change(&self, column: usize) -> bool {
        self.is_changed[column]
    }

    /// The entries of a row afterwards, from those before; what isn't there is zero. In increasing order. An error where they have too
    /// many digits.
    pub fn applied(
        &self,
        entries: Vec<(usize, Dyadic)>,
    ) -> Result<Vec<(usize, Dyadic)>, Refutation> {
        if self.steps.is_empty() {
            return Ok(entries);
        }
        let (mut left, mut row) = (Vec::new(), vec![Words::default(); self.involved.len()]);
        for (k, a) in entries {
            match self.places[k] {
                Some(place) => row[place] = Words::of(&a).ok_or(Refutation::NotNearby)?,
                None => left.push((k, a)),
            }
        }
        for step in &self.steps {
            row[step.place] = step.left(&row).ok_or(Refutation::NotNearby)?;
        }
        let involved = self.involved.iter().zip(&row).filter(|(_, a)| !a.is_zero());
        left.extend(involved.map(|(k, a)| (*k, a.total())));
        left.sort_by_key(|(k, _)| *k);
        Ok(left)
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
            if needed.applied(entries(row)?)?.iter().any(|(k, _)| columns.contains(k)) {
                return Err(Refutation::NotNearby);
            }
        }
        Ok(())
    }

    /// The steps that are needed for these columns.
    fn leading_to(&self, columns: &BTreeSet<usize>) -> Self {
        let mut needed: BTreeSet<usize> = columns.iter().filter_map(|k| self.places[*k]).collect();
        let mut steps: Vec<Step> = Vec::new();
        for step in self.steps.iter().rev() {
            if needed.contains(&step.place) {
                needed.extend(step.terms.iter().map(|(place, _)| *place));
                steps.push(step.clone());
            }
        }
        steps.reverse();
        Self { steps, ..self.clone() }
    }
}
