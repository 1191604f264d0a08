//! What is refuted, refused and interrupted.

use super::*;

#[test]
fn what_is_tampered_with_is_refuted() {
    let (rows, equalities) = separable(9, 8, 4, 5);
    let (a, e) = (dense(&rows), dense(&equalities));
    let problem = HardMarginProblem::new(&a, 3.0).unwrap().with_equalities(&e).unwrap();
    let good = checked(&problem, "good").max_margin().unwrap();
    let changed = |change: &dyn Fn(&mut EqualityMargin)| {
        let mut bad = good.clone();
        change(&mut bad);
        bad.verify(&problem)
    };
    let is_lower = |found| matches!(found, Err(Refutation::LowerBound { .. }));
    let is_upper = |found| matches!(found, Err(Refutation::UpperBound { .. }));
    let is_broken = |found| matches!(found, Err(Refutation::EqualityBroken { .. }));
    assert!(is_lower(changed(&|bad| bad.interval.lower *= 1.0 + 1e-8)));
    assert!(is_upper(changed(&|bad| bad.interval.upper *= 1.0 - 1e-8)));
    let free = (0..8).find(|k| good.exact.entries.iter().all(|entry| entry.column != *k)).unwrap();
    assert!(is_broken(changed(&|bad| bad.w[free] = bad.w[free].next_up())));
    assert!(is_broken(changed(&|bad| bad.exact.entries[1].numerator += 1)));
    assert!(is_broken(changed(&|bad| bad.exact.exponent += 1)));
    assert!(changed(&|bad| bad.exact.entries[1].column = 90).is_err());
    assert!(is_upper(changed(&|bad| bad.equality_multipliers[2] += 1e-3)));
    assert!(changed(&|bad| bad.multipliers[3] = -1e-300).is_err());
    assert!(changed(&|bad| bad.w[3] = f64::NAN).is_err());
    assert!(changed(&|bad| bad.w.truncate(3)).is_err());

    let opposed = dense(&[vec![1.0, 0.1, -0.7]]);
    let problem = HardMarginProblem::new(&opposed, 2.0).unwrap().with_equalities(&opposed).unwrap();
    let EqualityOutcome::NotSeparable(proof) = checked(&problem, "opposed") else {
        panic!("opposed")
    };
    let other = dense(&[vec![1.0, 0.1, -0.8]]);
    let other = HardMarginProblem::new(&opposed, 2.0).unwrap().with_equalities(&other).unwrap();
    assert!(matches!(proof.verify(&other), Err(Refutation::DoesNotCancel { .. })));
}

#[test]
fn misuse_is_refused() {
    let rows = dense(&[vec![1.0, 2.0]]);
    let problem = HardMarginProblem::new(&rows, 2.0).unwrap();
    let wide = dense(&[vec![1.0, 2.0, 3.0]]);
    assert!(matches!(problem.clone().with_equalities(&wide), Err(SvmError::Kernel(_))));
    let tiny = dense(&[vec![1.0, 1.0], vec![1e-310, 0.0]]);
    let refused = problem.clone().with_equalities(&tiny).unwrap_err();
    assert!(matches!(refused, SvmError::InvalidEquality { row: 1, .. }), "{refused}");
    let problem = problem.with_equalities(&rows).unwrap();
    assert!(
        solve_with_equalities(&problem, SvmSettings::default().with_relative_gap(2.0)).is_err()
    );
}

#[test]
fn limits_end_a_solve_with_what_there_is() {
    let (rows, equalities) = separable(30, 20, 6, 9);
    let (a, e) = (dense(&rows), dense(&equalities));
    let problem = HardMarginProblem::new(&a, 3.0).unwrap().with_equalities(&e).unwrap();
    for settings in [
        SvmSettings::default().with_max_iterations(1),
        SvmSettings::default().with_time_limit(std::time::Duration::ZERO),
    ] {
        let outcome = solve_with_equalities(&problem, settings).unwrap();
        assert_eq!(outcome.verify(&problem), Ok(()));
        assert!(matches!(outcome, EqualityOutcome::Inconclusive(..)), "{outcome}");
    }
}
