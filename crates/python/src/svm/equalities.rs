//! Hard margins under linear equalities.

use mirrorhead::svm::{
    EqualityFarkas, EqualityMargin, EqualityProblem, MarginInterval, solve_with_equalities,
};
use numpy::PyReadonlyArray1;
use pyo3::prelude::*;

use super::found::{self, Solved};
use super::hard::problem;
use super::rows::RowsArgument;
use crate::arrays::vector;
use crate::errors::Refused;
use crate::settings::SolverOptions;
use crate::worker;

/// Solves one problem.
#[pyfunction]
#[pyo3(signature = (rows, equalities, p, bounds, options, progress=None))]
pub fn max_margin_under_equalities(
    py: Python<'_>,
    rows: RowsArgument<'_>,
    equalities: RowsArgument<'_>,
    p: f64,
    bounds: Option<PyReadonlyArray1<'_, f64>>,
    options: SolverOptions,
    progress: Option<Bound<'_, PyAny>>,
) -> PyResult<Solved> {
    let (numbers, bounds) = (rows.numbers(), bounds.as_ref().map(vector));
    let equalities = equalities.numbers();
    let found = worker::run(py, progress.as_ref(), move |control| {
        let (rows, equalities) = (numbers.rows()?, equalities.rows()?);
        let problem = problem(&rows, p, bounds)?.with_equalities(equalities.operator())?;
        let nrows = problem.inequalities().bounds().len();
        options.settled(control, |settings| {
            Solved::under_equalities(solve_with_equalities(&problem, settings)?, nrows)
        })
    })?;
    Ok(found?)
}

/// Why a margin, as JSON, isn't one of this pair and interval, or doesn't prove them; none if it does.
#[pyfunction]
#[expect(clippy::too_many_arguments, reason = "what a proof is of, and the proof")]
pub fn verify_under_equalities(
    py: Python<'_>,
    rows: RowsArgument<'_>,
    equalities: RowsArgument<'_>,
    p: f64,
    bounds: Option<PyReadonlyArray1<'_, f64>>,
    w: PyReadonlyArray1<'_, f64>,
    multipliers: PyReadonlyArray1<'_, f64>,
    interval: (f64, f64),
    margin: String,
) -> PyResult<Option<String>> {
    let said = (vector(&w), vector(&multipliers));
    let interval = MarginInterval { lower: interval.0, upper: interval.1 };
    checked(py, (rows, equalities), p, bounds, move |problem| {
        let margin: EqualityMargin = found::certificate(&margin)?;
        let proven = (margin.w.clone(), margin.multipliers.clone());
        if said != proven || margin.interval != interval {
            return Ok(Some("the proof is of another solution".to_owned()));
        }
        Ok(margin.verify(problem).err().map(|refutation| refutation.to_string()))
    })
}

/// Why a certificate, as JSON, doesn't prove that nothing satisfies the constraints; none if it does.
#[pyfunction]
pub fn verify_equality_farkas(
    py: Python<'_>,
    rows: RowsArgument<'_>,
    equalities: RowsArgument<'_>,
    bounds: Option<PyReadonlyArray1<'_, f64>>,
    certificate: String,
) -> PyResult<Option<String>> {
    checked(py, (rows, equalities), 2.0, bounds, move |problem| {
        let proof: EqualityFarkas = found::certificate(&certificate)?;
        Ok(proof.verify(problem).err().map(|refutation| refutation.to_string()))
    })
}

fn checked(
    py: Python<'_>,
    (rows, equalities): (RowsArgument<'_>, RowsArgument<'_>),
    p: f64,
    bounds: Option<PyReadonlyArray1<'_, f64>>,
    check: impl FnOnce(&EqualityProblem<'_>) -> Result<Option<String>, Refused> + Send + 'static,
) -> PyResult<Option<String>> {
    let (numbers, bounds) = (rows.numbers(), bounds.as_ref().map(vector));
    let equalities = equalities.numbers();
    let checked = worker::run(py, None, move |_| {
        let (rows, equalities) = (numbers.rows()?, equalities.rows()?);
        check(&problem(&rows, p, bounds)?.with_equalities(equalities.operator())?)
    })?;
    Ok(checked?)
}
