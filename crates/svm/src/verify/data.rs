//! Data as exact numbers.

use mirrorhead_kernels::LinearOperator;

use super::dyadic::Dyadic;
use super::refutation::Refutation;

/// A vector and what is to be added to it.
pub(super) type Sum<'x> = (&'x [f64], &'x [Vec<f64>]);

pub(super) fn fits(what: &'static str, expected: usize, found: usize) -> Result<(), Refutation> {
    if expected == found {
        Ok(())
    } else {
        Err(Refutation::ShapeMismatch { what, expected, found })
    }
}

/// The entries as exact numbers.
pub(super) fn exact(what: &'static str, x: &[f64]) -> Result<Vec<Dyadic>, Refutation> {
    let entry = |(index, x): (usize, &f64)| {
        Dyadic::of(*x).ok_or(Refutation::InvalidEntry { what, index, expectation: "finite" })
    };
    x.iter().enumerate().map(entry).collect()
}

/// `length` sums of doubles as exact numbers.
pub(super) fn exact_sum(
    what: &'static str,
    whats: &'static str,
    length: usize,
    (leading, rest): Sum<'_>,
) -> Result<Vec<Dyadic>, Refutation> {
    fits(whats, length, leading.len())?;
    let mut sums = exact(what, leading)?;
    for part in rest {
        fits(whats, length, part.len())?;
        for (sum, x) in sums.iter_mut().zip(exact(what, part)?) {
            *sum = &*sum + &x;
        }
    }
    Ok(sums)
}

/// One number, exactly.
pub(super) fn exact_number(what: &'static str, x: f64) -> Result<Dyadic, Refutation> {
    Dyadic::of(x).ok_or(Refutation::InvalidEntry { what, index: 0, expectation: "finite" })
}

/// A number that is a sum of doubles, exactly.
pub(super) fn exact_total(
    what: &'static str,
    (leading, rest): (f64, &[f64]),
) -> Result<Dyadic, Refutation> {
    rest.iter()
        .try_fold(exact_number(what, leading)?, |sum, part| Ok(&sum + &exact_number(what, *part)?))
}

/// The terms of row `row`, exactly.
pub(super) fn row_terms(
    operator: &dyn LinearOperator,
    row: usize,
) -> Result<Vec<(usize, Dyadic)>, Refutation> {
    let mut terms = Vec::new();
    let known = operator.exact_row(row, &mut |k, a| terms.push((k, Dyadic::of(a))));
    let terms: Option<Vec<_>> = terms.into_iter().map(|(k, a)| a.map(|a| (k, a))).collect();
    terms.filter(|_| known).ok_or(Refutation::RowNotExact { row })
}

/// `$A^\top\lambda$` for the rows named.
pub(super) fn combination<'l>(
    operator: &dyn LinearOperator,
    multipliers: impl Iterator<Item = (usize, &'l Dyadic)>,
) -> Result<Vec<Dyadic>, Refutation> {
    let mut dual_point = vec![Dyadic::zero(); operator.ncols()];
    for (row, l) in multipliers.filter(|(_, l)| !l.is_zero()) {
        for (k, a) in row_terms(operator, row)? {
            dual_point[k] = &dual_point[k] + &(&a * l);
        }
    }
    Ok(dual_point)
}
