//! Margins that are known in another way: by hand, over the angles of a plane, of projected rows, of a line.

use super::*;
use proptest::prelude::*;

#[test]
fn equal_entries() {
    // One entry of so many that are equal, by a cycle, twice, and a row of zeros; and the sum of two of three.
    for n in [2usize, 3, 7] {
        let difference = |i: usize, j: usize, unit: f64| {
            let mut row = vec![0.0; n];
            row[i] += unit;
            row[j] -= unit;
            row
        };
        let mut equalities: Rows = (0..n).map(|i| difference(i, (i + 1) % n, 1.0)).collect();
        equalities.extend((0..n).map(|i| difference((i + 1) % n, i, 0.3)));
        equalities.push(vec![0.0; n]);
        let mut first = vec![0.0; n];
        first[0] = 1.0;
        for p in EXPONENTS {
            let what = format!("n = {n}");
            let found = margin(&[first.clone()], &equalities, p, &what);
            assert_contains(&found, (n as f64).powf(-1.0 / p), 1e-14, &what);
            assert_eq!(found.exact.entries.len(), n - 1);
            let found = margin(&[vec![3.0; n]], &equalities, p, &what);
            assert_contains(&found, 3.0 * (n as f64).powf(1.0 - 1.0 / p), 1e-14, &what);
        }
    }
}

#[test]
fn a_line_that_has_no_vector_of_doubles() {
    // 0.1 w_1 = 0.3 w_2 for the doubles that 0.1 and 0.3 are.
    for p in EXPONENTS {
        let found = margin(&[vec![1.0, 0.0]], &[vec![0.1, -0.3]], p, "a line");
        assert_contains(&found, 0.3 / size(&[0.3, 0.1], p), 1e-14, "a line");
    }
}

#[test]
fn the_largest_of_all_directions_of_a_plane() {
    // In a plane the margin is a quasiconcave function of an angle.
    for seed in 0..6 {
        let n = 4 + usize::try_from(seed).unwrap() % 3;
        let (rows, equalities) = separable(7, n, n - 2, seed);
        let basis = orthonormal(&equalities);
        let mut all = basis.clone();
        all.extend((0..n).map(|k| (0..n).map(|i| f64::from(i == k)).collect::<Vec<f64>>()));
        let plane = &orthonormal(&all)[basis.len()..];
        for p in EXPONENTS {
            let at = |angle: f64| {
                let (sin, cos) = angle.sin_cos();
                let w: Vec<f64> =
                    plane[0].iter().zip(&plane[1]).map(|(a, b)| a * cos + b * sin).collect();
                let least = rows.iter().map(|row| dot(row, &w)).fold(f64::INFINITY, f64::min);
                least / size(&w, p)
            };
            let step = std::f64::consts::TAU / 20_000.0;
            let best = (0..20_000)
                .max_by(|i, j| at(f64::from(*i) * step).total_cmp(&at(f64::from(*j) * step)));
            let middle = f64::from(best.unwrap()) * step;
            assert!(at(middle) > 0.0, "the grid misses the margin");
            let (mut from, mut to) = (middle - step, middle + step);
            for _ in 0..200 {
                let (left, right) = (from + (to - from) / 3.0, to - (to - from) / 3.0);
                if at(left) < at(right) { from = left } else { to = right }
            }
            let what = format!("seed {seed}");
            let found = margin(&rows, &equalities, p, &what);
            // Entries of the plane are known to a few roundings; flat tops hide nothing from a maximum.
            assert_contains(&found, at(0.5 * (from + to)), 1e-12, &what);
        }
    }
}

#[test]
fn at_p_2_it_is_the_problem_of_the_projected_rows() {
    for (seed, (m, n, l)) in
        [(6, 5, 2), (12, 20, 6), (30, 40, 20), (60, 30, 10), (90, 60, 30)].into_iter().enumerate()
    {
        let (rows, equalities) = separable(m, n, l, 100 + seed as u64);
        let basis = orthonormal(&equalities);
        let projected: Rows = rows.iter().map(|row| without(row, &basis)).collect();
        let projected = dense(&projected);
        let plain = HardMarginProblem::new(&projected, 2.0).unwrap();
        let plain = solve(&plain, &SvmSettings::default()).unwrap().max_margin().unwrap();
        let found = margin(&rows, &equalities, 2.0, &format!("seed {seed}"));
        assert_contains(&found, plain.interval.upper, 1.1e-9, "projected");
        let scale = dot(&found.w, &plain.w) / dot(&plain.w, &plain.w);
        for (ours, theirs) in found.w.iter().zip(&plain.w) {
            assert!((ours - scale * theirs).abs() < 1e-3 * dot(&plain.w, &plain.w).sqrt());
        }
    }
}

#[test]
fn without_equalities_it_is_the_plain_problem() {
    let (rows, _) = separable(9, 6, 1, 3);
    let a = dense(&rows);
    let none = SparseRows::new::<Vec<(usize, f64)>>(6, &[]).unwrap();
    for p in EXPONENTS {
        let plain = HardMarginProblem::new(&a, norm(p)).unwrap();
        let problem = plain.clone().with_equalities(&none).unwrap();
        let found = checked(&problem, "no equality").max_margin().unwrap();
        let plain = solve(&plain, &SvmSettings::default()).unwrap().max_margin().unwrap();
        assert_contains(&found, plain.interval.upper, 1e-9, "no equality");
        assert!(found.exact.entries.is_empty());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..Default::default() })]

    /// Two equalities leave a line, `n`, whose entries are whole: the margin is known exactly.
    #[test]
    fn the_interval_contains_the_margin_of_a_line(
        e in prop::array::uniform2(prop::array::uniform3(-4i32..5)),
        a in prop::collection::vec(prop::array::uniform3(-4i32..5), 1..4),
        exponent in prop::sample::select(vec![1.0, 1.1, 1.5, 2.0, 3.0, 10.0, f64::INFINITY]),
    ) {
        let [[a0, a1, a2], [b0, b1, b2]] = e;
        let n = [a1 * b2 - a2 * b1, a2 * b0 - a0 * b2, a0 * b1 - a1 * b0];
        let real = |row: &[i32; 3]| row.map(f64::from).to_vec();
        let rows: Rows = a.iter().map(real).collect();
        let outcome = checked_rows(&rows, &e.iter().map(real).collect::<Rows>(), exponent, "a line");
        if n != [0; 3] {
            let along = |row: &[i32; 3]| row.iter().zip(&n).map(|(a, n)| a * n).sum::<i32>();
            let least = a.iter().map(along).min().unwrap().max(a.iter().map(|row| -along(row)).min().unwrap());
            let n = n.map(f64::from);
            match outcome {
                EqualityOutcome::MaxMargin(found) => {
                    assert_contains(&found, f64::from(least) / size(&n, exponent), 4e-15, "a line");
                }
                EqualityOutcome::NotSeparable(_) => prop_assert!(least <= 0),
                other => prop_assert!(false, "{other}"),
            }
        }
    }
}
