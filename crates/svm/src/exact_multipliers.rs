//! From multipliers that cancel to rounding to multipliers that cancel.

use dashu_int::{IBig, UBig};

use crate::HardMarginProblem;
use crate::exact_rows::{ExactRows, parts};
use crate::modular::Elimination;
use crate::whole_solve::solve_whole;

/// Most multiplications of an elimination.
const MOST_WORK: usize = 2_000_000_000;

/// Multiplications that an elimination of all rows may take.
const LITTLE_WORK: usize = 200_000_000;

/// Most rows whose multipliers are solved for.
const MOST_UNKNOWNS: usize = 800;

/// So many rows in a row that depend on those before make it likely that all the others do, too.
const PATIENCE: usize = 100;

/// Most attempts that leave out small multipliers.
const CUTS: usize = 4;

/// Whole numbers `$\lambda > 0$` for some of the rows, with `$A^\top\lambda = 0$` and `$b^\top\lambda > 0$` exactly,
/// close to given `multipliers` `$\ge 0$` if these are close to any.
///
/// Of the rows with a multiplier as many as are independent are solved for, those of the largest
/// multipliers, and the others keep theirs. Rows that are in no certificate must be left out; their
/// multipliers are small, but how small is a guess: below the widest gaps in the sorted list. None too if
/// `go_on`, which is asked often, says so.
pub(crate) fn exact_multipliers(
    problem: &HardMarginProblem<'_>,
    multipliers: &[f64],
    go_on: &dyn Fn() -> bool,
) -> Option<Vec<(usize, UBig)>> {
    let pull = |j: usize| multipliers[j] * problem.row_sizes()[j].max(f64::MIN_POSITIVE);
    let mut rows: Vec<usize> = (0..multipliers.len()).filter(|&j| multipliers[j] > 0.0).collect();
    rows.sort_by(|&i, &j| pull(j).total_cmp(&pull(i)).then(i.cmp(&j)));
    // A row of zeros with a positive bound is impossible by itself.
    let is_impossible = |j: &&usize| problem.row_sizes()[**j] == 0.0 && problem.bounds()[**j] > 0.0;
    if let Some(&row) = rows.iter().find(is_impossible) {
        let exact = ExactRows::of(problem.operator(), &[row])?;
        return (exact.ncols() == 0).then(|| vec![(row, UBig::ONE)]);
    }
    let pulls: Vec<f64> = rows.iter().map(|&j| pull(j)).collect();
    // What has too many independent rows has them with more rows, too.
    let mut too_many = usize::MAX;
    cuts(&pulls).into_iter().find_map(|len| {
        if len >= too_many {
            return None;
        }
        let rows = &rows[..len];
        let exact = ExactRows::of(problem.operator(), rows)?;
        let given: Vec<f64> = rows.iter().map(|&j| multipliers[j]).collect();
        let bounds: Vec<f64> = rows.iter().map(|&j| problem.bounds()[j]).collect();
        let basis = basis(&exact, go_on)?;
        if basis.rows.len() > MOST_UNKNOWNS {
            too_many = len;
            return None;
        }
        let found = corrected(&exact, &basis, (&given, &bounds), go_on)?;
        let mut pairs: Vec<_> =
            rows.iter().copied().zip(found).filter(|(_, l)| *l != UBig::ZERO).collect();
        pairs.sort_by_key(|(row, _)| *row);
        Some(pairs)
    })
}

/// How many of the decreasing `pulls` to keep, the likeliest first.
fn cuts(pulls: &[f64]) -> Vec<usize> {
    let mut gaps: Vec<(f64, usize)> = (1..pulls.len())
        .map(|len| (pulls[len - 1] / pulls[len].max(f64::MIN_POSITIVE), len))
        .filter(|(ratio, len)| *ratio > 2.0 && *len > 1)
        .collect();
    gaps.sort_by(|a, b| b.0.total_cmp(&a.0));
    gaps.truncate(CUTS);
    let mut cuts: Vec<usize> = gaps.into_iter().map(|(_, len)| len).collect();
    cuts.push(pulls.len());
    cuts
}

/// As many rows as are independent, or one more than may be; none if that takes too long.
fn basis(rows: &ExactRows, go_on: &dyn Fn() -> bool) -> Option<Elimination> {
    let rank = rows.entries.len().min(rows.ncols()).min(MOST_UNKNOWNS);
    if (rank + PATIENCE) * rows.ncols() * rank > MOST_WORK {
        return None;
    }
    // Where it costs little nothing is left to luck: columns of a few rows show late.
    let little = rows.entries.len() * rows.ncols() * rank <= LITTLE_WORK;
    let patience = if little { rows.entries.len() } else { PATIENCE };
    Elimination::of(&rows.entries, rows.ncols(), (patience, MOST_UNKNOWNS), go_on)
}

/// Multipliers of `rows` that cancel exactly: the `given` ones, but for those of the `basis`.
fn corrected(
    rows: &ExactRows,
    basis: &Elimination,
    (given, bounds): (&[f64], &[f64]),
    go_on: &dyn Fn() -> bool,
) -> Option<Vec<UBig>> {
    if basis.rows.len() == rows.entries.len() {
        return None;
    }
    let mut multipliers = whole_multipliers(rows, given);
    for &j in &basis.rows {
        multipliers[j] = IBig::ZERO;
    }
    let matrix = basis.square(&rows.entries);
    let dual_point = dual_point(rows, &multipliers);
    let right: Vec<IBig> = basis.columns.iter().map(|&k| -&dual_point[k]).collect();
    let inverse = basis.inverse(&rows.entries, go_on)?;
    let with = |numerators: &[IBig], denominator: &UBig| {
        let mut all: Vec<IBig> =
            multipliers.iter().map(|l| l * IBig::from(denominator.clone())).collect();
        for (&j, x) in basis.rows.iter().zip(numerators) {
            all[j].clone_from(x);
        }
        all
    };
    let cancel = |x: &[IBig], d: &UBig| forces_vanish(rows, &with(x, d));
    let (numerators, denominator) = solve_whole(&matrix, right, &inverse, cancel, go_on)?;
    let all: Option<Vec<UBig>> =
        with(&numerators, &denominator).into_iter().map(|l| UBig::try_from(l).ok()).collect();
    let unscaled = unscaled(rows, all?);
    weighs(&unscaled, bounds).then_some(unscaled)
}

/// The multipliers of the whole rows, whole themselves.
fn whole_multipliers(rows: &ExactRows, given: &[f64]) -> Vec<IBig> {
    let parts: Vec<(i64, i64)> = given
        .iter()
        .zip(&rows.exponents)
        .map(|(l, exponent)| {
            let (significand, own) = parts(*l);
            (significand, own + exponent)
        })
        .collect();
    let least = parts.iter().map(|(_, exponent)| *exponent).min().unwrap_or(0);
    let shift = |exponent: i64| usize::try_from(exponent - least).expect("the least exponent");
    parts.into_iter().map(|(m, exponent)| IBig::from(m) << shift(exponent)).collect()
}

/// The multipliers of the operator's own rows: whole, without a common factor of two.
fn unscaled(rows: &ExactRows, multipliers: Vec<UBig>) -> Vec<UBig> {
    let most = rows.exponents.iter().max().copied().unwrap_or(0);
    let pairs = multipliers.into_iter().zip(&rows.exponents);
    let all: Vec<UBig> =
        pairs.map(|(l, e)| l << usize::try_from(most - e).expect("the largest exponent")).collect();
    let common = all.iter().filter_map(UBig::trailing_zeros).min().unwrap_or(0);
    all.into_iter().map(|l| l >> common).collect()
}

fn dual_point(rows: &ExactRows, multipliers: &[IBig]) -> Vec<IBig> {
    let mut dual_point = vec![IBig::ZERO; rows.ncols()];
    for (row, l) in rows.entries.iter().zip(multipliers).filter(|(_, l)| !l.is_zero()) {
        for (k, a) in row {
            dual_point[*k] += a * l;
        }
    }
    dual_point
}

fn forces_vanish(rows: &ExactRows, multipliers: &[IBig]) -> bool {
    dual_point(rows, multipliers).iter().all(IBig::is_zero)
}

/// Whether `$b^\top\lambda > 0$`.
fn weighs(multipliers: &[UBig], bounds: &[f64]) -> bool {
    let least = bounds.iter().map(|b| parts(*b).1).min().unwrap_or(0);
    let weight: IBig = multipliers
        .iter()
        .zip(bounds)
        .map(|(l, b)| {
            let (significand, exponent) = parts(*b);
            let shift = usize::try_from(exponent - least).expect("the least exponent");
            (IBig::from(l.clone()) * significand) << shift
        })
        .sum();
    weight > IBig::ZERO
}
