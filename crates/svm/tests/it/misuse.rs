//! Limits and what can't be solved: both are told, and nothing is lost.

use crate::common::{att_svm_rows, dense, norm};
use mirrorhead_kernels::KernelError;
use mirrorhead_svm::{
    HardMarginProblem, Outcome, StallReason, SvmError, SvmSettings, WatchedSettings,
    margin_interval, solve,
};

#[test]
fn limits_are_kept_and_told() {
    let rows = dense(&att_svm_rows(6, 8, 10, 1));
    let problem = HardMarginProblem::new(&rows, norm(3.0)).unwrap();
    let (settings, stop) = (SvmSettings::default(), || true);
    let reasons: [(WatchedSettings<'_>, StallReason); 3] = [
        (settings.with_max_iterations(2).into(), StallReason::IterationLimit),
        (settings.with_interrupt(&stop), StallReason::Interrupted),
        (settings.with_time_limit(std::time::Duration::ZERO).into(), StallReason::TimeLimit),
    ];
    for (settings, expected) in reasons {
        let Outcome::Inconclusive(stalled) = solve(&problem, &settings).unwrap() else {
            panic!("{settings:?}")
        };
        assert_eq!(stalled.reason, expected);
        let again = margin_interval(&problem, &stalled.w, &stalled.multipliers);
        assert_eq!(again, stalled.interval);
        assert!(again.lower <= 1.0 && again.upper.is_finite());
    }
}

#[test]
fn misuse_is_named() {
    let rows = dense(&[vec![1.0, 2.0]]);
    let of = |bounds| HardMarginProblem::with_bounds(&rows, norm(2.0), bounds).err();
    assert!(matches!(
        of(vec![]),
        Some(SvmError::Kernel(KernelError::ShapeMismatch { expected: 1, found: 0, .. }))
    ));
    assert!(matches!(
        of(vec![f64::NAN]),
        Some(SvmError::Kernel(KernelError::NotFinite { index: 0, .. }))
    ));
    assert_eq!(of(vec![0.0]), Some(SvmError::NoPositiveBound));
    let problem = HardMarginProblem::new(&rows, norm(2.0)).unwrap();
    for relative_gap in [0.0, -1.0, 1.0, f64::NAN] {
        let settings = SvmSettings::default().with_relative_gap(relative_gap);
        assert!(matches!(solve(&problem, &settings), Err(SvmError::InvalidSetting(_))));
    }
    let settings = SvmSettings::default().with_max_iterations(0);
    assert!(solve(&problem, &settings).is_err());
}
