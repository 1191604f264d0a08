//! Targets that compute: constructors, training, and the solver of max-margin problems.

use std::time::Duration;

use mirrorhead_attention::{
    AttentionWeights, Dataset, KeyQueryRisk, Loss, TokenScores, TokenSelection,
};
use mirrorhead_kernels::{DenseRows, Matrix, TokenBatch};
use mirrorhead_mirror::{LpNorm, MirrorDescent, PowerPotential, StepSize};
use mirrorhead_svm::{
    HardMarginProblem, Norm, Outcome, SchattenNorm, SchattenProblem, SoftMargin, SoftMarginProblem,
    SoftOutcome, SvmSettings, solve, solve_schatten, solve_soft, solve_with_intercept,
};
use mirrorhead_trainer::{StoppingRule, train_key_query};

use crate::numbers::Numbers;

/// Exponents: at the ends, near them, and between.
const EXPONENTS: [f64; 12] =
    [1.0, 1.0 + 1e-9, 1.01, 1.1, 1.5, 2.0, 3.0, 10.0, 50.0, f64::INFINITY, f64::NAN, 0.5];

/// Those whose powers are checked exactly at little cost.
const CHECKED: [f64; 5] = [1.0, 1.5, 2.0, 3.0, f64::INFINITY];

pub fn seeds() -> Vec<Vec<u8>> {
    let ramp = |step: u8| (0..96u8).map(|k| k.wrapping_mul(step).wrapping_add(64)).collect();
    vec![ramp(37), ramp(11), ramp(101), vec![200; 64]]
}

/// A data set and a decoder, if the numbers make one.
fn data(numbers: &mut Numbers<'_>) -> Result<(Dataset, Matrix), String> {
    let (n, dim) = (numbers.size(1, 3), numbers.size(1, 3));
    let lengths: Vec<_> = (0..n).map(|_| numbers.size(1, 4)).collect();
    let entries = numbers.floats(lengths.iter().sum::<usize>() * dim);
    let tokens = TokenBatch::new(dim, &lengths, entries).map_err(|e| kind(&e))?;
    let queries = numbers.floats(n * dim);
    let queries = Matrix::from_columns(n, dim, queries).map_err(|e| kind(&e))?;
    let labels =
        (0..n).map(|_| if numbers.byte().is_multiple_of(2) { 1.0 } else { -1.0 }).collect();
    let data = Dataset::new(tokens, &queries, labels).map_err(|e| kind(&e))?;
    let decoder = Matrix::column(numbers.floats(dim)).map_err(|e| kind(&e))?;
    Ok((data, decoder))
}

/// The kind of an error, without its numbers.
fn kind(error: &impl std::fmt::Display) -> String {
    error.to_string().chars().filter(|c| c.is_alphabetic() || *c == ' ').take(50).collect()
}

/// Whatever is constructed is finite; whatever isn't has an error.
pub fn constructors(bytes: &[u8]) -> String {
    let mut numbers = Numbers::of(bytes);
    let (p, step) = (numbers.float(), numbers.float());
    let norms = (LpNorm::new(p).is_ok(), Norm::new(p).is_ok());
    let steps = (StepSize::Constant(step).validate().is_ok(), step.is_finite());
    let (data, decoder) = match data(&mut numbers) {
        Ok(made) => made,
        Err(error) => return error,
    };
    let scores = TokenScores::of(&data, &decoder);
    let dim = data.dim();
    let entries = numbers.floats(dim * dim);
    let Ok(key_query) = Matrix::from_columns(dim, dim, entries) else { return "matrix".into() };
    let weights = AttentionWeights::of(&key_query, &data);
    if let Ok(weights) = &weights {
        for i in 0..weights.len() {
            let sum: f64 = weights.sequence(i).iter().sum();
            assert!((sum - 1.0).abs() < 1e-12, "the weights of sequence {i} sum to {sum}");
        }
        let _ = TokenSelection::from_saturated(weights, 0.99);
        let _ = weights.outputs(&data, &decoder);
    }
    format!("{norms:?} {steps:?} {} {}", scores.is_ok(), weights.is_ok())
}

/// A trained matrix and its risk are finite.
pub fn training(bytes: &[u8]) -> String {
    let mut numbers = Numbers::of(bytes);
    let p = EXPONENTS[numbers.size(0, EXPONENTS.len() - 1)];
    let Ok(norm) = LpNorm::new(p) else { return "norm".into() };
    let length = numbers.float();
    let step = match numbers.byte() % 2 {
        0 => StepSize::Constant(length),
        _ => StepSize::DualNormalized(length),
    };
    if step.validate().is_err() {
        return "step".into();
    }
    let loss = Loss::ALL[numbers.size(0, 2)];
    let (data, decoder) = match data(&mut numbers) {
        Ok(made) => made,
        Err(error) => return error,
    };
    let Ok(risk) = KeyQueryRisk::new(&data, &decoder, loss) else { return "risk".into() };
    let method = MirrorDescent::new(PowerPotential::new(norm), step);
    let start = Matrix::zeros(data.dim(), data.dim());
    match train_key_query(&risk, start, &method, &StoppingRule::after(40), &mut ()) {
        Err(error) => kind(&error),
        Ok(trained) => {
            assert!(trained.risk.is_finite(), "a risk of {}", trained.risk);
            assert!(trained.key_query.as_slice().iter().all(|entry| entry.is_finite()));
            format!("{:?} {loss:?} {p}", trained.reason)
        }
    }
}

/// A solution has an interval, ends in time, and never contradicts itself.
pub fn svm(bytes: &[u8]) -> String {
    let mut numbers = Numbers::of(bytes);
    let p = EXPONENTS[numbers.size(0, EXPONENTS.len() - 1)];
    let Ok(norm) = Norm::new(p) else { return "norm".into() };
    let (rows, columns) = (numbers.size(1, 5), numbers.size(1, 4));
    let entries = numbers.floats(rows * columns);
    let Ok(matrix) = Matrix::from_columns(rows, columns, entries) else { return "matrix".into() };
    let operator = DenseRows::new(&matrix);
    let problem = match HardMarginProblem::new(&operator, norm) {
        Ok(problem) => problem,
        Err(error) => return kind(&error),
    };
    let settings = SvmSettings::default().with_time_limit(Duration::from_secs(1));
    let outcome = solve(&problem, &settings);
    if let (Ok(outcome), true) = (&outcome, CHECKED.contains(&p)) {
        // In exact arithmetic, from the data alone.
        let verified = outcome.verify(&problem);
        assert!(verified.is_ok(), "{:?} of {outcome:?}", verified.err());
    }
    match outcome {
        Err(error) => kind(&error),
        Ok(Outcome::MaxMargin(solution)) => {
            let interval = solution.interval;
            assert!(interval.lower <= interval.upper, "{interval:?}");
            assert!(interval.lower >= 0.0 && solution.norm().is_finite(), "{interval:?}");
            format!("solved {p} {rows}")
        }
        Ok(Outcome::NotSeparable(_)) => format!("not separable {p} {rows}"),
        Ok(Outcome::Inconclusive(stalled)) => {
            let interval = stalled.interval;
            assert!(interval.lower <= interval.upper, "{interval:?}");
            format!("inconclusive {p}")
        }
    }
}

/// A soft margin has an objective between its bounds, with an intercept or without.
pub fn soft_margin(bytes: &[u8]) -> String {
    let mut numbers = Numbers::of(bytes);
    let p = EXPONENTS[numbers.size(0, EXPONENTS.len() - 1)];
    let Ok(norm) = Norm::new(p) else { return "norm".into() };
    let (cost, with_intercept) = (numbers.float(), numbers.byte().is_multiple_of(2));
    let (rows, columns) = (numbers.size(1, 5), numbers.size(1, 4));
    let signs: Vec<f64> =
        (0..rows).map(|_| if numbers.byte().is_multiple_of(2) { 1.0 } else { -1.0 }).collect();
    let entries = numbers.floats(rows * columns);
    let Ok(matrix) = Matrix::from_columns(rows, columns, entries) else { return "matrix".into() };
    let operator = DenseRows::new(&matrix);
    let problem = SoftMarginProblem::new(&operator, norm, cost);
    let problem = match problem {
        Ok(problem) if with_intercept => problem.with_intercept(&signs),
        other => other,
    };
    let problem = match problem {
        Ok(problem) => problem,
        Err(error) => return kind(&error),
    };
    let settings = SvmSettings::default().with_time_limit(Duration::from_secs(1));
    if with_intercept {
        hard_with_intercept(&operator, norm, &signs, &settings);
    }
    match solve_soft(&problem, &settings) {
        Err(error) => kind(&error),
        Ok(outcome) => {
            if CHECKED.contains(&p) {
                let verified = outcome.solution().verify(&problem);
                assert!(verified.is_ok(), "{:?} of {outcome:?}", verified.err());
            }
            let certified = matches!(outcome, SoftOutcome::Certified(_));
            let SoftMargin { w, objective, .. } = outcome.into_solution();
            assert!(objective.lower <= objective.upper, "{objective:?}");
            assert!(!certified || w.iter().all(|entry| entry.is_finite()), "{w:?}");
            format!("{certified} {p} {with_intercept}")
        }
    }
}

/// What is said of the widest margin around any hyperplane is proven.
fn hard_with_intercept(rows: &DenseRows, norm: Norm, signs: &[f64], settings: &SvmSettings) {
    let Ok(problem) = HardMarginProblem::new(rows, norm) else { return };
    let Ok(outcome) = solve_with_intercept(&problem, signs, settings) else { return };
    if CHECKED.contains(&norm.p()) {
        let verified = outcome.verify(&problem, signs);
        assert!(verified.is_ok(), "{:?} of {outcome:?}", verified.err());
    }
}

/// The max margin under a Schatten norm is proven, or proven to be none.
pub fn schatten(bytes: &[u8]) -> String {
    let mut numbers = Numbers::of(bytes);
    let p = EXPONENTS[numbers.size(0, EXPONENTS.len() - 1)];
    let (nrows, ncols) = (numbers.size(1, 3), numbers.size(1, 3));
    let Ok(norm) = Norm::new(p) else { return "norm".into() };
    let norm = SchattenNorm::new(norm, nrows, ncols);
    let rows = numbers.size(1, 4);
    let entries = numbers.floats(rows * nrows * ncols);
    let matrix = Matrix::from_columns(rows, nrows * ncols, entries);
    let Ok(matrix) = matrix else { return "matrix".into() };
    let operator = DenseRows::new(&matrix);
    let problem = match SchattenProblem::new(&operator, norm) {
        Ok(problem) => problem,
        Err(error) => return kind(&error),
    };
    let settings = SvmSettings::default().with_time_limit(Duration::from_secs(1));
    match solve_schatten(&problem, &settings) {
        Err(error) => kind(&error),
        Ok(Outcome::MaxMargin(found)) => {
            assert!(found.interval.lower <= found.interval.upper, "{:?}", found.interval);
            format!("solved {p}")
        }
        Ok(Outcome::NotSeparable(_)) => format!("not separable {p}"),
        Ok(Outcome::Inconclusive(stalled)) => {
            assert!(stalled.interval.lower <= stalled.interval.upper, "{:?}", stalled.interval);
            format!("inconclusive {p}")
        }
    }
}
