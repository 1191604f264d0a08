//! Hyperplanes between classes: one for each column of signs.

use mirrorhead::kernels::LinearOperator;
use mirrorhead::svm::{
    HardMarginProblem, InterceptOutcome, Norm, Outcome, SoftMarginProblem, SoftOutcome,
    WatchedSettings, solve, solve_soft, solve_with_intercept,
};
use numpy::{PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;
use rayon::prelude::*;

use super::found::{Refutation, written};
use super::rows::RowsArgument;
use crate::arrays::{Array1, vector};
use crate::errors::Refused;
use crate::settings::SolverOptions;
use crate::worker;

/// A hyperplane and what is proven of it.
#[derive(Debug, IntoPyObject)]
pub struct Separator {
    w: Array1,
    intercept: f64,
    multipliers: Array1,
    /// What rounding takes from the numbers, as JSON, where the proof needs it.
    remainder: Option<String>,
    lower: f64,
    upper: f64,
    stalled: Option<String>,
    iterations: usize,
}

/// It, or the proof that there is none.
#[derive(Debug, IntoPyObject)]
pub enum Separation {
    Found(Separator),
    NotSeparable(Refutation),
}

/// Separates the rows by each column of `signs`: with hard margins where there are no `costs`, and with an
/// intercept where one is wanted.
#[pyfunction]
#[pyo3(signature = (rows, signs, p, costs, intercept, options, progress=None))]
pub fn fit_separators(
    py: Python<'_>,
    rows: RowsArgument<'_>,
    signs: PyReadonlyArray2<'_, f64>,
    p: f64,
    costs: Option<PyReadonlyArray1<'_, f64>>,
    intercept: bool,
    options: SolverOptions,
    progress: Option<Bound<'_, PyAny>>,
) -> PyResult<Vec<Separation>> {
    let costs = costs.as_ref().map(vector);
    let signs = columns(&signs);
    let numbers = rows.numbers();
    let found = worker::run(py, progress.as_ref(), move |control| {
        let norm = Norm::try_from(p)?;
        options.settled(control, |settings| {
            let one = |signs: &Vec<f64>| {
                let rows = numbers.clone().signed(signs)?;
                let (rows, free) = (rows.operator(), intercept.then_some(signs));
                match &costs {
                    None => hard(rows, norm, free, settings),
                    Some(costs) => soft(rows, norm, costs, free, settings),
                }
            };
            // Collected before errors are looked at, so that it is always the first that is returned.
            let found: Vec<_> = signs.par_iter().map(one).collect();
            found.into_iter().collect::<Result<Vec<_>, Refused>>()
        })
    })?;
    Ok(found?)
}

/// The columns of an array.
pub fn columns(array: &PyReadonlyArray2<'_, f64>) -> Vec<Vec<f64>> {
    array.as_array().columns().into_iter().map(|column| column.to_vec()).collect()
}

fn hard(
    rows: &dyn LinearOperator,
    norm: Norm,
    signs: Option<&Vec<f64>>,
    settings: &WatchedSettings<'_>,
) -> Result<Separation, Refused> {
    let problem = HardMarginProblem::new(rows, norm)?;
    let Some(signs) = signs else {
        return Ok(match solve(&problem, settings)? {
            Outcome::MaxMargin(found) => Separation::Found(Separator {
                w: Array1(found.w),
                intercept: 0.0,
                multipliers: Array1(found.multipliers),
                remainder: written(&found.remainder),
                lower: found.interval.lower,
                upper: found.interval.upper,
                stalled: None,
                iterations: found.work.iterations,
            }),
            Outcome::NotSeparable(proof) => Separation::NotSeparable(proof.try_into()?),
            Outcome::Inconclusive(stalled) => Separation::Found(Separator {
                w: Array1(stalled.w),
                intercept: 0.0,
                multipliers: Array1(stalled.multipliers),
                remainder: None,
                lower: stalled.interval.lower,
                upper: stalled.interval.upper,
                stalled: Some(stalled.reason.to_string()),
                iterations: stalled.work.iterations,
            }),
        });
    };
    let (found, stalled) = match solve_with_intercept(&problem, signs, settings)? {
        InterceptOutcome::MaxMargin(found) => (Some(found), None),
        InterceptOutcome::NotSeparable(proof) => {
            return Ok(Separation::NotSeparable(proof.try_into()?));
        }
        InterceptOutcome::Inconclusive(found, reason) => (found, Some(reason.to_string())),
    };
    Ok(Separation::Found(match found {
        Some(found) => Separator {
            w: Array1(found.w),
            intercept: found.intercept,
            multipliers: Array1(found.multipliers),
            remainder: written(&found.remainder),
            lower: found.interval.lower,
            upper: found.interval.upper,
            stalled,
            iterations: found.work.iterations,
        },
        None => Separator {
            w: Array1(vec![0.0; rows.ncols()]),
            intercept: 0.0,
            multipliers: Array1(vec![0.0; rows.nrows()]),
            remainder: None,
            lower: f64::NEG_INFINITY,
            upper: f64::INFINITY,
            stalled,
            iterations: 0,
        },
    }))
}

fn soft(
    rows: &dyn LinearOperator,
    norm: Norm,
    costs: &[f64],
    signs: Option<&Vec<f64>>,
    settings: &WatchedSettings<'_>,
) -> Result<Separation, Refused> {
    let mut problem = SoftMarginProblem::new(rows, norm, 1.0)?.with_weights(costs)?;
    if let Some(signs) = signs {
        problem = problem.with_intercept(signs)?;
    }
    let (found, stalled) = match solve_soft(&problem, settings)? {
        SoftOutcome::Certified(found) => (found, None),
        SoftOutcome::Inconclusive(found, reason) => (found, Some(reason.to_string())),
    };
    Ok(Separation::Found(Separator {
        w: Array1(found.w),
        intercept: found.intercept,
        multipliers: Array1(found.multipliers),
        remainder: written(&found.remainder),
        lower: found.objective.lower,
        upper: found.objective.upper,
        stalled,
        iterations: found.work.iterations,
    }))
}
