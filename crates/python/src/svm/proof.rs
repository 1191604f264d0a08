//! Proofs, checked again in exact arithmetic.

use mirrorhead::svm::{FarkasCertificate, MarginInterval};
use numpy::PyReadonlyArray1;
use pyo3::prelude::*;

use super::found::{self, read};
use super::hard::problem;
use super::rows::RowsArgument;
use crate::arrays::vector;
use crate::errors::Refused;
use crate::worker;

/// Why `w` and `multipliers`, with a remainder as JSON, don't prove the interval; none if they do.
#[pyfunction]
#[pyo3(signature = (rows, p, bounds, w, multipliers, interval, remainder=None))]
#[expect(clippy::too_many_arguments, reason = "what a proof is of, and the proof")]
pub fn verify_interval(
    py: Python<'_>,
    rows: RowsArgument<'_>,
    p: f64,
    bounds: Option<PyReadonlyArray1<'_, f64>>,
    w: PyReadonlyArray1<'_, f64>,
    multipliers: PyReadonlyArray1<'_, f64>,
    interval: (f64, f64),
    remainder: Option<String>,
) -> PyResult<Option<String>> {
    let (numbers, bounds) = (rows.numbers(), bounds.as_ref().map(vector));
    let (w, multipliers) = (vector(&w), vector(&multipliers));
    let interval = MarginInterval { lower: interval.0, upper: interval.1 };
    let remainder = read(remainder)?;
    let checked = worker::run(py, None, move |_| {
        let rows = numbers.rows()?;
        let problem = problem(&rows, p, bounds)?;
        let checked = mirrorhead::svm::verify_sum(&problem, &w, &multipliers, &remainder, interval);
        Ok::<_, Refused>(checked.err().map(|refutation| refutation.to_string()))
    })?;
    Ok(checked?)
}

/// Why a certificate, as JSON, doesn't prove that the rows can't be separated; none if it does.
#[pyfunction]
pub fn verify_farkas(
    py: Python<'_>,
    rows: RowsArgument<'_>,
    bounds: Option<PyReadonlyArray1<'_, f64>>,
    certificate: String,
) -> PyResult<Option<String>> {
    let (numbers, bounds) = (rows.numbers(), bounds.as_ref().map(vector));
    let checked = worker::run(py, None, move |_| {
        let rows = numbers.rows()?;
        let problem = problem(&rows, 2.0, bounds)?;
        let proof: FarkasCertificate = found::certificate(&certificate)?;
        let checked = proof.verify(&problem);
        Ok::<_, Refused>(checked.err().map(|refutation| refutation.to_string()))
    })?;
    Ok(checked?)
}

/// What any `w` and `multipliers` prove of the margin.
#[pyfunction]
pub fn margin_interval(
    rows: RowsArgument<'_>,
    p: f64,
    bounds: Option<PyReadonlyArray1<'_, f64>>,
    w: PyReadonlyArray1<'_, f64>,
    multipliers: PyReadonlyArray1<'_, f64>,
) -> PyResult<(f64, f64)> {
    let (rows, bounds) = (rows.numbers().rows()?, bounds.as_ref().map(vector));
    let problem = problem(&rows, p, bounds)?;
    let (w, multipliers) = (vector(&w), vector(&multipliers));
    let operator = problem.operator();
    for (what, expected, found) in [
        ("entries of w", operator.ncols(), w.len()),
        ("multipliers", operator.nrows(), multipliers.len()),
    ] {
        if expected != found {
            let message = format!("{what}: expected {expected}, found {found}");
            return Err(Refused::Value(message).into());
        }
    }
    let found = mirrorhead::svm::margin_interval(&problem, &w, &multipliers);
    Ok((found.lower, found.upper))
}
