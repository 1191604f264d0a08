//! The SVM over matrices: closed forms, symmetries, agreement with other solvers, bad data.

use crate::common::{Stream, att_svm_rows, dense, max_margin, separable_rows, solution};
use mirrorhead_kernels::{DenseRows, KernelError, dot};
use mirrorhead_mirror::LpNorm;
use mirrorhead_svm::{
    HardMarginProblem, MaxMargin, Norm, Outcome, SchattenNorm, SchattenProblem, StallReason,
    SvmError, SvmSettings, WatchedSettings, solve, solve_schatten,
};
use proptest::prelude::*;

const EXPONENTS: [f64; 9] = [1.0, 1.01, 1.2, 1.5, 2.0, 3.0, 10.0, 50.0, f64::INFINITY];

fn norm(p: f64) -> Norm {
    match p {
        1.0 => Norm::L1,
        f64::INFINITY => Norm::LInfinity,
        _ => Norm::Lp(LpNorm::new(p).unwrap()),
    }
}

fn problem(rows: &DenseRows, p: f64, shape: (usize, usize)) -> SchattenProblem<'_> {
    SchattenProblem::new(rows, SchattenNorm::new(norm(p), shape.0, shape.1)).unwrap()
}

fn outcome(rows: &[Vec<f64>], p: f64, shape: (usize, usize)) -> Outcome {
    solve_schatten(&problem(&dense(rows), p, shape), &SvmSettings::default()).unwrap()
}

/// The solution; its certificate is recomputed, by this test's own singular values at `$p = 1$` and `$\infty$`.
fn certified(rows: &[Vec<f64>], p: f64, shape: (usize, usize)) -> MaxMargin {
    let found = solution(outcome(rows, p, shape), &format!("p = {p}, {shape:?}"));
    let stored = dense(rows);
    let again = problem(&stored, p, shape).margin_interval(&found.w, &found.multipliers);
    assert_eq!(again, found.interval, "p = {p}");
    assert!(again.lower <= again.upper * (1.0 + 1e-14) && again.relative_gap() <= 1e-9);
    assert!(found.multipliers.iter().all(|l| *l >= 0.0));
    assert!(found.kkt.feasibility <= 1e-12 * found.norm().max(1.0), "p = {p}: {:?}", found.kkt);
    assert!(found.kkt.complementarity.abs() <= 1e-8, "p = {p}: {:?}", found.kkt);
    found
}

/// Singular values by one-sided Jacobi rotations, which share nothing with the crate's.
fn jacobi_singular_values(w: &[f64], (nrows, ncols): (usize, usize)) -> Vec<f64> {
    let mut columns: Vec<Vec<f64>> =
        (0..ncols).map(|j| w[j * nrows..(j + 1) * nrows].to_vec()).collect();
    for _ in 0..60 {
        for i in 0..ncols {
            for j in i + 1..ncols {
                let (a, b) = (dot(&columns[i], &columns[i]), dot(&columns[j], &columns[j]));
                let c = dot(&columns[i], &columns[j]);
                let angle = 0.5 * (2.0 * c).atan2(a - b);
                let (sin, cos) = angle.sin_cos();
                let (head, tail) = columns.split_at_mut(j);
                for (x, y) in head[i].iter_mut().zip(&mut tail[0]) {
                    (*x, *y) = (cos * *x + sin * *y, cos * *y - sin * *x);
                }
            }
        }
    }
    let mut sigma: Vec<f64> = columns.iter().map(|x| dot(x, x).sqrt()).collect();
    sigma.sort_by(|a, b| b.total_cmp(a));
    sigma
}

/// A random orthogonal matrix, by columns.
fn orthogonal(n: usize, stream: &mut Stream) -> Vec<Vec<f64>> {
    let mut columns: Vec<Vec<f64>> = Vec::new();
    while columns.len() < n {
        let mut next = stream.vector(n);
        for _ in 0..2 {
            for column in &columns {
                let along = dot(column, &next);
                next.iter_mut().zip(column).for_each(|(x, c)| *x -= along * c);
            }
        }
        let size = dot(&next, &next).sqrt();
        columns.push(next.iter().map(|x| x / size).collect());
    }
    columns
}

/// `$P E Q^\top$`.
fn turned(e: &[f64], p: &[Vec<f64>], q: &[Vec<f64>]) -> Vec<f64> {
    let (nrows, ncols) = (p.len(), q.len());
    let entry = |i: usize, j: usize| -> f64 {
        (0..nrows)
            .flat_map(|a| (0..ncols).map(move |b| (a, b)))
            .map(|(a, b)| p[a][i] * e[a + b * nrows] * q[b][j])
            .sum()
    };
    (0..nrows * ncols).map(|k| entry(k % nrows, k / nrows)).collect()
}

#[test]
fn both_bounds_are_what_an_independent_decomposition_says() {
    let shape = (6, 4);
    let rows = separable_rows(30, 24, 3);
    for (p, inner, outer) in [(1.0, norm(1.0), norm(f64::INFINITY)), (3.0, norm(3.0), norm(1.5))] {
        let found = certified(&rows, p, shape);
        let least = rows.iter().map(|row| dot(row, &found.w)).fold(f64::INFINITY, f64::min);
        let lower = least / inner.of(&jacobi_singular_values(&found.w, shape));
        assert!((lower / found.interval.lower - 1.0).abs() < 1e-12, "p = {p}");
        let mut forces = vec![0.0; 24];
        for (row, l) in rows.iter().zip(&found.multipliers) {
            forces.iter_mut().zip(row).for_each(|(u, a)| *u += l * a);
        }
        let weight: f64 = found.multipliers.iter().sum();
        let upper = outer.of(&jacobi_singular_values(&forces, shape)) / weight;
        assert!((upper / found.interval.upper - 1.0).abs() < 1e-12, "p = {p}");
        assert!(upper - lower <= 1.1e-9 * upper, "p = {p}: {lower} {upper}");
    }
}

#[test]
fn one_row_has_the_mirror_image_of_its_matrix() {
    for shape in [(7, 7), (5, 3), (3, 5), (1, 6), (6, 1)] {
        let row = Stream::new(4).vector(shape.0 * shape.1);
        for p in EXPONENTS {
            let found = certified(std::slice::from_ref(&row), p, shape);
            let dual = SchattenNorm::new(norm(p), shape.0, shape.1).dual_of(&row);
            assert!((found.norm() * dual - 1.0).abs() < 2e-9, "p = {p}, {shape:?}");
        }
    }
}

#[test]
fn diagonal_constraints_are_those_of_a_vector() {
    for seed in 0..3 {
        let vectors = separable_rows(12, 6, seed);
        let matrices: Vec<Vec<f64>> = vectors
            .iter()
            .map(|v| (0..36).map(|k| if k % 7 == 0 { v[k / 7] } else { 0.0 }).collect())
            .collect();
        for p in EXPONENTS {
            let stored = dense(&vectors);
            let vector = HardMarginProblem::new(&stored, norm(p)).unwrap();
            let vector = solution(solve(&vector, &SvmSettings::default()).unwrap(), "vector");
            let matrix = certified(&matrices, p, (6, 6));
            assert!((matrix.norm() / vector.norm() - 1.0).abs() < 3e-9, "p = {p}, seed {seed}");
            if (1.2..=3.0).contains(&p) {
                let off = (0..36).filter(|k| k % 7 != 0).map(|k| matrix.w[k].abs());
                assert!(off.fold(0.0, f64::max) < 1e-3 * matrix.norm(), "p = {p}");
            }
        }
    }
}

#[test]
fn vectors_and_p_2_are_euclidean() {
    let rows = att_svm_rows(4, 5, 6, 2);
    let euclidean = max_margin(&rows, 2.0);
    assert!((certified(&rows, 2.0, (6, 6)).norm() / euclidean.norm() - 1.0).abs() < 3e-9);
    assert!((certified(&rows, 2.0, (4, 9)).norm() / euclidean.norm() - 1.0).abs() < 3e-9);
    for p in EXPONENTS {
        for shape in [(36, 1), (1, 36)] {
            let found = certified(&rows, p, shape);
            assert!((found.norm() / euclidean.norm() - 1.0).abs() < 3e-9, "p = {p}");
        }
    }
}

#[test]
fn orthogonal_maps_change_nothing() {
    let mut stream = Stream::new(8);
    for shape in [(6, 6), (7, 4), (3, 8)] {
        let rows = separable_rows(20, shape.0 * shape.1, 5);
        let (p, q) = (orthogonal(shape.0, &mut stream), orthogonal(shape.1, &mut stream));
        let others: Vec<Vec<f64>> = rows.iter().map(|row| turned(row, &p, &q)).collect();
        for exponent in EXPONENTS {
            let (plain, other) =
                (certified(&rows, exponent, shape), certified(&others, exponent, shape));
            let what = format!("p = {exponent}, {shape:?}");
            assert!((plain.norm() / other.norm() - 1.0).abs() < 3e-9, "{what}");
            if (1.2..=10.0).contains(&exponent) {
                let w = turned(&plain.w, &p, &q);
                let off = w.iter().zip(&other.w).map(|(x, y)| (x - y).abs()).fold(0.0, f64::max);
                assert!(off < 1e-3 * plain.norm(), "{what}: {off}");
            }
        }
    }
}

#[test]
fn margins_grow_with_p_and_meet_their_limits() {
    // The norm falls as p grows, by at most the factor r^(1/p - 1/p'): margins are bracketed.
    for seed in 0..2 {
        let rows = att_svm_rows(6, 8, 10, seed);
        let mut last: Option<(f64, f64)> = None;
        for p in EXPONENTS {
            let norm = certified(&rows, p, (10, 10)).norm();
            if let Some((before, larger)) = last {
                assert!(norm <= larger * (1.0 + 2e-9), "p = {p}");
                let most = 10f64.powf(1.0 / before - 1.0 / p);
                assert!(norm * most >= larger * (1.0 - 2e-9), "p = {p}");
            }
            last = Some((p, norm));
        }
    }
}

#[test]
fn att_svm_problems_take_few_iterations() {
    for (n, len, dim, most) in [(6, 8, 10, 30), (20, 8, 20, 40)] {
        for p in EXPONENTS {
            let found = certified(&att_svm_rows(n, len, dim, 1), p, (dim, dim));
            assert!(found.work.iterations <= most, "p = {p}, {dim}: {:?}", found.work);
            assert!(found.kkt.stationarity.abs() < 1e-3, "p = {p}: {:?}", found.kkt);
        }
    }
    // The nuclear norm finds a matrix of low rank, its dual a spread of equal singular values.
    let nuclear = certified(&att_svm_rows(6, 8, 10, 1), 1.0, (10, 10));
    let sigma = jacobi_singular_values(&nuclear.w, (10, 10));
    assert!(sigma.iter().filter(|s| **s > 1e-6 * sigma[0]).count() <= 4, "{sigma:?}");
}

#[test]
fn degenerate_data_is_solved() {
    let rows = att_svm_rows(4, 6, 5, 1);
    let mut doubled = rows.clone();
    doubled.extend(rows.clone());
    let rank_one: Vec<Vec<f64>> =
        (1..9).map(|k| rows[0].iter().map(|x| x * f64::from(k)).collect()).collect();
    // A 3 x 2 problem in the corner of a 5 x 5 one.
    let small = separable_rows(20, 6, 1);
    let padded: Vec<Vec<f64>> = small
        .iter()
        .map(|row| {
            let mut e = vec![0.0; 25];
            row.iter().enumerate().for_each(|(k, x)| e[k % 3 + 5 * (k / 3)] = *x);
            e
        })
        .collect();
    let mut zero = rows.clone();
    zero.push(vec![0.0; 25]);
    for p in EXPONENTS {
        let plain = certified(&rows, p, (5, 5)).norm();
        let twice = certified(&doubled, p, (5, 5)).norm();
        assert!((plain / twice - 1.0).abs() < 3e-9, "p = {p}");
        let _ = certified(&rank_one, p, (5, 5));
        let ratio = certified(&padded, p, (5, 5)).norm() / certified(&small, p, (3, 2)).norm();
        assert!((ratio - 1.0).abs() < 3e-9, "p = {p}: {ratio}");
        assert!(matches!(outcome(&zero, p, (5, 5)), Outcome::NotSeparable(_)), "p = {p}");
        for scale in [1e-150, 1e-30, 1e30, 1e150] {
            let scaled: Vec<Vec<f64>> =
                rows.iter().map(|row| row.iter().map(|x| x * scale).collect()).collect();
            let found = solution(outcome(&scaled, p, (5, 5)), &format!("p = {p}, {scale}"));
            assert!((found.norm() * scale / plain - 1.0).abs() < 3e-9, "p = {p}, {scale}");
        }
    }
}

#[test]
fn relaxed_bounds_are_met() {
    let rows = dense(&att_svm_rows(6, 8, 10, 1));
    let bounds: Vec<f64> = (0..42).map(|j| if j < 21 { 1.0 } else { 0.0 }).collect();
    for p in EXPONENTS {
        let norm = SchattenNorm::new(norm(p), 10, 10);
        let relaxed = SchattenProblem::with_bounds(&rows, norm, bounds.clone()).unwrap();
        let found = solve_schatten(&relaxed, &SvmSettings::default()).unwrap();
        let found = solution(found, &format!("p = {p}"));
        assert!(found.relative_gap() <= 1e-9 && found.kkt.feasibility <= 1e-10);
        let full = certified(&att_svm_rows(6, 8, 10, 1), p, (10, 10)).norm();
        assert!(found.norm() < full, "fewer demands, smaller solution");
    }
}

#[test]
fn what_cannot_be_separated_has_a_farkas_certificate() {
    for p in EXPONENTS {
        for seed in 0..3 {
            let mut stream = Stream::new(seed);
            let cloud: Vec<_> = (0..40).map(|_| stream.vector(6)).collect();
            let mut opposed = separable_rows(30, 6, seed);
            opposed.push(opposed[3].iter().zip(&opposed[4]).map(|(a, b)| -a - 0.5 * b).collect());
            for rows in [cloud, opposed] {
                let stored = dense(&rows);
                let problem = problem(&stored, p, (3, 2));
                let found = solve_schatten(&problem, &SvmSettings::default()).unwrap();
                let Outcome::NotSeparable(farkas) = found else { panic!("p = {p}, seed {seed}") };
                assert!(farkas.verify(problem.frobenius()).is_ok());
            }
        }
    }
}

#[test]
fn a_tampered_solution_is_caught() {
    for p in [1.0, 1.5, 3.0, f64::INFINITY] {
        let rows = dense(&att_svm_rows(6, 8, 10, 1));
        let problem = problem(&rows, p, (10, 10));
        let good = solution(solve_schatten(&problem, &SvmSettings::default()).unwrap(), "good");
        let (mut w, mut multipliers) = (good.w.clone(), good.multipliers.clone());
        w[3] += 1e-2 * good.norm();
        assert!(problem.margin_interval(&w, &multipliers).relative_gap() > 1e-6, "p = {p}");
        let largest = (0..42).max_by(|&a, &b| multipliers[a].total_cmp(&multipliers[b])).unwrap();
        multipliers[largest] *= 1.1;
        assert!(problem.margin_interval(&good.w, &multipliers).relative_gap() > 1e-6, "p = {p}");
        assert!(problem.kkt_residual(&w, &multipliers).stationarity.abs() > 1e-5, "p = {p}");
        multipliers[5] = -1e-12;
        assert!(problem.margin_interval(&good.w, &multipliers).upper.is_infinite());
    }
}

#[test]
fn limits_are_kept_and_told() {
    let rows = dense(&att_svm_rows(6, 8, 10, 1));
    let problem = problem(&rows, 1.0, (10, 10));
    let asked = std::sync::atomic::AtomicUsize::new(0);
    let late = || asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed) >= 6;
    let settings = SvmSettings::default();
    let reasons: [(WatchedSettings<'_>, StallReason); 3] = [
        (settings.with_max_iterations(1).into(), StallReason::IterationLimit),
        (settings.with_max_iterations(8).into(), StallReason::IterationLimit),
        (settings.with_interrupt(&late), StallReason::Interrupted),
    ];
    for (settings, expected) in reasons {
        let Outcome::Inconclusive(stalled) = solve_schatten(&problem, &settings).unwrap() else {
            panic!("{settings:?}")
        };
        assert_eq!(stalled.reason, expected);
        assert_eq!(problem.margin_interval(&stalled.w, &stalled.multipliers), stalled.interval);
        assert!(
            stalled.work.iterations <= settings.max_iterations
                && stalled.interval.upper.is_finite()
        );
    }
}

#[test]
fn misuse_is_named() {
    let rows = dense(&[vec![1.0, 2.0]]);
    let of = |nrows, ncols| SchattenProblem::new(&rows, SchattenNorm::new(Norm::L1, nrows, ncols));
    for shape in [(2, 2), (0, 2), (usize::MAX, 2)] {
        assert!(matches!(
            of(shape.0, shape.1),
            Err(SvmError::Kernel(KernelError::ShapeMismatch { found: 2, .. }))
        ));
    }
    let settings = SvmSettings::default().with_relative_gap(f64::NAN);
    let refused = solve_schatten(&of(2, 1).unwrap(), &settings);
    assert!(matches!(refused, Err(SvmError::InvalidSetting(_))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_pair_brackets_the_margin(
        w in prop::collection::vec(-1.0..1.0f64, 12),
        multipliers in prop::collection::vec(0.0..1.0f64, 8),
        p in prop::sample::select(EXPONENTS.to_vec()),
    ) {
        let rows = separable_rows(8, 12, 9);
        let margin = certified(&rows, p, (4, 3)).interval;
        let stored = dense(&rows);
        let interval = problem(&stored, p, (4, 3)).margin_interval(&w, &multipliers);
        prop_assert!(interval.lower <= interval.upper);
        prop_assert!(interval.lower <= margin.upper && interval.upper >= margin.lower * (1.0 - 1e-12));
    }

    #[test]
    fn random_shapes_are_solved(
        nrows in 1usize..6,
        ncols in 1usize..6,
        m in 1usize..25,
        seed in 0u64..1_000,
        p in prop::sample::select(EXPONENTS.to_vec()),
    ) {
        let found = certified(&separable_rows(m, nrows * ncols, seed), p, (nrows, ncols));
        prop_assert!(found.work.iterations <= 200, "{:?}", found.work);
    }
}

#[test]
fn certificates_hold_in_exact_arithmetic() {
    for p in EXPONENTS {
        for (rows, shape) in [
            (att_svm_rows(3, 4, 3, 5), (3, 3)),
            (separable_rows(6, 8, 2), (2, 4)),
            (separable_rows(6, 8, 3), (4, 2)),
            (vec![vec![1.0, 2.0, 3.0, 4.0], vec![-0.3, -0.6, -0.9, -1.2]], (2, 2)),
        ] {
            let rows = dense(&rows);
            let problem = problem(&rows, p, shape);
            let mut outcome = solve_schatten(&problem, &SvmSettings::default()).unwrap();
            assert_eq!(problem.verify(&outcome), Ok(()), "p = {p}, {shape:?}: {outcome}");
            if let Outcome::MaxMargin(found) = &mut outcome {
                assert!(found.relative_gap() <= 1e-9, "p = {p}, {shape:?}: {found}");
                found.interval.upper *= 1.0 - 1e-9;
                assert!(problem.verify(&outcome).is_err(), "p = {p}, {shape:?}");
            }
        }
    }
}
