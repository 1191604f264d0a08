//! Soft margins in any units and at any price: whether they are solved depends on neither.

use mirrorhead_kernels::{DenseRows, Matrix};
use mirrorhead_svm::{
    SoftMargin, SoftMarginProblem, SoftOutcome, StallReason, SvmSettings, solve_soft,
};

use crate::objectives::EXPONENTS;

/// Points in three columns, with a label for each that a plane decides (`noise` zero) or nearly.
fn points(noise: i32) -> (Vec<[f64; 3]>, Vec<f64>) {
    let point = |j: i32| [(7 * j) % 11 - 5, (5 * j) % 13 - 6, (3 * j * j) % 7 - 3];
    let label = |j: i32| {
        let [x, y, z] = point(j);
        if 2 * x - y + z + noise * ((j * j) % 5 - 2) > 0 { 1.0 } else { -1.0 }
    };
    ((0..20).map(|j| point(j).map(f64::from)).collect(), (0..20).map(label).collect())
}

fn rows(points: &[[f64; 3]], labels: &[f64], unit: f64) -> DenseRows {
    DenseRows::new(&Matrix::from_fn(points.len(), 3, |j, k| unit * labels[j] * points[j][k]))
}

fn solved(problem: &SoftMarginProblem<'_>) -> Result<SoftMargin, StallReason> {
    let outcome = solve_soft(problem, &SvmSettings::default()).unwrap();
    assert_eq!(outcome.solution().verify(problem), Ok(()), "p = {:?}", problem.norm());
    match outcome {
        SoftOutcome::Certified(found) => Ok(found),
        SoftOutcome::Inconclusive(_, reason) => Err(reason),
    }
}

#[test]
fn rows_in_any_unit_are_solved() {
    for noise in [0, 3] {
        let (points, labels) = points(noise);
        for unit in [1e-300, 1e-20, 1e20, 1e100, 1e300] {
            let rows = rows(&points, &labels, unit);
            for p in EXPONENTS {
                let plain = SoftMarginProblem::new(&rows, p, 1.0).unwrap();
                let free = plain.clone().with_intercept(&labels).unwrap();
                for problem in [plain, free] {
                    let found = solved(&problem);
                    // A separable problem has the objective (unit margin)^-d / d, where there is such a double.
                    let degree = if p.is_finite() { p } else { 1.0 };
                    if let Err(reason) = found {
                        assert_eq!(reason, StallReason::OutOfRange, "{noise} {unit:e} p = {p}");
                        assert!(unit.log10() * degree > 270.0, "{noise} {unit:e} p = {p}");
                    }
                }
            }
        }
    }
}

#[test]
fn the_same_problem_in_other_units_has_the_same_objective() {
    // Powers of two, so that it is the same problem to the last digit.
    let (points, labels) = points(3);
    for p in [1.0, 2.0, 3.0, f64::INFINITY] {
        let degree = if p.is_finite() { p } else { 1.0 };
        let objective = |log: i32, cost: f64| {
            let rows = rows(&points, &labels, 2f64.powi(log));
            let price = cost * 2f64.powf(-degree * f64::from(log));
            let problem = SoftMarginProblem::new(&rows, p, price).unwrap();
            let problem = problem.with_intercept(&labels).unwrap();
            let found = solved(&problem).unwrap();
            (found.objective.upper / price, found.work.iterations)
        };
        for cost in [0.01, 1.0, 1e4] {
            let (of_one, usual) = objective(0, cost);
            for log in [-300, -66, 70, 300] {
                let (other, iterations) = objective(log, cost);
                assert!((other / of_one - 1.0).abs() <= 2e-9, "p = {p}, 2^{log}, C = {cost}");
                assert!(iterations <= 2 * usual + 10, "p = {p}, 2^{log}: {iterations} {usual}");
            }
        }
    }
}

#[test]
fn rows_of_zeros_leave_the_intercept() {
    // Of a hundred labels, 27 are -1: each costs 2 where the others are right.
    let labels: Vec<f64> = (0..100).map(|j| if j < 27 { -1.0 } else { 1.0 }).collect();
    let rows = DenseRows::new(&Matrix::zeros(100, 3));
    for p in EXPONENTS {
        for cost in [1e-300, 1.0, 1e300] {
            let problem = SoftMarginProblem::new(&rows, p, cost).unwrap();
            let problem = problem.with_intercept(&labels).unwrap();
            let found = solved(&problem).unwrap();
            assert_eq!((found.intercept, found.work.iterations), (1.0, 0));
            assert!((found.objective.upper / (54.0 * cost) - 1.0).abs() <= 1e-12);
            let weighted = problem.clone().with_weights(&[3.0; 100]).unwrap();
            let found = solved(&weighted).unwrap();
            assert!((found.objective.upper / (162.0 * cost) - 1.0).abs() <= 1e-12);
        }
    }
    // Bounds and weights of their own: 3 (2 + b) + (1 - b) + 2 (4 - b) is least anywhere between -2 and 1.
    let rows = DenseRows::new(&Matrix::zeros(3, 1));
    let problem = SoftMarginProblem::new(&rows, 2.0, 1.0).unwrap();
    let problem = problem.with_intercept(&[-1.0, 1.0, 1.0]).unwrap();
    let problem = problem.with_bounds(vec![2.0, 1.0, 4.0]).unwrap();
    let found = solved(&problem.with_weights(&[3.0, 1.0, 2.0]).unwrap()).unwrap();
    assert!((found.objective.upper - 15.0).abs() <= 1e-12, "{:?}", found.objective);
}

#[test]
fn high_prices_are_paid_in_raw_units() {
    // Columns of sizes from 1e-8 to 1e8, where a gap of the last digits is large in the dual point.
    let (points, labels) = points(3);
    let size = |k: usize| [1.0, 1e8, 1e-8][k];
    let rows = Matrix::from_fn(20, 3, |j, k| labels[j] * points[j][k] * size(k));
    let rows = DenseRows::new(&rows);
    for p in [1.0, 10.0, 50.0, f64::INFINITY] {
        for cost in [1.0, 1e3, 1e6] {
            let plain = SoftMarginProblem::new(&rows, p, cost).unwrap();
            let free = plain.clone().with_intercept(&labels).unwrap();
            for problem in [plain, free] {
                let found = solved(&problem);
                assert!(found.is_ok(), "p = {p}, C = {cost}: {:?}", found.err());
            }
        }
    }
}
