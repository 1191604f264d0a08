//! Every answer over a grid of exponents, sizes and seeds carries a certificate that holds.

use crate::common;
use crate::common::{att_svm_rows, dense, max_margin, norm, outcome, separable_rows};
use mirrorhead_svm::{
    HardMarginProblem, Outcome, SvmSettings, kkt_residual, margin_interval, solve,
};

const EXPONENTS: [f64; 17] = [
    1.0,
    1.01,
    1.05,
    1.1,
    1.25,
    1.5,
    1.75,
    2.0,
    2.5,
    3.0,
    4.0,
    5.0,
    6.0,
    10.0,
    20.0,
    50.0,
    f64::INFINITY,
];

#[test]
fn attention_problems_are_solved_to_the_gap_for_every_exponent() {
    for p in EXPONENTS {
        for (n, len, dim) in [(1, 2, 1), (2, 3, 2), (3, 5, 4), (6, 8, 10)] {
            for seed in 0..4 {
                let rows = att_svm_rows(n, len, dim, seed);
                match outcome(&rows, p) {
                    Outcome::MaxMargin(solution) => {
                        let what = format!("p = {p}, size {n} {len} {dim}, seed {seed}");
                        assert!(solution.relative_gap() <= 1e-9, "{what}: {solution:?}");
                        assert!(solution.kkt.feasibility <= 1e-12, "{what}: {:?}", solution.kkt);
                        assert!(solution.kkt.complementarity <= 1e-8, "{what}");
                        assert!(solution.kkt.stationarity <= 1e-4, "{what}: {:?}", solution.kkt);
                        assert!(
                            solution.work.iterations <= if p == 50.0 { 50 } else { 45 },
                            "{what}: {:?}",
                            solution.work
                        );
                        assert!(solution.work.factorizations <= 55, "{what}: {:?}", solution.work);
                    }
                    // Few unknowns and many tokens: some of these are not separable.
                    Outcome::NotSeparable(certificate) => {
                        assert!(dim < 10);
                        let rows = dense(&rows);
                        let problem = HardMarginProblem::new(&rows, norm(p)).unwrap();
                        assert_eq!(certificate.verify(&problem), Ok(()));
                    }
                    Outcome::Inconclusive(stalled) => panic!("p = {p}, {n} {len} {dim}: {stalled}"),
                }
            }
        }
    }
}

#[test]
fn classifiers_with_more_rows_than_unknowns_are_solved() {
    for p in EXPONENTS {
        for (m, n) in [(4, 2), (30, 5), (80, 20)] {
            let solution = max_margin(&separable_rows(m, n, 7), p);
            assert!(solution.relative_gap() <= 1e-9, "p = {p}, {m} x {n}");
            let support = solution.support(1e-6);
            assert!(!support.is_empty() && support.len() <= n + 1, "p = {p}: {support:?}");
        }
    }
}

#[test]
fn opposed_rows_have_a_farkas_certificate() {
    for p in [1.0, 1.05, 1.5, 2.0, 3.0, 10.0, f64::INFINITY] {
        for seed in 0..5 {
            // Rows of few digits, so that the third of them is opposed to the others exactly.
            let mut rows = separable_rows(30, 6, seed);
            for x in rows.iter_mut().flatten() {
                *x = (*x * 1e6).round() / 1_048_576.0;
            }
            let flipped: Vec<f64> =
                rows[3].iter().zip(&rows[4]).map(|(a, b)| -a - 0.5 * b).collect();
            rows.push(flipped);
            match outcome(&rows, p) {
                Outcome::NotSeparable(certificate) => {
                    let rows = dense(&rows);
                    let problem = HardMarginProblem::new(&rows, norm(p)).unwrap();
                    assert_eq!(certificate.verify(&problem), Ok(()));
                }
                other => panic!("p = {p}, seed {seed}: {other:?}"),
            }
        }
    }
}

#[test]
fn inseparable_clouds_have_a_farkas_certificate() {
    for p in [1.0, 1.05, 1.5, 2.0, 3.0, 10.0, f64::INFINITY] {
        for seed in 0..5 {
            let mut stream = common::Stream::new(seed);
            let rows: Vec<_> = (0..40).map(|_| stream.vector(6)).collect();
            assert!(
                matches!(outcome(&rows, p), Outcome::NotSeparable(_)),
                "p = {p}, seed {seed}: {:?}",
                outcome(&rows, p)
            );
        }
    }
}

#[test]
fn relaxed_bounds_are_met() {
    for p in [1.0, 1.1, 1.5, 2.0, 3.0, 6.0, f64::INFINITY] {
        for seed in 0..3 {
            let rows = dense(&att_svm_rows(6, 8, 10, seed));
            let bounds: Vec<f64> = (0..42).map(|j| if j < 21 { 1.0 } else { 0.0 }).collect();
            let problem = HardMarginProblem::with_bounds(&rows, norm(p), bounds.clone()).unwrap();
            let solved = solve(&problem, &SvmSettings::default()).unwrap();
            let solution = common::solution(solved, &format!("p = {p}, seed {seed}"));
            assert!(solution.relative_gap() <= 1e-9);
            assert!(solution.kkt.feasibility <= 1e-12);
            let full = max_margin(&att_svm_rows(6, 8, 10, seed), p);
            assert!(solution.norm() < full.norm(), "fewer demands, smaller solution");
        }
    }
}

#[test]
fn a_tampered_solution_is_caught() {
    let rows = dense(&att_svm_rows(6, 8, 10, 1));
    let problem = HardMarginProblem::new(&rows, norm(3.0)).unwrap();
    let solved = solve(&problem, &SvmSettings::default()).unwrap();
    let good = common::solution(solved, "the untouched problem");
    let interval = margin_interval(&problem, &good.w, &good.multipliers);
    assert_eq!(interval, good.interval);
    let (mut w, mut multipliers) = (good.w.clone(), good.multipliers.clone());
    w[3] += 1e-3;
    assert!(margin_interval(&problem, &w, &good.multipliers).relative_gap() > 1e-6);
    let largest = multipliers.iter().copied().fold(0.0, f64::max);
    multipliers[5] += 1e-2 * largest;
    assert!(margin_interval(&problem, &good.w, &multipliers).relative_gap() > 1e-6);
    assert!(kkt_residual(&problem, &w, &multipliers).stationarity > 1e-4);
    multipliers[5] = -1e-12;
    assert!(margin_interval(&problem, &good.w, &multipliers).upper.is_infinite());
}

#[test]
fn rows_that_cancel_are_found_beside_rows_of_columns_of_their_own() {
    // The first two rows cancel; the others have columns that no other row has.
    let rows = dense(&[
        vec![-2.7, 1.2, 0.0, 0.0],
        vec![2.7, -1.2, 0.0, 0.0],
        vec![0.6, -3.3, -0.72, 3.96],
        vec![-0.2, 1.1, -0.92, 5.06],
    ]);
    for p in [1.0, 1.5, 2.0, 3.0, f64::INFINITY] {
        let problem = HardMarginProblem::new(&rows, p).unwrap();
        let outcome = solve(&problem, &SvmSettings::default()).unwrap();
        let Outcome::NotSeparable(farkas) = &outcome else { panic!("p = {p}: {outcome}") };
        assert_eq!(farkas.whole_multipliers().map(|(row, _)| row).collect::<Vec<_>>(), [0, 1]);
        assert!(outcome.verify(&problem).is_ok());
    }
}
