//! From weights, or a selection, to what is proven of it.

use std::sync::Arc;

use mirrorhead::attention::{Dataset as Samples, TokenSelection};
use mirrorhead::kernels::Matrix;
use mirrorhead::mirror::LpNorm;
use mirrorhead::svm::{MaxMargin, Norm, Outcome};
use mirrorhead::trainer::{
    Certification, CertifySettings, Distances, KeyQueryNorm, OptimalityEvidence, as_key_query,
    max_margin_key_query as solve_entries, relaxed_max_margin_key_query,
    schatten_max_margin_key_query,
};
use numpy::{PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;

use super::dataset::Dataset;
use super::name;
use crate::arrays::{Matrix2, column, matrix};
use crate::errors::Refused;
use crate::settings::SolverOptions;
use crate::svm::found::{Found, Refutation, Solved};
use crate::worker;

/// What is known of a selection.
#[derive(Debug, Default, IntoPyObject)]
pub struct Certified {
    status: &'static str,
    message: String,
    selection: Option<Vec<usize>>,
    solution: Option<Found>,
    key_query: Option<Matrix2>,
    support_tokens: Option<Vec<Vec<usize>>>,
    optimality: Option<String>,
    /// Sequence, token, whether it ties, and what is known of it.
    rivals: Option<Vec<(usize, usize, bool, String)>>,
    sets: Option<Vec<Vec<usize>>>,
    attracts: Option<bool>,
    divergence: Option<f64>,
    margin_share: Option<f64>,
    divergence_to_tied: Option<f64>,
    refutation: Option<Refutation>,
}

impl Certified {
    fn of(found: Certification, data: &Samples) -> Result<Self, Refused> {
        let message = found.to_string();
        Ok(match found {
            Certification::Certified(certified) => {
                let certified = *certified;
                let tied = certified.tied;
                Self {
                    sets: tied.as_ref().map(|tied| tied.sets.clone()),
                    attracts: tied.as_ref().map(|tied| tied.attracts()),
                    support_tokens: Some(certified.support_tokens),
                    ..Self::solved("certified", message, &certified.selection, &certified.svm)
                        .with_key_query(as_key_query(data, &certified.svm))
                        .with_evidence(&certified.evidence)
                        .with_distances(certified.distances)
                }
            }
            Certification::Tied { tied, distances } => {
                let tied = *tied;
                Self {
                    attracts: Some(tied.attracts()),
                    sets: Some(tied.sets),
                    ..Self::solved("tied", message, &tied.leaders, &tied.svm)
                        .with_key_query(as_key_query(data, &tied.svm))
                        .with_evidence(&tied.evidence)
                        .with_distances(Some(distances))
                }
            }
            Certification::NotSaturated { .. } => {
                Self { status: "not_saturated", message, ..Self::default() }
            }
            Certification::NotSeparable { selection, farkas } => Self {
                status: "not_separable",
                message,
                selection: Some(selection.tokens().to_vec()),
                refutation: Some(farkas.try_into()?),
                ..Self::default()
            },
            Certification::Inconclusive { selection, stalled } => Self {
                status: "inconclusive",
                message,
                selection: Some(selection.tokens().to_vec()),
                solution: Some(stalled.into()),
                ..Self::default()
            },
        })
    }

    fn solved(
        status: &'static str,
        message: String,
        selection: &TokenSelection,
        svm: &MaxMargin,
    ) -> Self {
        let selection = Some(selection.tokens().to_vec());
        Self { status, message, selection, solution: Some(svm.into()), ..Self::default() }
    }

    fn with_key_query(self, key_query: Matrix) -> Self {
        Self { key_query: Some(Matrix2(key_query)), ..self }
    }

    fn with_evidence(self, evidence: &OptimalityEvidence) -> Self {
        let rivals = evidence.rivals.iter().map(|rival| {
            let known = serde_json::to_value(rival.support).ok();
            let known = known.as_ref().and_then(|value| value.as_object());
            let known = known.and_then(|object| object.keys().next().cloned());
            (rival.sequence, rival.token, rival.ties, known.unwrap_or_default())
        });
        let optimality = Some(name(&evidence.optimality));
        Self { optimality, rivals: Some(rivals.collect()), ..self }
    }

    fn with_distances(self, distances: Option<Distances>) -> Self {
        Self {
            divergence: distances.map(|d| d.divergence),
            margin_share: distances.map(|d| d.margin_share),
            divergence_to_tied: distances.and_then(|d| d.divergence_to_tied),
            ..self
        }
    }
}

/// What a trained key-query matrix has found.
#[pyfunction]
#[pyo3(signature = (data, decoder, key_query, p, saturated, options, progress=None))]
pub fn certify(
    py: Python<'_>,
    data: &Dataset,
    decoder: PyReadonlyArray1<'_, f64>,
    key_query: PyReadonlyArray2<'_, f64>,
    p: f64,
    saturated: f64,
    options: SolverOptions,
    progress: Option<Bound<'_, PyAny>>,
) -> PyResult<Certified> {
    let decoder = column(&decoder).map_err(Refused::from)?;
    let (key_query, data) = (matrix(&key_query)?, Arc::clone(&data.samples));
    let found = worker::run(py, progress.as_ref(), move |control| {
        let norm = LpNorm::new(p)?;
        options.settled(control, |svm| {
            let settings = CertifySettings::default().with_saturated(saturated).with_svm(**svm);
            let settings = svm.with_settings(settings);
            let found = mirrorhead::trainer::certify(&data, &decoder, &key_query, norm, &settings)?;
            Certified::of(found, &data)
        })
    })?;
    Ok(found?)
}

/// The norm of this exponent, of the entries or of the singular values.
fn key_query_norm(p: f64, singular_values: bool) -> Result<KeyQueryNorm, Refused> {
    let norm = Norm::try_from(p)?;
    Ok(if singular_values {
        KeyQueryNorm::SingularValues(norm)
    } else {
        KeyQueryNorm::Entries(norm)
    })
}

/// The same of a selection that is given.
#[pyfunction]
#[pyo3(signature = (data, decoder, selection, p, singular_values, options, progress=None))]
pub fn certify_selection(
    py: Python<'_>,
    data: &Dataset,
    decoder: PyReadonlyArray1<'_, f64>,
    selection: Vec<usize>,
    p: f64,
    singular_values: bool,
    options: SolverOptions,
    progress: Option<Bound<'_, PyAny>>,
) -> PyResult<Certified> {
    let decoder = column(&decoder).map_err(Refused::from)?;
    let data = Arc::clone(&data.samples);
    let found = worker::run(py, progress.as_ref(), move |control| {
        let norm = key_query_norm(p, singular_values)?;
        let selection = TokenSelection::new(selection, &data)?;
        options.settled(control, |svm| {
            let settings = svm.with_settings(CertifySettings::default().with_svm(**svm));
            let found = mirrorhead::trainer::certify_selection(
                &data, &decoder, &selection, norm, &settings,
            )?;
            Certified::of(found, &data)
        })
    })?;
    Ok(found?)
}

/// The AttSVM of a selection; relaxed to margin zero for the sequences that are not in `decoder_support`.
#[pyfunction]
#[pyo3(signature = (data, selection, p, singular_values, decoder_support, options, progress=None))]
pub fn max_margin_key_query(
    py: Python<'_>,
    data: &Dataset,
    selection: Vec<usize>,
    p: f64,
    singular_values: bool,
    decoder_support: Option<Vec<usize>>,
    options: SolverOptions,
    progress: Option<Bound<'_, PyAny>>,
) -> PyResult<Solved> {
    let data = Arc::clone(&data.samples);
    let found = worker::run(py, progress.as_ref(), move |control| {
        let norm = key_query_norm(p, singular_values)?;
        let selection = TokenSelection::new(selection, &data)?;
        options.settled(control, |settings| {
            let outcome: Outcome = match (norm, &decoder_support) {
                (KeyQueryNorm::Entries(norm), None) => {
                    solve_entries(&data, &selection, norm, settings)?
                }
                (KeyQueryNorm::Entries(norm), Some(support)) => {
                    relaxed_max_margin_key_query(&data, &selection, support, norm, settings)?
                }
                (KeyQueryNorm::SingularValues(norm), None) => {
                    schatten_max_margin_key_query(&data, &selection, norm, settings)?
                }
                (KeyQueryNorm::SingularValues(_), Some(_)) => {
                    let message = "the relaxed problem is there in norms of entries only";
                    return Err(Refused::Value(message.into()));
                }
            };
            Solved::try_from(outcome)
        })
    })?;
    Ok(found?)
}

/// The SVM of the decoder.
#[pyfunction]
#[pyo3(signature = (data, selection, p, options, progress=None))]
pub fn max_margin_decoder(
    py: Python<'_>,
    data: &Dataset,
    selection: Vec<usize>,
    p: f64,
    options: SolverOptions,
    progress: Option<Bound<'_, PyAny>>,
) -> PyResult<Solved> {
    let data = Arc::clone(&data.samples);
    let found = worker::run(py, progress.as_ref(), move |control| {
        let norm = Norm::try_from(p)?;
        let selection = TokenSelection::new(selection, &data)?;
        options.settled(control, |settings| {
            let outcome =
                mirrorhead::trainer::max_margin_decoder(&data, &selection, norm, settings)?;
            Solved::try_from(outcome)
        })
    })?;
    Ok(found?)
}
