//! Claim `wrong-geometry`: mirror descent with p does not converge to the SVM of another p'.
//!
//! The same run, the same certified selection: only p' changes. The check of `attsvm-direction`
//! applied to the wrong p' has to fail.

use super::settled::{Settled, certified_svm, lp, optimality};
use mirrorhead_mirror::directional_bregman;

const GEOMETRIES: [(f64, u64); 3] = [(1.75, 6_000), (2.0, 8_000), (3.0, 60_000)];

#[test]
fn the_direction_stays_away_from_the_solution_of_every_other_geometry() {
    for (p, iterations) in GEOMETRIES {
        for seed in 1..=6 {
            let run = Settled::run(seed, p, iterations);
            let data = &run.planted.data;
            let own = certified_svm(data, &run.selection, p);
            let found = optimality(&run.planted, &run.selection, lp(p), &own);
            assert!(found.is_locally_optimal(), "p = {p}, seed {seed}: hypothesis");
            let to_own = run.divergence(p, &own);
            for (other, _) in GEOMETRIES.into_iter().filter(|(other, _)| *other != p) {
                let svm = certified_svm(data, &run.selection, other);
                let to_other = run.divergence(p, &svm);
                // What remains at k = infinity is the distance between the two solutions.
                let between = directional_bregman(lp(p), svm.direction(), own.direction());
                let name = format!("p = {p}, p' = {other}, seed {seed}");
                assert!(to_other > 4.0 * to_own, "{name}: {to_other:e} against {to_own:e}");
                assert!(
                    (to_other / between - 1.0).abs() < 0.5,
                    "{name}: {to_other:e} should near {between:e}"
                );
            }
        }
    }
}
