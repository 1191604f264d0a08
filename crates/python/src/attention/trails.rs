//! Mirror flow and regularization path.

use mirrorhead::attention::Risk;
use mirrorhead::kernels::Matrix;
use mirrorhead::mirror::LpNorm;
use mirrorhead::trainer::{
    FlowPoint, FlowProgress, FlowSettings, FlowState, PathPoint, PathProgress, PathSettings,
    regularization_path as follow,
};
use numpy::{PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;

use super::dataset::Dataset;
use super::model::{Model, WithRisk};
use super::name;
use crate::arrays::{Array1, Matrix2, column, matrix};
use crate::errors::Refused;
use crate::settings::loss;
use crate::worker::{self, Control, Report};

/// A point of either.
#[derive(Debug, IntoPyObject)]
pub struct Point {
    /// The log-time; of a path, none.
    log_time: Option<f64>,
    /// The radii; of a flow, none.
    radii: Option<Array1>,
    parameters: Vec<Matrix2>,
    risk: f64,
    log_gradients: Option<Array1>,
    residuals: Option<Array1>,
}

/// The points reached, why it ended, and steps or iterations of Newton's method.
type Trail = (Vec<Point>, String, u64);

fn model(
    data: &Dataset,
    decoder: Option<PyReadonlyArray1<'_, f64>>,
    loss_name: &str,
) -> PyResult<Model> {
    let decoder = decoder.as_ref().map(column).transpose().map_err(Refused::from)?;
    Ok(Model { data: data.samples.clone(), decoder, loss: loss(loss_name)? })
}

/// Follows the mirror flow from `start` at `log_start` to each of `log_times`.
#[pyfunction]
#[pyo3(signature = (data, decoder, start, loss_name, p, log_start, log_times, tolerance, max_steps, progress=None))]
pub fn mirror_flow(
    py: Python<'_>,
    data: &Dataset,
    decoder: Option<PyReadonlyArray1<'_, f64>>,
    start: Vec<PyReadonlyArray2<'_, f64>>,
    loss_name: &str,
    p: f64,
    log_start: f64,
    log_times: Vec<f64>,
    tolerance: f64,
    max_steps: u64,
    progress: Option<Bound<'_, PyAny>>,
) -> PyResult<Trail> {
    let model = model(data, decoder, loss_name)?;
    let start = start.iter().map(matrix).collect::<Result<Vec<_>, Refused>>()?;
    let flowed = worker::run(py, progress.as_ref(), move |control| {
        let norm = LpNorm::new(p)?;
        let limits = (tolerance, max_steps);
        model.risk(&start, Flow { start: &start, norm, log_start, log_times, limits, control })
    })?;
    Ok(flowed?)
}

struct Flow<'a> {
    start: &'a [Matrix],
    norm: LpNorm,
    log_start: f64,
    log_times: Vec<f64>,
    limits: (f64, u64),
    control: &'a Control,
}

impl WithRisk for Flow<'_> {
    type Output = Trail;

    fn with<R: Risk>(self, risk: &R) -> Result<Trail, Refused> {
        let Self { start, norm, log_start, log_times, limits, control } = self;
        let interrupt = || control.is_stopped();
        let tell = |at: FlowProgress| {
            let (first, second) = (at.log_time, at.points as f64);
            control.tell(Report { iteration: at.steps, first, second });
        };
        let (tolerance, max_steps) = limits;
        let settings = FlowSettings::default().with_tolerance(tolerance).with_max_steps(max_steps);
        let settings = settings.with_interrupt(&interrupt).with_progress(&tell);
        let mut state = FlowState::new(risk, norm, start, log_start)?;
        let flowed = mirrorhead::trainer::mirror_flow(risk, &mut state, &log_times, &settings)?;
        let point = |FlowPoint { log_time, parameters, risk }| Point {
            log_time: Some(log_time),
            radii: None,
            parameters: parameters.into_iter().map(Matrix2).collect(),
            risk,
            log_gradients: None,
            residuals: None,
        };
        let points = flowed.points.into_iter().map(point).collect();
        Ok((points, name(&flowed.stop), flowed.work.steps))
    }
}

/// Follows the regularization path over `radii`, a row a point and a column a tensor.
#[pyfunction]
#[pyo3(signature = (data, decoder, start, loss_name, p, radii, tolerance, progress=None))]
pub fn regularization_path(
    py: Python<'_>,
    data: &Dataset,
    decoder: Option<PyReadonlyArray1<'_, f64>>,
    start: Vec<PyReadonlyArray2<'_, f64>>,
    loss_name: &str,
    p: f64,
    radii: Vec<Vec<f64>>,
    tolerance: f64,
    progress: Option<Bound<'_, PyAny>>,
) -> PyResult<Trail> {
    let model = model(data, decoder, loss_name)?;
    let start = start.iter().map(matrix).collect::<Result<Vec<_>, Refused>>()?;
    let followed = worker::run(py, progress.as_ref(), move |control| {
        let norm = LpNorm::new(p)?;
        model.risk(&start, Path { start: &start, norm, radii, tolerance, control })
    })?;
    Ok(followed?)
}

struct Path<'a> {
    start: &'a [Matrix],
    norm: LpNorm,
    radii: Vec<Vec<f64>>,
    tolerance: f64,
    control: &'a Control,
}

impl WithRisk for Path<'_> {
    type Output = Trail;

    fn with<R: Risk>(self, risk: &R) -> Result<Trail, Refused> {
        let Self { start, norm, radii, tolerance, control } = self;
        let interrupt = || control.is_stopped();
        let tell = |at: PathProgress| {
            let (first, second) = (at.radius, at.newton_iterations as f64);
            control.tell(Report { iteration: at.points as u64, first, second });
        };
        let settings = PathSettings::default().with_tolerance(tolerance);
        let settings = settings.with_interrupt(&interrupt).with_progress(&tell);
        let path = follow(risk, norm, start, &radii, &settings)?;
        let point = |point: PathPoint| Point {
            log_time: None,
            radii: Some(Array1(point.radii)),
            parameters: point.parameters.into_iter().map(Matrix2).collect(),
            risk: point.risk,
            log_gradients: Some(Array1(point.log_gradients)),
            residuals: Some(Array1(point.residuals)),
        };
        let points = path.points.into_iter().map(point).collect();
        Ok((points, name(&path.stop), path.work.newton_iterations))
    }
}
