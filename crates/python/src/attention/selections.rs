//! All selections of small data, and those that runs from many starts end at.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use mirrorhead::attention::{AttentionWeights, KeyQueryRisk, TokenSelection};
use mirrorhead::kernels::Matrix;
use mirrorhead::mirror::DualState;
use mirrorhead::svm::Norm;
use mirrorhead::trainer::{
    EnumerationSettings, Iteration, Watch, enumerate_selections as enumerate, train_key_query,
};
use numpy::{PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;
use rayon::prelude::*;

use super::dataset::Dataset;
use super::name;
use super::training::RunOptions;
use crate::arrays::{Matrix2, column, matrix};
use crate::errors::Refused;
use crate::settings::{MethodOptions, SolverOptions, loss};
use crate::svm::found::Found;
use crate::worker::{self, Control, Report};

/// All selections.
#[derive(Debug, IntoPyObject)]
pub struct Enumerated {
    total: usize,
    /// Tokens, how good they are, and the solution of their AttSVM.
    separable: Vec<(Vec<usize>, String, Found)>,
    inconclusive: Vec<Vec<usize>>,
}

/// Solves and classifies every selection.
#[pyfunction]
#[pyo3(signature = (data, decoder, p, max_selections, options, progress=None))]
pub fn enumerate_selections(
    py: Python<'_>,
    data: &Dataset,
    decoder: PyReadonlyArray1<'_, f64>,
    p: f64,
    max_selections: usize,
    options: SolverOptions,
    progress: Option<Bound<'_, PyAny>>,
) -> PyResult<Enumerated> {
    let decoder = column(&decoder).map_err(Refused::from)?;
    let data = Arc::clone(&data.samples);
    let found = worker::run(py, progress.as_ref(), move |control| {
        let norm = Norm::try_from(p)?;
        options.settled(control, |svm| {
            let settings = EnumerationSettings::default();
            let settings = settings.with_max_selections(max_selections).with_svm(**svm);
            let settings = svm.with_settings(settings);
            let found = enumerate(&data, &decoder, norm, &settings)?;
            let separable = found.separable.iter().map(|entry| {
                let tokens = entry.selection.tokens().to_vec();
                (tokens, name(&entry.optimality), Found::from(&entry.svm))
            });
            let inconclusive = found.inconclusive.iter().map(|s| s.tokens().to_vec());
            Ok(Enumerated {
                total: found.total,
                separable: separable.collect(),
                inconclusive: inconclusive.collect(),
            })
        })
    })?;
    Ok(found?)
}

/// Where one run ended: the selection if attention is saturated, the parameters, the risk.
type End = (Option<Vec<usize>>, Matrix2, f64);

/// Trains from every start, on all threads.
#[pyfunction]
#[pyo3(signature = (data, decoder, starts, loss_name, method, options, saturated, progress=None))]
pub fn basins(
    py: Python<'_>,
    data: &Dataset,
    decoder: PyReadonlyArray1<'_, f64>,
    starts: Vec<PyReadonlyArray2<'_, f64>>,
    loss_name: &str,
    method: MethodOptions,
    options: RunOptions,
    saturated: f64,
    progress: Option<Bound<'_, PyAny>>,
) -> PyResult<Vec<End>> {
    let decoder = column(&decoder).map_err(Refused::from)?;
    let (data, loss) = (Arc::clone(&data.samples), loss(loss_name)?);
    let starts = starts.iter().map(matrix).collect::<Result<Vec<_>, Refused>>()?;
    let ends = worker::run(py, progress.as_ref(), move |control| {
        let risk = KeyQueryRisk::new(&data, &decoder, loss)?;
        let finished = AtomicU64::new(0);
        let one = |start: Matrix| {
            let end = run(&risk, start, &method, &options, saturated, control)?;
            let iteration = finished.fetch_add(1, Ordering::Relaxed) + 1;
            control.tell(Report { iteration, first: end.2, second: f64::NAN });
            Ok(end)
        };
        let ends: Vec<_> = starts.into_par_iter().map(one).collect();
        ends.into_iter().collect::<Result<Vec<_>, Refused>>()
    })?;
    Ok(ends?)
}

fn run(
    risk: &KeyQueryRisk<'_>,
    start: Matrix,
    method: &MethodOptions,
    options: &RunOptions,
    saturated: f64,
    control: &Control,
) -> Result<End, Refused> {
    let mut watch = Watch(|_: &Iteration<'_, DualState>| {
        if control.is_stopped() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    let method = method.method()?;
    let trained = train_key_query(risk, start, &method, &options.stopping(), &mut watch)?;
    let weights = AttentionWeights::of(&trained.key_query, risk.data())?;
    let selection = TokenSelection::from_saturated(&weights, saturated).ok();
    let tokens = selection.map(|selection| selection.tokens().to_vec());
    Ok((tokens, Matrix2(trained.key_query), trained.risk))
}
