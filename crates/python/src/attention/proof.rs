//! Proofs about selections, checked again in exact arithmetic.

use std::sync::Arc;

use mirrorhead::attention::{AttSvmOperator, Dataset as Samples, TokenSelection};
use mirrorhead::kernels::LinearOperator;
use mirrorhead::svm::{
    FarkasCertificate, HardMarginProblem, MarginInterval, Norm, Outcome, Remainder, SchattenNorm,
    SchattenProblem, verify_sum,
};
use numpy::PyReadonlyArray1;
use pyo3::prelude::*;

use super::dataset::Dataset;
use crate::arrays::vector;
use crate::errors::Refused;
use crate::svm::found::{self, read};
use crate::worker;

/// The AttSVM of a selection, a dictionary in Python.
#[derive(Debug, Clone, FromPyObject)]
#[pyo3(from_item_all)]
pub struct SelectionProblem {
    selection: Vec<usize>,
    p: f64,
    singular_values: bool,
    /// The sequences of margin one; the others have zero.
    decoder_support: Option<Vec<usize>>,
    /// The tokens of each sequence that tie with the selected one, and don't count.
    sets: Option<Vec<Vec<usize>>>,
}

impl SelectionProblem {
    /// The rows, and the bound of each.
    fn rows(&self, data: &Samples) -> Result<(AttSvmOperator, Vec<f64>), Refused> {
        let selection = TokenSelection::new(self.selection.clone(), data)?;
        let rows = match &self.sets {
            None => AttSvmOperator::new(data.tokens(), data.queries(), selection.tokens()),
            Some(sets) => {
                let leaders = selection.tokens();
                let ties = |i: usize, t: usize| sets.get(i).is_some_and(|set| set.contains(&t));
                let keep = |i: usize, t: usize| t == leaders[i] || !ties(i, t);
                let rest = data.thinned(keep)?;
                let selection = selection.thinned(keep);
                AttSvmOperator::new(rest.tokens(), rest.queries(), selection.tokens())
            }
        };
        let bound = |j| match &self.decoder_support {
            Some(support) if !support.contains(&rows.row_token(j).0) => 0.0,
            _ => 1.0,
        };
        let bounds = (0..rows.nrows()).map(bound).collect();
        Ok((rows, bounds))
    }

    /// Why a pair doesn't prove the interval.
    fn refutation(
        &self,
        data: &Samples,
        pair: (Vec<f64>, Vec<f64>),
        remainder: &Remainder,
        interval: MarginInterval,
    ) -> Result<Option<String>, Refused> {
        let (rows, bounds) = self.rows(data)?;
        let norm = Norm::try_from(self.p)?;
        let (w, multipliers) = pair;
        let checked = if self.singular_values {
            let norm = SchattenNorm::new(norm, data.dim(), data.dim());
            let problem = SchattenProblem::with_bounds(&rows, norm, bounds)?;
            problem.verify(&outcome(&w, &multipliers, interval)?)
        } else {
            let problem = HardMarginProblem::with_bounds(&rows, norm, bounds)?;
            verify_sum(&problem, &w, &multipliers, remainder, interval)
        };
        Ok(checked.err().map(|refutation| refutation.to_string()))
    }
}

/// What is verified of Schatten norms is an outcome: this one claims the interval and no more.
fn outcome(w: &[f64], multipliers: &[f64], interval: MarginInterval) -> Result<Outcome, Refused> {
    let work = mirrorhead::svm::WorkCounters::default();
    let stalled = serde_json::json!({ "Inconclusive": {
        "w": w, "multipliers": multipliers, "interval": interval, "reason": "Undecided", "work": work,
    }});
    serde_json::from_value(stalled).map_err(|error| Refused::Value(error.to_string()))
}

/// Why `w` and `multipliers`, with a remainder as JSON, don't prove the interval; none if they do.
#[pyfunction]
#[pyo3(signature = (data, problem, w, multipliers, interval, remainder=None))]
pub fn verify_selection(
    py: Python<'_>,
    data: &Dataset,
    problem: SelectionProblem,
    w: PyReadonlyArray1<'_, f64>,
    multipliers: PyReadonlyArray1<'_, f64>,
    interval: (f64, f64),
    remainder: Option<String>,
) -> PyResult<Option<String>> {
    let remainder = read(remainder)?;
    let (data, pair) = (Arc::clone(&data.samples), (vector(&w), vector(&multipliers)));
    let interval = MarginInterval { lower: interval.0, upper: interval.1 };
    Ok(worker::run(py, None, move |_| problem.refutation(&data, pair, &remainder, interval))??)
}

/// Why a certificate, as JSON, doesn't prove that the selection can't be separated; none if it does.
#[pyfunction]
pub fn verify_selection_farkas(
    py: Python<'_>,
    data: &Dataset,
    problem: SelectionProblem,
    certificate: String,
) -> PyResult<Option<String>> {
    let data = Arc::clone(&data.samples);
    let checked = worker::run(py, None, move |_| {
        let (rows, bounds) = problem.rows(&data)?;
        let problem = HardMarginProblem::with_bounds(&rows, 2.0, bounds)?;
        let proof: FarkasCertificate = found::certificate(&certificate)?;
        let checked = proof.verify(&problem);
        Ok::<_, Refused>(checked.err().map(|refutation| refutation.to_string()))
    })?;
    Ok(checked?)
}
