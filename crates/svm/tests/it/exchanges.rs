//! The active set at p = 2: few exchanges on good data, the same answers as by other ways, and proofs as ever.

use mirrorhead_svm::{HardMarginProblem, SparseRows, SvmSettings, solve};

use crate::common::{Stream, att_svm_rows, dense, max_margin, outcome, solution};

#[test]
fn attention_problems_take_few_exchanges() {
    for (sizes, most) in [((6, 8, 10), 8), ((16, 16, 12), 14), ((20, 16, 16), 14)] {
        for seed in 0..8 {
            let (n, len, dim) = sizes;
            let rows = att_svm_rows(n, len, dim, seed);
            let found = max_margin(&rows, 2.0);
            assert!(found.work.iterations <= most, "{sizes:?}, seed {seed}: {:?}", found.work);
            // A little off p = 2 the interior-point method solves it.
            let near = max_margin(&rows, 2.0 + 1e-9);
            assert!((found.norm() / near.norm() - 1.0).abs() < 1e-6, "{sizes:?}, seed {seed}");
            let rows = dense(&rows);
            assert!(found.verify(&HardMarginProblem::new(&rows, 2.0).unwrap()).is_ok());
        }
    }
}

#[test]
fn rows_many_times_the_unknowns_take_few_exchanges_too() {
    // More of them pull after the first gradient steps than there are unknowns.
    let found = max_margin(&att_svm_rows(100, 40, 32, 1), 2.0);
    assert_eq!(found.work.rounds, 1, "the interior-point method took over: {:?}", found.work);
    assert!(found.work.iterations <= 10, "{:?}", found.work);
}

#[test]
fn sparse_rows_beyond_a_thousand_are_never_factored() {
    // Bags of words with a bias, more words than documents.
    let (m, n) = (1_600, 6_000);
    let mut stream = Stream::new(9);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to n")]
    let early = |uniform: f64| (uniform.powi(2) * n as f64) as usize;
    let rows: Vec<Vec<(usize, f64)>> = (0..m)
        .map(|i| {
            let label = if i % 2 == 0 { 1.0 } else { -1.0 };
            let mut words: Vec<usize> = (0..40).map(|_| early(stream.uniform())).collect();
            words.sort_unstable();
            words.dedup();
            let entries = words.into_iter().map(|k| (k, label * (0.1 + 0.2 * stream.uniform())));
            entries.chain([(n, label)]).collect()
        })
        .collect();
    let rows = SparseRows::new(n + 1, &rows).unwrap();
    let problem = HardMarginProblem::new(&rows, 2.0).unwrap();
    let found = solution(solve(&problem, SvmSettings::default()).unwrap(), "bags of words");
    assert!(found.relative_gap() <= 1e-9);
    assert!(found.support(1e-6).len() > 1_000, "many rows are active");
    assert!(found.work.conjugate_gradients > 0, "{:?}", found.work);
    assert_eq!(found.work.factorizations, 0, "{:?}", found.work);
}

#[test]
fn repeated_and_opposite_rows_are_solved_all_the_same() {
    let rows = att_svm_rows(6, 8, 10, 4);
    let once = max_margin(&rows, 2.0);
    let twice = max_margin(&[rows.clone(), rows.clone()].concat(), 2.0);
    assert!((once.norm() / twice.norm() - 1.0).abs() < 3e-9);
    let mut opposed = rows;
    opposed.push(opposed[3].iter().map(|x| -x).collect());
    assert!(matches!(outcome(&opposed, 2.0), mirrorhead_svm::Outcome::NotSeparable(_)));
}

#[test]
fn a_gap_that_will_do_is_no_failure() {
    // Two columns in units that leave fewer digits than are asked for.
    let mut rows = att_svm_rows(6, 8, 10, 2);
    for row in &mut rows {
        row[0] *= 1e7;
        row[5] *= 1e-6;
    }
    let rows = dense(&rows);
    for p in [1.0, 1.5, 3.0, f64::INFINITY] {
        let problem = HardMarginProblem::new(&rows, p).unwrap();
        let settings = SvmSettings::default().with_relative_gap(1e-17).with_sufficient_gap(1e-9);
        let found = solution(solve(&problem, settings).unwrap(), &format!("p = {p}"));
        assert!(found.relative_gap() <= 1e-9);
    }
}
