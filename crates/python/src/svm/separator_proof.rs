//! Proofs of hyperplanes between classes, checked again in exact arithmetic.

use mirrorhead::kernels::LinearOperator;
use mirrorhead::svm::{
    HardMarginProblem, MarginInterval, Norm, ObjectiveInterval, Remainder, SoftMarginProblem,
    verify_intercept_sum, verify_objective_sum, verify_sum,
};
use numpy::{PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;
use rayon::prelude::*;

use super::classifier::columns;
use super::found::read;
use super::rows::RowsArgument;
use crate::arrays::vector;
use crate::errors::Refused;
use crate::worker;

/// A hyperplane and its proof as Python hands them back.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub struct SeparatorArgument<'py> {
    w: PyReadonlyArray1<'py, f64>,
    intercept: f64,
    multipliers: PyReadonlyArray1<'py, f64>,
    remainder: Option<String>,
    lower: f64,
    upper: f64,
}

/// The same in numbers of our own.
struct Plane {
    w: Vec<f64>,
    intercept: f64,
    multipliers: Vec<f64>,
    remainder: Remainder,
    lower: f64,
    upper: f64,
}

impl TryFrom<SeparatorArgument<'_>> for Plane {
    type Error = Refused;

    fn try_from(plane: SeparatorArgument<'_>) -> Result<Self, Refused> {
        let SeparatorArgument { w, intercept, multipliers, remainder, lower, upper } = plane;
        let (w, multipliers, remainder) = (vector(&w), vector(&multipliers), read(remainder)?);
        Ok(Self { w, intercept, multipliers, remainder, lower, upper })
    }
}

/// Why each hyperplane, one a column of `signs`, doesn't prove its interval; none where it does.
#[pyfunction]
pub fn verify_separators(
    py: Python<'_>,
    rows: RowsArgument<'_>,
    signs: PyReadonlyArray2<'_, f64>,
    p: f64,
    costs: Option<PyReadonlyArray1<'_, f64>>,
    intercept: bool,
    planes: Vec<SeparatorArgument<'_>>,
) -> PyResult<Vec<Option<String>>> {
    let (numbers, costs) = (rows.numbers(), costs.as_ref().map(vector));
    let planes = planes.into_iter().map(Plane::try_from).collect::<Result<Vec<_>, Refused>>()?;
    let pairs: Vec<_> = columns(&signs).into_iter().zip(planes).collect();
    let checked = worker::run(py, None, move |_| {
        let norm = Norm::try_from(p)?;
        let one = |(signs, plane): &(Vec<f64>, Plane)| {
            let rows = numbers.clone().signed(signs)?;
            let (rows, free) = (rows.operator(), intercept.then_some(signs));
            match &costs {
                None => of_margin(rows, norm, free, plane),
                Some(costs) => of_objective(rows, norm, costs, free, plane),
            }
        };
        let checked: Vec<_> = pairs.par_iter().map(one).collect();
        checked.into_iter().collect::<Result<Vec<_>, Refused>>()
    })?;
    Ok(checked?)
}

fn of_margin(
    rows: &dyn LinearOperator,
    norm: Norm,
    signs: Option<&Vec<f64>>,
    plane: &Plane,
) -> Result<Option<String>, Refused> {
    let problem = HardMarginProblem::new(rows, norm)?;
    let Plane { w, intercept, multipliers, remainder, lower, upper } = plane;
    let interval = MarginInterval { lower: *lower, upper: *upper };
    let checked = match signs {
        None => verify_sum(&problem, w, multipliers, remainder, interval),
        Some(signs) => {
            let pair = (w.as_slice(), *intercept, multipliers.as_slice());
            verify_intercept_sum(&problem, signs, pair, remainder, interval)
        }
    };
    Ok(checked.err().map(|refutation| refutation.to_string()))
}

fn of_objective(
    rows: &dyn LinearOperator,
    norm: Norm,
    costs: &[f64],
    signs: Option<&Vec<f64>>,
    plane: &Plane,
) -> Result<Option<String>, Refused> {
    let mut problem = SoftMarginProblem::new(rows, norm, 1.0)?.with_weights(costs)?;
    if let Some(signs) = signs {
        problem = problem.with_intercept(signs)?;
    }
    let pair = (plane.w.as_slice(), plane.intercept, plane.multipliers.as_slice());
    let interval = ObjectiveInterval { lower: plane.lower, upper: plane.upper };
    let checked = verify_objective_sum(&problem, pair, &plane.remainder, interval);
    Ok(checked.err().map(|refutation| refutation.to_string()))
}
