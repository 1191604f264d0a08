//! What is certified at any exponent is proven in exact arithmetic, and what is claimed beyond it is not.

use crate::common::{Stream, dense, separable_rows};
use mirrorhead_svm::{
    HardMarginProblem, Outcome, SoftMarginProblem, SoftOutcome, SvmSettings, solve, solve_soft,
};

const EXPONENTS: [f64; 13] =
    [1.0001, 1.0005, 1.001, 1.002, 1.003, 1.01, 1.5, 2.0, 10.0, 300.0, 400.0, 1000.0, 1e5];

/// What of a claim is moved past what is true: more than the gap asked for.
const BEYOND: f64 = 1e-8;

#[test]
fn soft_margins_are_proven_at_every_exponent() {
    for p in EXPONENTS {
        let mut certified = 0;
        for seed in 0..40 {
            let mut stream = Stream::new(seed);
            let (m, n) = (3 + (seed % 5) as usize, 1 + (seed % 4) as usize);
            let rows: Vec<Vec<f64>> = (0..m).map(|_| stream.vector(n)).collect();
            let (rows, cost) = (dense(&rows), 10f64.powf(2.0 * stream.uniform() - 1.0));
            let problem = SoftMarginProblem::new(&rows, p, cost).unwrap();
            let outcome = solve_soft(&problem, &SvmSettings::default()).unwrap();
            let (SoftOutcome::Certified(found) | SoftOutcome::Inconclusive(found, _)) = &outcome;
            // What is inconclusive has an interval as well, which is only wider.
            assert_eq!(found.verify(&problem), Ok(()), "p = {p}, seed {seed}");
            if matches!(outcome, SoftOutcome::Inconclusive(..)) {
                continue;
            }
            certified += 1;
            let mut above = found.clone();
            above.objective.lower = found.objective.upper * (1.0 + BEYOND);
            assert!(above.verify(&problem).is_err(), "p = {p}, seed {seed}");
            let mut below = found.clone();
            below.objective.upper = found.objective.lower * (1.0 - BEYOND);
            assert!(below.verify(&problem).is_err(), "p = {p}, seed {seed}");
        }
        // Beyond that the solver proves less.
        assert!(p > 1000.0 || certified >= 36, "p = {p}: {certified} of 40 are certified");
    }
}

#[test]
fn hard_margins_are_proven_at_every_exponent() {
    for p in EXPONENTS {
        let mut certified = 0;
        for seed in 0..20 {
            let (m, n) = (2 + (seed % 5) as usize, 1 + (seed % 4) as usize);
            let rows = dense(&separable_rows(m, n, seed));
            let problem = HardMarginProblem::new(&rows, p).unwrap();
            let Outcome::MaxMargin(found) = solve(&problem, &SvmSettings::default()).unwrap()
            else {
                continue;
            };
            certified += 1;
            assert_eq!(found.verify(&problem), Ok(()), "p = {p}, seed {seed}");
            let mut above = found.clone();
            above.interval.lower = found.interval.upper * (1.0 + BEYOND);
            assert!(above.verify(&problem).is_err(), "p = {p}, seed {seed}");
            let mut below = found.clone();
            below.interval.upper = found.interval.lower * (1.0 - BEYOND);
            assert!(below.verify(&problem).is_err(), "p = {p}, seed {seed}");
        }
        assert!(certified >= 18, "p = {p}: {certified} of 20 are certified");
    }
}
