//! Whatever a user tries first compiles, and does the natural thing.

use std::error::Error;
use std::sync::Arc;

use mirrorhead::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

type Tried = Result<(), Box<dyn Error>>;

/// Two points of each class, apart by the first coordinate.
const POINTS: [[f64; 2]; 4] = [[2.0, 0.1], [1.5, -0.5], [-1.0, -0.2], [-1.8, 0.4]];
const LABELS: [i32; 4] = [1, 1, -1, -1];

/// What is written down comes back.
fn survives_json<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(
    value: &T,
) -> Tried {
    assert_eq!(serde_json::from_str::<T>(&serde_json::to_string(value)?)?, *value);
    Ok(())
}

#[test]
fn a_matrix_of_faer_and_back() {
    let theirs = faer::mat![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]];
    let ours = Matrix::from(&theirs);
    assert_eq!((ours.nrows(), ours[(2, 1)]), (3, 6.0));
    assert_eq!(faer::Mat::from(&ours), theirs);
    assert_eq!(Matrix::from(theirs), ours);
}

#[test]
fn rows_as_they_are_and_with_labels() -> Tried {
    let rows = DenseRows::from_rows(&[[2.0, 1.0], [0.5, 3.0]])?;
    assert_eq!((rows.nrows(), rows.row(1)), (2, &[0.5, 3.0][..]));
    let labelled = DenseRows::labelled(&POINTS, &LABELS)?;
    assert_eq!(labelled.row(3), [1.8, -0.4]);
    assert_eq!(DenseRows::labelled(&POINTS, &[1.0, 1.0, -1.0, -1.0])?.row(3), [1.8, -0.4]);
    Ok(())
}

#[test]
fn a_number_where_a_norm_is_asked_for() -> Tried {
    let rows = DenseRows::labelled(&POINTS, &LABELS)?;
    let settings = SvmSettings::default();
    for p in [1.0, 1.5, 2.0, 10.0, f64::INFINITY] {
        let solution = solve(&HardMarginProblem::new(&rows, p)?, &settings)?.max_margin()?;
        assert!(solution.relative_gap() <= 1e-9, "p = {p}");
        assert_eq!(Norm::new(p)?.to_string().parse::<Norm>()?.p(), p);
        survives_json(&Norm::new(p)?)?;
        let soft = SoftMarginProblem::new(&rows, p, 1.0)?;
        assert!(solve_soft(&soft, &settings)?.to_string().starts_with("the smallest objective"));
    }
    let strictly_convex = LpNorm::new(3.0)?;
    assert_eq!(HardMarginProblem::new(&rows, strictly_convex)?.norm(), strictly_convex.into());
    assert!(LpNorm::try_from(Norm::L1).is_err());
    let refused = HardMarginProblem::new(&rows, 0.5).err().map(|error| error.to_string());
    assert_eq!(
        refused.as_deref(),
        Some(
            "p = 0.5 is no exponent: it must be 1, infinite, or greater than 1 by more than rounding"
        )
    );
    let matrices = DenseRows::from_rows(&[[1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]])?;
    let nuclear = SchattenProblem::new(&matrices, (1.0, 2, 2))?;
    assert!((solve_schatten(&nuclear, &settings)?.max_margin()?.norm() - 2.0).abs() < 1e-8);
    Ok(())
}

#[test]
fn a_problem_borrows_its_operator_or_owns_it() -> Tried {
    let rows = DenseRows::labelled(&POINTS, &LABELS)?;
    let borrowed = HardMarginProblem::new(&rows, 1.5)?;
    let of = |problem: &HardMarginProblem<'_>| -> Result<MaxMargin, Box<dyn Error>> {
        Ok(solve(problem, SvmSettings::default())?.max_margin()?)
    };
    let found = of(&borrowed)?;
    let owned = HardMarginProblem::owning(rows, 1.5)?;
    assert_eq!(found, of(&owned)?);
    Ok(())
}

#[test]
fn an_operator_chosen_at_run_time_is_one() -> Tried {
    let rows = Arc::new(DenseRows::labelled(&POINTS, &LABELS)?);
    let boxed: Box<dyn LinearOperator> = Box::new(Arc::clone(&rows));
    let settings = SvmSettings::default();
    let direct = solve(&HardMarginProblem::new(&rows, 1.5)?, &settings)?;
    assert_eq!(direct, solve(&HardMarginProblem::new(&boxed, 1.5)?, &settings)?);
    assert_eq!(direct, solve(&HardMarginProblem::owning(Arc::clone(&rows), 1.5)?, &settings)?);
    let bounds = vec![2.0; 4];
    let farther = HardMarginProblem::owning_with_bounds(rows, 1.5, bounds)?;
    let [near, far] = [direct, solve(&farther, &settings)?].map(Outcome::max_margin);
    assert!((far?.norm() / near?.norm() - 2.0).abs() < 1e-8);
    Ok(())
}

#[test]
fn methods_are_looped_over() -> Tried {
    type AnyMethod = Box<dyn Optimizer<State = mirrorhead::mirror::MethodState>>;
    let rows = DenseRows::labelled(&POINTS, &LABELS)?;
    let risk = LinearRisk::new(&rows, Loss::Exponential)?;
    let methods: [AnyMethod; 2] = [
        Box::new(MirrorDescent::gradient_descent(StepSize::Constant(0.1))),
        Box::new(Method::compose(Gradient, StepSize::DualNormalized(0.1), Primal)),
    ];
    for method in &methods {
        let start = vec![Matrix::zeros(2, 1)];
        let mut state = TrainingState::new(&risk, &**method, start)?;
        let stopped = train(&risk, &**method, &mut state, &StoppingRule::after(100), &mut ())?;
        assert!(stopped.risk < 0.5);
    }
    Ok(())
}

#[test]
fn what_has_no_solution_says_why() -> Tried {
    let opposed = DenseRows::from_rows(&[[1.0, 2.0], [-0.5, -1.0]])?;
    let problem = HardMarginProblem::new(&opposed, 1.5)?;
    let proof = match solve(&problem, &SvmSettings::default())?.max_margin() {
        Err(NoMaxMargin::NotSeparable(proof)) => proof,
        other => panic!("{other:?}"),
    };
    survives_json(&proof)?;
    let rows = DenseRows::labelled(&POINTS, &LABELS)?;
    let problem = HardMarginProblem::new(&rows, 1.5)?;
    let stop = || true;
    let interrupted = solve(&problem, SvmSettings::default().with_interrupt(&stop))?.max_margin();
    let Err(error) = interrupted else { panic!("it was interrupted") };
    assert!(error.to_string().contains("interrupted"), "{error}");
    let NoMaxMargin::Inconclusive(stalled) = error else { panic!("{error}") };
    assert!(stalled.interval.upper > stalled.interval.lower);
    Ok(())
}

#[test]
fn whatever_is_found_can_be_printed_and_kept() -> Tried {
    let rows = DenseRows::labelled(&POINTS, &LABELS)?;
    let outcome = solve(&HardMarginProblem::new(&rows, 3.0)?, &SvmSettings::default())?;
    assert!(format!("{outcome}").starts_with("the largest margin lies in ["));
    survives_json(&outcome)?;
    let solution = outcome.max_margin()?;
    assert_eq!(
        format!("{}", solution.interval),
        format!("[{:?}, {:?}]", solution.interval.lower, solution.interval.upper)
    );
    survives_json(&solution)?;
    survives_json(&solution.kkt)?;
    let soft = solve_soft(&SoftMarginProblem::new(&rows, 2.0, 1.0)?, &SvmSettings::default())?;
    survives_json(&soft)?;
    let gradient = LogScaled::from(Matrix::column(vec![2.0, -1.0])?);
    assert_eq!(gradient.log_scale, 0.0);
    Ok(())
}

#[test]
fn from_weights_to_a_certified_selection() -> Tried {
    let data = toy_pair();
    let decoder = Matrix::column(vec![1.0, 0.0])?;
    let risk = KeyQueryRisk::new(&data, &decoder, Loss::Logistic)?;
    let method =
        MirrorDescent::new(PowerPotential::new(LpNorm::new(1.5)?), StepSize::DualNormalized(0.1));
    let rule = StoppingRule::after(2_000).with_risk_below(0.0);
    let trained = train_key_query(&risk, Matrix::zeros(2, 2), &method, &rule, &mut ())?;
    assert_eq!(
        (trained.reason, trained.reason.to_string()),
        (StopReason::MaxIters, "all steps were taken".into())
    );
    survives_json(&trained)?;
    let settings = CertifySettings::default().with_saturated(0.9);
    let found = certify(&data, &decoder, &trained.key_query, 1.5, &settings)?;
    assert!(format!("{found}").contains("largest margin"), "{found}");
    survives_json(&found)?;
    let Certification::Certified(certified) = found else { panic!("saturated") };
    assert_eq!(certified.selection.to_string(), "[1, 1]");
    let svm =
        max_margin_key_query(&data, &certified.selection, 1.5, &settings.svm)?.max_margin()?;
    assert!((svm.interval.lower - certified.svm.interval.lower).abs() < 1e-9);
    Ok(())
}

#[test]
fn settings_are_plain_data_in_one_style() -> Tried {
    survives_json(&SvmSettings::default().with_relative_gap(1e-6).with_max_iterations(9))?;
    survives_json(&FlowSettings::default().with_tolerance(1e-5).with_max_steps(9))?;
    survives_json(&PathSettings::default().with_tolerance(1e-5))?;
    survives_json(&CertifySettings::default().with_svm(SvmSettings::default()))?;
    survives_json(&StoppingRule::after(7).with_log_gradient_below(-3.0))?;
    let read: SvmSettings = serde_json::from_str(r#"{ "relative_gap": 1e-6 }"#)?;
    assert_eq!(read, SvmSettings::default().with_relative_gap(1e-6));
    assert_eq!(serde_json::from_str::<FlowSettings>("{}")?, FlowSettings::default());
    Ok(())
}
