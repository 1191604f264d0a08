//! Training runs.

use std::ops::ControlFlow;

use mirrorhead::attention::Risk;
use mirrorhead::kernels::Matrix;
use mirrorhead::mirror::DualState;
use mirrorhead::trainer::{
    Iteration, Schedule, Snapshots, StoppingRule, Trace, TracePoint, TrainingState, Watch,
};
use numpy::{PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;

use super::dataset::Dataset;
use super::model::{Model, WithRisk};
use super::name;
use crate::arrays::{Array1, Matrix2, column, matrix};
use crate::errors::Refused;
use crate::settings::{MethodOptions, loss};
use crate::worker::{self, Control, Report};

/// When a run ends, and what is kept of it, a dictionary in Python.
#[derive(Debug, Clone, FromPyObject)]
#[pyo3(from_item_all)]
pub struct RunOptions {
    max_iters: u64,
    risk_below: Option<f64>,
    log_gradient_below: Option<f64>,
    /// Iterations whose numbers are kept.
    trace: Vec<u64>,
    /// Iterations whose parameters are kept.
    snapshots: Vec<u64>,
}

impl RunOptions {
    /// When the run ends.
    pub fn stopping(&self) -> StoppingRule {
        let rule = StoppingRule::after(self.max_iters);
        let rule = self.risk_below.map_or(rule, |risk| rule.with_risk_below(risk));
        let bound = self.log_gradient_below;
        bound.map_or(rule, |log_gradient| rule.with_log_gradient_below(log_gradient))
    }
}

/// A run that has ended.
#[derive(Debug, IntoPyObject)]
pub struct Trained {
    parameters: Vec<Matrix2>,
    risk: f64,
    iterations: u64,
    reason: String,
    trace_iterations: Vec<u64>,
    trace_risks: Array1,
    trace_log_gradients: Array1,
    snapshots: Vec<(u64, Vec<Matrix2>)>,
}

/// Trains the tensors of `start`.
#[pyfunction]
#[pyo3(signature = (data, decoder, start, loss_name, method, options, progress=None))]
pub fn train(
    py: Python<'_>,
    data: &Dataset,
    decoder: Option<PyReadonlyArray1<'_, f64>>,
    start: Vec<PyReadonlyArray2<'_, f64>>,
    loss_name: &str,
    method: MethodOptions,
    options: RunOptions,
    progress: Option<Bound<'_, PyAny>>,
) -> PyResult<Trained> {
    let decoder = decoder.as_ref().map(column).transpose().map_err(Refused::from)?;
    let model = Model { data: data.samples.clone(), decoder, loss: loss(loss_name)? };
    let start = start.iter().map(matrix).collect::<Result<Vec<_>, Refused>>()?;
    let trained = worker::run(py, progress.as_ref(), move |control| {
        model.risk(&start, Run { start: start.clone(), method, options, control })
    })?;
    Ok(trained?)
}

struct Run<'c> {
    start: Vec<Matrix>,
    method: MethodOptions,
    options: RunOptions,
    control: &'c Control,
}

impl WithRisk for Run<'_> {
    type Output = Trained;

    fn with<R: Risk>(self, risk: &R) -> Result<Trained, Refused> {
        let Self { start, method, options, control } = self;
        let method = method.method()?;
        let mut state = TrainingState::new(risk, &method, start)?;
        let mut trace = Trace::new(Schedule::At(options.trace.clone()));
        let mut snapshots = Snapshots::new(Schedule::At(options.snapshots.clone()));
        let mut watch = Watch(|at: &Iteration<'_, DualState>| {
            let (iteration, first) = (at.number(), at.risk);
            control.tell(Report { iteration, first, second: at.log_gradient() });
            if control.is_stopped() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        let mut recorders = (&mut trace, &mut snapshots);
        let mut observer = (&mut recorders, &mut watch);
        let stopping = options.stopping();
        let stopped =
            mirrorhead::trainer::train(risk, &method, &mut state, &stopping, &mut observer)?;
        let points = trace.points();
        let log_gradient = |point: &TracePoint| point.log_gradient.unwrap_or(f64::NEG_INFINITY);
        let snapshots = snapshots.taken().iter();
        Ok(Trained {
            risk: stopped.risk,
            iterations: state.iteration,
            reason: name(&stopped.reason),
            trace_iterations: points.iter().map(|point| point.iteration).collect(),
            trace_risks: Array1(points.iter().map(|point| point.risk).collect()),
            trace_log_gradients: Array1(points.iter().map(log_gradient).collect()),
            snapshots: snapshots.map(|(k, tensors)| (*k, out(tensors.clone()))).collect(),
            parameters: out(state.parameters),
        })
    }
}

fn out(tensors: Vec<Matrix>) -> Vec<Matrix2> {
    tensors.into_iter().map(Matrix2).collect()
}
