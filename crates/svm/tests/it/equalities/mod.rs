//! Margins under linear equalities, proven.

mod against_others;
mod certificates;
mod contradictions;
mod graph_svm;
mod hard_data;

use crate::common::{Stream, dense, norm};
use crate::exact::ill_conditioned;
use mirrorhead_kernels::LinearOperator;
use mirrorhead_svm::{
    EqualityMargin, EqualityOutcome, EqualityProblem, HardMarginProblem, Outcome, Refutation,
    SparseRows, SvmError, SvmSettings, solve, solve_with_equalities,
};

const EXPONENTS: [f64; 9] = [1.0, 1.01, 1.1, 1.5, 2.0, 3.0, 10.0, 50.0, f64::INFINITY];

type Rows = Vec<Vec<f64>>;

/// Solves and has the outcome checked, after a trip through JSON.
fn checked(problem: &EqualityProblem<'_>, what: &str) -> EqualityOutcome {
    let outcome = solve_with_equalities(problem, &SvmSettings::default()).expect("valid settings");
    assert_eq!(outcome.verify(problem), Ok(()), "{what}: {outcome}");
    let text = serde_json::to_string(&outcome).unwrap();
    let read: EqualityOutcome = serde_json::from_str(&text).unwrap();
    if !matches!(outcome, EqualityOutcome::Inconclusive(..)) {
        assert_eq!(outcome, read, "{what}");
    }
    outcome
}

fn checked_rows(rows: &[Vec<f64>], equalities: &[Vec<f64>], p: f64, what: &str) -> EqualityOutcome {
    let (a, e) = (dense(rows), dense(equalities));
    let problem = HardMarginProblem::new(&a, norm(p)).unwrap().with_equalities(&e).unwrap();
    checked(&problem, &format!("{what}, p = {p}"))
}

/// The solution, with a gap as small as is asked for.
fn margin(rows: &[Vec<f64>], equalities: &[Vec<f64>], p: f64, what: &str) -> EqualityMargin {
    let outcome = checked_rows(rows, equalities, p, what);
    outcome.max_margin().unwrap_or_else(|other| panic!("{what}, p = {p}: {other}"))
}

/// `expected`, known to the relative `error`, is in the interval.
fn assert_contains(found: &EqualityMargin, expected: f64, error: f64, what: &str) {
    let (lower, upper) = (found.interval.lower, found.interval.upper);
    let off = expected * error;
    assert!(lower <= expected + off && expected <= upper + off, "{what}: {expected} and {found}");
    assert!(found.relative_gap() <= 1e-9, "{what}: {found}");
}

/// Rows on the right side of a vector of the space of the equalities, and random equalities.
fn separable(m: usize, n: usize, l: usize, seed: u64) -> (Rows, Rows) {
    let mut stream = Stream::new(seed);
    let equalities: Rows = (0..l).map(|_| stream.vector(n)).collect();
    let inside = without(&stream.vector(n), &orthonormal(&equalities));
    let side = |row: Vec<f64>| {
        let sign = dot(&row, &inside).signum();
        row.iter().map(|a| a * sign).collect()
    };
    ((0..m).map(|_| side(stream.vector(n))).collect(), equalities)
}

/// `$\lVert x\rVert_p$`.
fn size(x: &[f64], p: f64) -> f64 {
    let largest = x.iter().fold(0.0f64, |most, x| most.max(x.abs()));
    if p.is_infinite() {
        return largest;
    }
    largest * x.iter().map(|x| (x.abs() / largest).powf(p)).sum::<f64>().powf(1.0 / p)
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// An orthonormal basis of the span, by Gram and Schmidt's method, twice.
fn orthonormal(rows: &[Vec<f64>]) -> Rows {
    let mut basis: Rows = Vec::new();
    for row in rows {
        let size = dot(row, row).sqrt();
        let rest = without(&without(row, &basis), &basis);
        let left = dot(&rest, &rest).sqrt();
        if left > 1e-9 * size {
            basis.push(rest.iter().map(|a| a / left).collect());
        }
    }
    basis
}

/// What is left of `row` beside the span of a basis.
fn without(row: &[f64], basis: &[Vec<f64>]) -> Vec<f64> {
    let mut rest = row.to_vec();
    for b in basis {
        let share = dot(&rest, b);
        rest.iter_mut().zip(b).for_each(|(a, b)| *a -= share * b);
    }
    rest
}
