//! Rows that are each other's negatives: a point of both classes.

use std::collections::BTreeMap;

use mirrorhead_kernels::LinearOperator;

use crate::{FarkasCertificate, HardMarginProblem};

/// The proof that two opposed rows are, if their bounds sum to more than zero. Looked for last where entries are many: it takes exact
/// rows, and what rows contradict each other otherwise is found without.
pub(crate) fn opposed_rows(
    problem: &HardMarginProblem<'_>,
    go_on: &dyn Fn() -> bool,
) -> Option<FarkasCertificate> {
    let bounds = problem.bounds();
    // Rows up to their sign, and of either sign the one that asks most.
    let mut strictest: BTreeMap<Vec<(usize, u64)>, [Option<usize>; 2]> = BTreeMap::new();
    for j in 0..bounds.len() {
        if !go_on() {
            return None;
        }
        let Some((row, is_negative)) = up_to_sign(problem.operator(), j) else { continue };
        let both = strictest.entry(row).or_default();
        let own = &mut both[usize::from(is_negative)];
        if own.is_none_or(|other| bounds[other] < bounds[j]) {
            *own = Some(j);
        }
        let [Some(one), Some(other)] = *both else { continue };
        if bounds[one] + bounds[other] > 0.0 {
            let mut multipliers = vec![0.0; bounds.len()];
            (multipliers[one], multipliers[other]) = (1.0, 1.0);
            return FarkasCertificate::proven(problem, &multipliers, go_on);
        }
    }
    None
}

/// The entries of a row, the first one positive, and whether it was negative. None if there are none, or not as doubles.
fn up_to_sign(operator: &dyn LinearOperator, j: usize) -> Option<(Vec<(usize, u64)>, bool)> {
    let mut entries: Vec<(usize, f64)> = Vec::new();
    let told = operator.exact_row(j, &mut |k, a| {
        if a != 0.0 {
            entries.push((k, a));
        }
    });
    entries.sort_by_key(|(k, _)| *k);
    let is_stored = entries.windows(2).all(|pair| pair[0].0 < pair[1].0);
    let is_negative = entries.first().is_some_and(|(_, a)| *a < 0.0);
    let sign = if is_negative { -1.0 } else { 1.0 };
    let row = entries.iter().map(|(k, a)| (*k, (sign * a).to_bits())).collect();
    (told && is_stored && !entries.is_empty()).then_some((row, is_negative))
}
