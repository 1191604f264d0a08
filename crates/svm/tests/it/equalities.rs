//! Margins under linear equalities, proven.

use crate::common::{Stream, dense, norm};
use mirrorhead_kernels::{DenseRows, LinearOperator};
use mirrorhead_svm::{
    EqualityMargin, EqualityOutcome, EqualityProblem, HardMarginProblem, SvmSettings, solve_with_equalities,
};

const EXPONENTS: [f64; 9] = [1.0, 1.01, 1.1, 1.5, 2.0, 3.0, 10.0, 50.0, f64::INFINITY];

/// Solves and has the outcome checked, after a trip through JSON.
fn checked<A: LinearOperator + ?Sized, E: LinearOperator + ?Sized>(
    problem: &EqualityProblem<'_, A, E>,
    what: &str,
) -> EqualityOutcome {
    let outcome = solve_with_equalities(problem, &SvmSettings::default()).expect("valid settings");
    assert_eq!(outcome.verify(problem), Ok(()), "{what}: {outcome}");
    let text = serde_json::to_string(&outcome).unwrap();
    let read: EqualityOutcome = serde_json::from_str(&text).unwrap();
    if !matches!(outcome, EqualityOutcome::Inconclusive(..)) {
        assert_eq!(outcome, read, "{what}");
    }
    outcome
}

#[test]
fn explore() {
    for (m, n, l) in [(6, 5, 2), (12, 20, 6), (30, 40, 20), (60, 30, 10), (200, 100, 60)] {
        for p in EXPONENTS {
            let start = std::time::Instant::now();
            let mut stream = Stream::new(7);
            let equalities: Vec<Vec<f64>> = (0..l).map(|_| stream.vector(n)).collect();
            let hidden = stream.vector(n);
            let rows: Vec<Vec<f64>> = (0..m).map(|_| {
                let row = stream.vector(n);
                let side = row.iter().zip(&hidden).map(|(a, b)| a * b).sum::<f64>().signum();
                row.iter().zip(&hidden).map(|(a, h)| a * side + 0.3 * h).collect()
            }).collect();
            let (a, e) = (dense(&rows), dense(&equalities));
            let problem = HardMarginProblem::new(&a, norm(p)).unwrap().with_equalities(&e).unwrap();
            let outcome = solve_with_equalities(&problem, &SvmSettings::default()).unwrap();
            let t = start.elapsed();
            let v = if n < 50 { outcome.verify(&problem).is_ok() } else { true };
            println!("{m} {n} {l} p = {p}: {outcome} {v} {t:?}");
        }
    }
}
