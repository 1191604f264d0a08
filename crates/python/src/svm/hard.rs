//! Hard margins: one solve, and a path of them.

use mirrorhead::svm::{HardMarginProblem, Outcome, WatchedSettings, solve, solve_from};
use numpy::PyReadonlyArray1;
use pyo3::prelude::*;

use super::found::Solved;
use super::rows::{Rows, RowsArgument};
use crate::arrays::vector;
use crate::errors::Refused;
use crate::settings::SolverOptions;
use crate::worker;

/// A problem over rows, with a bound for each.
pub fn problem(
    rows: &Rows,
    p: f64,
    bounds: Option<Vec<f64>>,
) -> Result<HardMarginProblem<'_>, Refused> {
    let operator = rows.operator();
    Ok(match bounds {
        None => HardMarginProblem::new(operator, p)?,
        Some(bounds) => HardMarginProblem::with_bounds(operator, p, bounds)?,
    })
}

/// Solves one problem, from a pair `(w, multipliers)` if there is one.
#[pyfunction]
#[pyo3(signature = (rows, p, bounds, options, start=None, progress=None))]
pub fn max_margin(
    py: Python<'_>,
    rows: RowsArgument<'_>,
    p: f64,
    bounds: Option<PyReadonlyArray1<'_, f64>>,
    options: SolverOptions,
    start: Option<(PyReadonlyArray1<'_, f64>, PyReadonlyArray1<'_, f64>)>,
    progress: Option<Bound<'_, PyAny>>,
) -> PyResult<Solved> {
    let (numbers, bounds) = (rows.numbers(), bounds.as_ref().map(vector));
    let start = start.map(|(w, multipliers)| (vector(&w), vector(&multipliers)));
    let found = worker::run(py, progress.as_ref(), move |control| {
        let rows = numbers.rows()?;
        let problem = problem(&rows, p, bounds)?;
        options.settled(control, |settings| {
            let outcome = match &start {
                None => solve(&problem, settings)?,
                Some((w, l)) => solve_from(&problem, settings, (w.as_slice(), l.as_slice()))?,
            };
            Solved::try_from(outcome)
        })
    })?;
    Ok(found?)
}

/// Solves a problem for each exponent, each from the solution of the last.
#[pyfunction]
#[pyo3(signature = (rows, exponents, bounds, options, progress=None))]
pub fn max_margin_path(
    py: Python<'_>,
    rows: RowsArgument<'_>,
    exponents: Vec<f64>,
    bounds: Option<PyReadonlyArray1<'_, f64>>,
    options: SolverOptions,
    progress: Option<Bound<'_, PyAny>>,
) -> PyResult<Vec<Solved>> {
    let (numbers, bounds) = (rows.numbers(), bounds.as_ref().map(vector));
    let found = worker::run(py, progress.as_ref(), move |control| {
        let rows = numbers.rows()?;
        options.settled(control, |settings| path(&rows, &exponents, bounds.as_deref(), settings))
    })?;
    Ok(found?)
}

fn path(
    rows: &Rows,
    exponents: &[f64],
    bounds: Option<&[f64]>,
    settings: &WatchedSettings<'_>,
) -> Result<Vec<Solved>, Refused> {
    let mut last = None;
    let mut solved = Vec::with_capacity(exponents.len());
    for &p in exponents {
        let problem = problem(rows, p, bounds.map(<[f64]>::to_vec))?;
        let outcome = match &last {
            None => solve(&problem, settings)?,
            Some(last) => solve_from(&problem, settings, last)?,
        };
        if let Outcome::MaxMargin(found) = &outcome {
            last = Some(found.clone());
        }
        solved.push(outcome.try_into()?);
    }
    Ok(solved)
}
