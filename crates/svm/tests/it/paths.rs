//! Warm-started paths in p and in the data: the same answers, for less work.

use crate::common::{att_svm_rows, dense, max_margin, norm, solution};
use mirrorhead_kernels::KernelError;
use mirrorhead_svm::{
    HardMarginProblem, MaxMargin, Outcome, SvmError, SvmSettings, solve, solve_from,
};

/// Iterations of a path from cold and from warm starts; the answers must agree.
fn iterations(rows: &[Vec<f64>], path: &[f64]) -> (usize, usize) {
    let stored = dense(rows);
    let settings = SvmSettings::default();
    let (mut cold, mut warm) = (0, 0);
    let mut last: Option<MaxMargin> = None;
    for &p in path {
        let problem = HardMarginProblem::new(&stored, norm(p)).unwrap();
        let what = format!("p = {p}");
        let fresh = solution(solve(&problem, &settings).unwrap(), &what);
        last = Some(match &last {
            None => fresh,
            Some(last) => {
                let next = solution(solve_from(&problem, &settings, last).unwrap(), &what);
                assert!((next.norm() / fresh.norm() - 1.0).abs() < 3e-9, "{what}");
                cold += fresh.work.iterations;
                warm += next.work.iterations;
                next
            }
        });
    }
    (cold, warm)
}

#[test]
fn paths_in_p_cost_less_than_their_points() {
    let down = [2.0, 1.9, 1.8, 1.7, 1.6, 1.5, 1.4, 1.3, 1.2, 1.15, 1.1, 1.075, 1.05];
    let up = [2.0, 2.2, 2.5, 2.8, 3.2, 3.6, 4.0, 4.5, 5.0, 6.0, 7.0, 8.0, 10.0];
    for path in [down, up] {
        let (cold, warm) = iterations(&att_svm_rows(6, 8, 10, 3), &path);
        assert!(4 * warm <= 3 * cold, "small: {warm} of {cold}");
        let (cold, warm) = iterations(&att_svm_rows(16, 16, 12, 3), &path);
        assert!(2 * warm <= cold, "with working sets: {warm} of {cold}");
    }
}

#[test]
fn a_changed_row_costs_little() {
    let rows = att_svm_rows(16, 16, 12, 5);
    let other = att_svm_rows(16, 16, 12, 6);
    let settings = SvmSettings::default();
    for p in [1.0, 1.1, 2.0, 3.0, f64::INFINITY] {
        let before = max_margin(&rows, p);
        let (mut cold, mut warm) = (0, 0);
        for j in [7, 100, 201] {
            let mut changed = rows.clone();
            changed[j].clone_from(&other[j]);
            let stored = dense(&changed);
            let problem = HardMarginProblem::new(&stored, norm(p)).unwrap();
            let what = format!("p = {p}, row {j} changed");
            let fresh = solution(solve(&problem, &settings).unwrap(), &what);
            let next = solution(solve_from(&problem, &settings, &before).unwrap(), &what);
            assert!((next.norm() / fresh.norm() - 1.0).abs() < 3e-9, "{what}");
            cold += fresh.work.iterations;
            warm += next.work.iterations;
        }
        if p == 2.0 {
            // Gradient steps, which aren't counted, leave a solve from scratch 8 exchanges for all three: there is nothing to
            // save, and 9 are as few.
            assert!(warm <= 9 && cold <= 9, "{warm} and {cold}");
            continue;
        }
        // At p = infinity a solve from scratch takes few more: 56 iterations for all three, against 42.
        let most = if p == f64::INFINITY { 9 * cold } else { 8 * cold };
        assert!(12 * warm <= most, "p = {p}: {warm} of {cold}");
    }
}

#[test]
fn a_useless_start_does_no_harm() {
    let rows = dense(&att_svm_rows(6, 8, 10, 1));
    let other = max_margin(&att_svm_rows(6, 8, 10, 2), 1.1);
    let problem = HardMarginProblem::new(&rows, norm(10.0)).unwrap();
    let settings = SvmSettings::default();
    let found = solution(solve_from(&problem, &settings, &other).unwrap(), "another problem");
    assert!(found.relative_gap() <= 1e-9);
    // Data that is no longer separable is recognised.
    let opposite = dense(&[vec![1.0, 2.0], vec![-1.0, -2.0]]);
    let problem = HardMarginProblem::new(&opposite, norm(3.0)).unwrap();
    let start = max_margin(&[vec![1.0, 2.0], vec![-1.0, 2.0]], 3.0);
    let found = solve_from(&problem, &settings, &start).unwrap();
    assert!(matches!(found, Outcome::NotSeparable(_)), "{found:?}");
    let short = max_margin(&[vec![1.0, 2.0]], 3.0);
    assert!(matches!(
        solve_from(&problem, &settings, &short),
        Err(SvmError::Kernel(KernelError::ShapeMismatch { expected: 2, found: 1, .. }))
    ));
}
