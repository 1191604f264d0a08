//! Random data, in any units, and data made to break it.

use super::*;

#[test]
fn random_problems_of_some_size_are_proven_for_every_exponent() {
    for (seed, (m, n, l)) in
        [(12, 20, 6), (30, 40, 20), (60, 30, 10), (25, 60, 50)].into_iter().enumerate()
    {
        let (rows, equalities) = separable(m, n, l, 40 + seed as u64);
        for p in EXPONENTS {
            let found = margin(&rows, &equalities, p, &format!("seed {seed}"));
            assert!(found.relative_gap() <= 1e-9);
        }
    }
}

#[test]
fn units_of_equalities_do_not_matter() {
    let (rows, equalities) = separable(9, 8, 4, 5);
    for p in [1.0, 1.1, 1.5, 2.0, 3.0, 10.0, f64::INFINITY] {
        let plain = margin(&rows, &equalities, p, "plain");
        // Powers of two: the same equalities exactly.
        for (k, unit) in [2f64.powi(20), 2f64.powi(-20), 2f64.powi(300)].into_iter().enumerate() {
            let scaled: Rows = equalities
                .iter()
                .enumerate()
                .map(|(i, row)| {
                    row.iter().map(|a| if i % 2 == 0 { a * unit } else { a / unit }).collect()
                })
                .collect();
            let found = margin(&rows, &scaled, p, &format!("unit {k}"));
            assert!(found.interval.lower <= plain.interval.upper);
            assert!(plain.interval.lower <= found.interval.upper);
        }
        // These are rounded, and so are other equalities by a little.
        let scaled: Rows = equalities
            .iter()
            .enumerate()
            .map(|(i, row)| row.iter().map(|a| a * if i % 2 == 0 { 1e6 } else { 1e-6 }).collect())
            .collect();
        let found = margin(&rows, &scaled, p, "decimal units");
        assert_contains(&found, plain.interval.upper, 1e-8, "decimal units");
    }
}

#[test]
fn nearly_dependent_equalities_are_what_they_say() {
    // Their difference is an equality by itself, however small.
    let first = [1.0, 2.0, -1.0, 0.5, 0.0];
    for off in [1e-3, 1e-7, 1e-12, 1e-15] {
        let second = vec![1.0, 2.0 + off, -1.0, 0.5, off];
        let off = second[1] - 2.0;
        for p in [1.0, 1.5, 2.0, 3.0, f64::INFINITY] {
            let rows = [vec![1.0, 0.0, 0.5, 0.0, 0.3], vec![0.0, 0.2, 1.0, 1.0, 0.0]];
            let what = format!("off by {off}");
            let near = margin(&rows, &[first.to_vec(), second.clone()], p, &what);
            let plain =
                margin(&rows, &[first.to_vec(), vec![0.0, off, 0.0, 0.0, second[4]]], p, &what);
            assert_contains(&near, plain.interval.upper, 1e-8, &what);
        }
    }
}

#[test]
fn bounds_of_their_own() {
    let (rows, equalities) = separable(8, 7, 3, 11);
    let (a, e) = (dense(&rows), dense(&equalities));
    let bounds: Vec<f64> = (0..8).map(|j| [1.0, 2.0, 0.0, -1.0][j % 4]).collect();
    for p in EXPONENTS {
        let problem = HardMarginProblem::with_bounds(&a, norm(p), bounds.clone()).unwrap();
        let problem = problem.with_equalities(&e).unwrap();
        let found = checked(&problem, "bounds").max_margin().unwrap();
        assert!(found.relative_gap() <= 1e-9, "p = {p}");
    }
}

#[test]
fn hundreds_of_ill_conditioned_problems_without_an_exception() {
    let (mut solved, mut contradictory, mut inconclusive) = (0, 0, 0);
    for seed in 0..900 {
        let (mut rows, _) = ill_conditioned(seed);
        let l = 1 + usize::try_from(seed).unwrap() % (rows.len() - 1);
        let equalities = rows.split_off(rows.len() - l);
        let p = EXPONENTS[usize::try_from(seed).unwrap() % EXPONENTS.len()];
        let (a, e) = (dense(&rows), dense(&equalities));
        let Ok(problem) = HardMarginProblem::new(&a, norm(p)) else { continue };
        let Ok(problem) = problem.with_equalities(&e) else { continue };
        let outcome = checked(&problem, &format!("seed {seed}, p = {p}"));
        match outcome {
            EqualityOutcome::MaxMargin(_) => solved += 1,
            EqualityOutcome::NotSeparable(_) => contradictory += 1,
            other => {
                println!("seed {seed}, p = {p}: {other}");
                inconclusive += 1;
            }
        }
    }
    println!("{solved} {contradictory} {inconclusive}");
    // Honest is not enough: most of them have an answer.
    assert!(inconclusive * 20 < solved + contradictory && solved > 100 && contradictory > 100);
}
