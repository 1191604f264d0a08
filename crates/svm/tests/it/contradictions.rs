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
    let dependent = serde_json::json!([{ "column": 3, "denominator": 1, "terms": [[4, 1]] }]);
    let is_dependent = changed(&|bad| {
        bad["basis"]["rows"] = basis[1..].into();
        bad["basis"]["dependent_columns"] = dependent.clone();
    });
    assert_eq!(is_dependent, Err(Refutation::NotNearby));
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
