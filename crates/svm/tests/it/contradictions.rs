//! Contradictions of many unknowns, whose multipliers are too long as whole numbers.

use crate::common::{Stream, dense, norm};
use mirrorhead_kernels::DenseRows;
use mirrorhead_svm::{
    FarkasCertificate, HardMarginProblem, InterceptOutcome, Outcome, Refutation, SvmSettings,
    solve, solve_with_intercept,
};

/// Gaussian rows. Of three times as many as columns hardly any set can be separated (Cover, 1965: half of all sets of twice as
/// many can).
fn cloud(m: usize, n: usize, seed: u64) -> Vec<Vec<f64>> {
    let mut stream = Stream::new(seed);
    (0..m).map(|_| stream.vector(n)).collect()
}

/// The proof that rows cancel, checked, also after it was written down.
fn proof(rows: &DenseRows, p: f64) -> FarkasCertificate {
    let problem = HardMarginProblem::new(rows, norm(p)).unwrap();
    let found = solve(&problem, &SvmSettings::default()).unwrap();
    let Outcome::NotSeparable(proof) = found else { panic!("{found}") };
    let written = serde_json::to_string(&proof).unwrap();
    let read: FarkasCertificate = serde_json::from_str(&written).unwrap();
    assert_eq!(read, proof);
    assert_eq!(read.verify(&problem), Ok(()));
    proof
}

#[test]
fn large_clouds_are_proven_inseparable() {
    for (m, n, p) in [(420, 140, 2.0), (450, 150, 1.0), (420, 140, f64::INFINITY), (900, 300, 3.0)]
    {
        let proof = proof(&dense(&cloud(m, n, 7)), p);
        assert_eq!(proof.basis().map(<[usize]>::len), Some(n), "({m}, {n}), p = {p}");
        assert_eq!(proof.whole_multipliers().count(), 0);
    }
}

/// Entries of few digits, so that sums of columns are exact.
fn short(rows: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    rows.into_iter()
        .map(|row| row.iter().map(|x| (x * 1024.0).round() / 1024.0).collect())
        .collect()
}

#[test]
fn columns_that_are_sums_of_others_cancel_with_them() {
    let mut rows = short(cloud(420, 140, 3));
    for row in &mut rows {
        // A duplicate in another unit, a sum, a mean, one that nothing is in.
        row.extend([4096.0 * row[5], row[1] - row[2], f64::midpoint(row[3], row[4]), 0.0]);
    }
    let proof = proof(&dense(&rows), 2.0);
    assert_eq!(proof.basis().map(<[usize]>::len), Some(140));
    // The same with one sum that isn't one, by a digit: nothing is proven of it.
    let mut off = rows;
    off[17][141] += 2f64.powi(-40);
    let off = dense(&off);
    let problem = HardMarginProblem::new(&off, norm(2.0)).unwrap();
    assert_eq!(proof.verify(&problem), Err(Refutation::NotNearby));
}

/// `n` rows and one that their combination cancels, in which one row has the multiplier `least`.
fn just_one_combination(n: usize, least: f64) -> DenseRows {
    let mut stream = Stream::new(11);
    let mut rows: Vec<Vec<f64>> = (0..n).map(|_| stream.vector(n)).collect();
    let mut multipliers: Vec<f64> = (0..n).map(|_| 0.5 + stream.uniform()).collect();
    multipliers[n / 2] = least;
    let combined =
        |k: usize| -rows.iter().zip(&multipliers).map(|(row, l)| l * row[k]).sum::<f64>();
    let last = (0..n).map(combined).collect();
    rows.push(last);
    dense(&rows)
}

#[test]
fn a_negative_multiplier_in_the_eleventh_digit_is_no_proof() {
    for (n, least) in [(140, 1e-11), (140, 1e-4)] {
        let found = proof(&just_one_combination(n, least), 2.0);
        let rest = found.multipliers[n / 2] / found.multipliers[n] - least;
        assert!(rest.abs() < 1e-2 * least, "{rest:e}");

        // With the other sign some w satisfies every row: of all that is near, nothing may be called a proof.
        let rows = just_one_combination(n, -least);
        let problem = HardMarginProblem::new(&rows, norm(2.0)).unwrap();
        assert!(found.verify(&problem).is_err());
        assert!(FarkasCertificate::near(&problem, &found.multipliers).is_none());
        let outcome = solve(&problem, &SvmSettings::default()).unwrap();
        assert!(!matches!(outcome, Outcome::NotSeparable(_)), "{outcome}");
        assert_eq!(outcome.verify(&problem), Ok(()));
    }
}

#[test]
fn what_is_not_proven_is_refuted() {
    let rows = dense(&cloud(420, 140, 7));
    let problem = HardMarginProblem::new(&rows, norm(2.0)).unwrap();
    let good = proof(&rows, 2.0);
    let basis = good.basis().unwrap().to_vec();
    let written = serde_json::to_value(&good).unwrap();
    let changed = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut bad = written.clone();
        change(&mut bad);
        let bad: FarkasCertificate = serde_json::from_value(bad).unwrap();
        bad.verify(&problem)
    };
    let of_row = |row: usize, l: f64| changed(&|bad| bad["multipliers"][row] = l.into());
    assert_eq!(of_row(basis[3], 0.0), Err(Refutation::NotNearby));
    assert!(matches!(of_row(basis[3], -1.0), Err(Refutation::InvalidEntry { .. })));
    // What is solved for is known to be positive, and no better than within its own size.
    assert_eq!(of_row(basis[3], 1.5 * good.multipliers[basis[3]]), Ok(()));
    assert_eq!(of_row(basis[3], 10.0), Err(Refutation::NotNearby));
    let other = (0..420).find(|j| !basis.contains(j)).unwrap();
    assert_eq!(of_row(other, 10.0), Err(Refutation::NotNearby));
    let of_basis = |rows: &[usize]| changed(&|bad| bad["basis"]["rows"] = rows.into());
    assert_eq!(of_basis(&basis), Ok(()));
    assert_eq!(of_basis(&basis[1..]), Err(Refutation::NotNearby));
    let twice = [&basis[1..], &basis[1..2]].concat();
    assert_eq!(of_basis(&twice), Err(Refutation::NotNearby));
    let elsewhere = [&basis[1..], &[4711]].concat();
    assert_eq!(of_basis(&elsewhere), Err(Refutation::NotNearby));
    let reduced = serde_json::json!([{ "column": 3, "factor": 1.0, "terms": [[4, 1.0]] }]);
    let is_reduced = |rows: &[usize]| {
        changed(&|bad| {
            bad["basis"]["rows"] = rows.into();
            bad["basis"]["reduced_columns"] = reduced.clone();
        })
    };
    assert_eq!(is_reduced(&basis), Ok(()));
    assert_eq!(is_reduced(&basis[1..]), Err(Refutation::NotNearby));
    let nothing = changed(&|bad| {
        bad["multipliers"] = vec![0.0; 420].into();
        bad["basis"]["rows"] = serde_json::json!([]);
    });
    assert_eq!(nothing, Err(Refutation::BoundsCancel));
    let fewer = dense(&cloud(419, 140, 7));
    assert!(good.verify(&HardMarginProblem::new(&fewer, norm(2.0)).unwrap()).is_err());
    let others = dense(&cloud(420, 140, 8));
    assert!(good.verify(&HardMarginProblem::new(&others, norm(2.0)).unwrap()).is_err());
}

#[test]
fn bounds_that_cancel_too_are_no_contradiction() {
    let rows = dense(&cloud(420, 140, 7));
    let good = proof(&rows, 2.0);
    // With one row's bound so far below zero that the whole sum is.
    let mut bounds = vec![1.0; 420];
    let last = good.basis().unwrap()[0];
    bounds[last] = -2.0 / good.multipliers[last];
    let problem = HardMarginProblem::with_bounds(&rows, norm(2.0), bounds).unwrap();
    assert_eq!(good.verify(&problem), Err(Refutation::BoundsCancel));
}

#[test]
fn an_intercept_is_a_column_of_the_proof() {
    let mut stream = Stream::new(5);
    let signs: Vec<f64> = (0..450).map(|_| (stream.uniform() - 0.5).signum()).collect();
    // Kinds in a unit of ten, which add up to ten, and numbers far from zero.
    let rows: Vec<Vec<f64>> = (0..450)
        .map(|j| {
            let kinds = (0..5).map(|k| if (j * j) % 5 == k { 10.0 } else { 0.0 });
            let numbers = (0..140).map(|k| if k < 3 { 1000.0 } else { 0.0 } + stream.gaussian());
            kinds.chain(numbers).map(|x| signs[j] * x).collect()
        })
        .collect();
    let rows = dense(&rows);
    let problem = HardMarginProblem::new(&rows, norm(2.0)).unwrap();
    let found = solve_with_intercept(&problem, &signs, &SvmSettings::default()).unwrap();
    let InterceptOutcome::NotSeparable(proof) = &found else { panic!("{found}") };
    assert!(proof.basis().is_some_and(|basis| basis.len() > 128));
    assert_eq!(found.verify(&problem, &signs), Ok(()));

    // Rows alone that cancel prove nothing of rows and signs.
    let alone = self::proof(&rows, 2.0);
    assert!(alone.basis().is_some());
    let alone = InterceptOutcome::NotSeparable(alone);
    assert_eq!(alone.verify(&problem, &signs), Err(Refutation::NotNearby));
}

/// Points in a unit, with labels at random: rows `$y\,(x, 1)$`.
fn labelled(points: &[Vec<f64>], labels: impl Fn(usize) -> f64) -> DenseRows {
    let row = |(j, x): (usize, &Vec<f64>)| {
        x.iter().chain([&1.0]).map(|x| labels(j) * x).collect::<Vec<f64>>()
    };
    dense(&points.iter().enumerate().map(row).collect::<Vec<_>>())
}

/// Numbers with one digit after the point.
fn readings(m: usize, n: usize, seed: u64) -> Vec<Vec<f64>> {
    let mut stream = Stream::new(seed);
    let mut reading = || (150.0 + 100.0 * stream.gaussian()).round() / 10.0;
    (0..m).map(|_| (0..n).map(|_| reading()).collect()).collect()
}

/// A column that depends on others but for the rounding of its numbers.
type Derived = fn(&[f64]) -> Vec<f64>;

#[test]
fn columns_that_depend_on_each_other_but_for_rounding_are_no_way_out() {
    let kinds: [Derived; 6] = [
        // Fahrenheit, inches, shares, means of three, a constant, and a unit of a unit.
        |x| x[..5].iter().map(|x| 1.8 * x + 32.0).collect(),
        |x| x[..5].iter().map(|x| x / 2.54).collect(),
        |x| x.iter().map(|each| each / x.iter().sum::<f64>()).collect(),
        |x| x.windows(3).map(|x| (x[0] + x[1] + x[2]) / 3.0).collect(),
        |_| vec![0.1, 0.7],
        |x| [x[0] / 3.0, x[0] / 3.0 * 0.3048, x[0] / 3.0 * 0.3048 + 0.1 * x[1]].to_vec(),
    ];
    for (kind, derived) in kinds.iter().enumerate() {
        for (n, p) in [(12, 2.0), (40, 1.0), (140, 2.0)] {
            let mut points = readings(6 * n, n, 3);
            for x in &mut points {
                x.extend(derived(x));
            }
            let mut stream = Stream::new(17);
            let labels: Vec<f64> =
                points.iter().map(|_| (stream.uniform() - 0.5).signum()).collect();
            let rows = labelled(&points, |j| labels[j]);
            let problem = HardMarginProblem::new(&rows, norm(p)).unwrap();
            let found = solve(&problem, &SvmSettings::default()).unwrap();
            assert!(matches!(found, Outcome::NotSeparable(_)), "kind {kind}, {n}: {found}");
            assert_eq!(found.verify(&problem), Ok(()), "kind {kind}, {n}");
        }
    }
}

#[test]
fn factors_of_low_rank_in_doubles_are_no_way_out() {
    for (n, rank) in [(30, 10), (150, 50)] {
        let mut stream = Stream::new(23);
        let factors: Vec<Vec<f64>> = (0..rank).map(|_| stream.vector(n)).collect();
        let rows: Vec<Vec<f64>> = (0..4 * n)
            .map(|_| {
                let x = stream.vector(rank);
                let entry = |k: usize| x.iter().zip(&factors).map(|(x, row)| x * row[k]).sum();
                (0..n).map(entry).collect()
            })
            .collect();
        proof(&dense(&rows), 2.0);
    }
}

#[test]
fn what_rounding_separates_is_not_called_inseparable() {
    // x in inches, back in centimetres, is more than x in half of all cases: a plane of a margin of one rounding error tells which.
    let points: Vec<[f64; 2]> = readings(400, 1, 31).iter().map(|x| [x[0], x[0] / 2.54]).collect();
    let left = |[x, inches]: [f64; 2]| inches.mul_add(2.54, -x);
    let points: Vec<[f64; 2]> = points.into_iter().filter(|x| left(*x) != 0.0).collect();
    assert!(points.len() > 100);
    for extra in [0, 30, 140] {
        let mut stream = Stream::new(37);
        let rows: Vec<Vec<f64>> = points
            .iter()
            .map(|x| {
                let sign = left(*x).signum();
                x.iter().copied().chain(stream.vector(extra)).map(|x| sign * x).collect()
            })
            .collect();
        let rows = dense(&rows);
        let problem = HardMarginProblem::new(&rows, norm(2.0)).unwrap();
        let found = solve(&problem, &SvmSettings::default()).unwrap();
        assert!(!matches!(found, Outcome::NotSeparable(_)), "{extra}: {found}");
        assert_eq!(found.verify(&problem), Ok(()));
        let all = vec![1.0; points.len()];
        assert!(FarkasCertificate::near(&problem, &all).is_none());
    }
}

#[test]
fn opposed_rows_among_many_are_found_soon() {
    let mut rows = cloud(300, 280, 9);
    let opposed: Vec<f64> = rows[7].iter().map(|x| -x).collect();
    rows.push(opposed);
    // Columns that depend on each other but for rounding, so that no other combination is proven.
    for row in &mut rows {
        row.extend([row[3] / 2.54, row[4] * 1.8]);
    }
    let proof = proof(&dense(&rows), 2.0);
    assert_eq!(proof.whole_multipliers().map(|(row, _)| row).collect::<Vec<_>>(), [7, 300]);
}

#[test]
#[ignore = "half a minute"]
fn thousands_of_unknowns() {
    for (m, n, p) in [(3000, 1000, 2.0), (6000, 2000, 1.5)] {
        proof(&dense(&cloud(m, n, 7)), p);
    }
}
