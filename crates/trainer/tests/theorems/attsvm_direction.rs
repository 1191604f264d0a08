//! Claim `attsvm-direction`: lp-AttGD converges in direction to the lp-AttSVM of its selection.
//!
//! Hypotheses: the selection is locally optimal (established from the certified SVM), the run starts
//! inside its cone (established by saturation on that selection).

use mirrorhead_mirror::directional_bregman;
use mirrorhead_trainer::least_margin;

use super::settled::{Settled, certified_svm, lp, optimality};

const SEEDS: std::ops::RangeInclusive<u64> = 1..=6;

/// Exponents with the number of steps that bring the divergence down as in the paper's figure.
const RUNS: [(f64, u64); 4] = [(1.5, 3_000), (1.75, 6_000), (2.0, 8_000), (3.0, 60_000)];

#[test]
fn the_direction_converges_to_the_max_margin_solution_of_the_same_geometry() {
    for (p, iterations) in RUNS {
        for seed in SEEDS {
            let run = Settled::run(seed, p, iterations);
            let svm = certified_svm(&run.planted.data, &run.selection, p);
            let found = optimality(&run.planted, &run.selection, lp(p), &svm);
            assert!(found.is_locally_optimal(), "p = {p}, seed {seed}: hypothesis");

            // Quarter the steps, and the divergence falls at least threefold on the way: with
            // W = k R + o(k) it falls as 1/k^2.
            let at = |k: u64| {
                let (_, w) = run.path.iter().rev().find(|(at, _)| *at <= k).expect("an iterate");
                directional_bregman(lp(p), svm.direction(), w.as_slice())
            };
            let (early, late) = (at(iterations / 4), at(iterations));
            assert!(late < 3e-3, "p = {p}, seed {seed}: divergence {late:e}");
            assert!(late < early / 3.0, "p = {p}, seed {seed}: {early:e} to {late:e}");
        }
    }
}

#[test]
fn the_margin_of_the_iterate_approaches_the_certified_maximum() {
    for (p, iterations) in RUNS {
        for seed in SEEDS {
            let run = Settled::run(seed, p, iterations);
            let data = &run.planted.data;
            let svm = certified_svm(data, &run.selection, p);
            let deficit = |k: u64| {
                let (_, w) = run.path.iter().rev().find(|(at, _)| *at <= k).expect("an iterate");
                let smallest = least_margin(data, &run.selection, w);
                1.0 - smallest / lp(p).of(w.as_slice()) / svm.interval.upper
            };
            // With W = k R + o(k) the deficit falls as 1/k: to a quarter over four times the steps.
            let (early, late) = (deficit(iterations / 4), deficit(iterations));
            assert!(late >= 0.0, "no iterate beats the certified bound");
            assert!(late < 0.15, "p = {p}, seed {seed}: {late} below the maximum");
            assert!(late < 0.5 * early, "p = {p}, seed {seed}: {early} to {late}");
        }
    }
}
