//! Data sets and what can be said of them without training.

use std::sync::Arc;

use mirrorhead::attention::{
    AttentionWeights, Dataset as Samples, Seed, SphereTokens, TokenScores,
};
use mirrorhead::kernels::TokenBatch;
use numpy::{PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;

use crate::arrays::{Array1, Matrix2, column, matrix, vector};
use crate::errors::Refused;

/// Labelled sequences with their queries.
#[pyclass(frozen, module = "mirrorhead._native")]
pub struct Dataset {
    pub samples: Arc<Samples>,
}

#[pymethods]
impl Dataset {
    /// Tokens one below the other, the length of each sequence, queries and labels.
    #[new]
    fn new(
        tokens: PyReadonlyArray2<'_, f64>,
        lengths: Vec<usize>,
        queries: PyReadonlyArray2<'_, f64>,
        labels: PyReadonlyArray1<'_, f64>,
    ) -> PyResult<Self> {
        let view = tokens.as_array();
        let values = view.iter().copied().collect();
        let tokens = TokenBatch::new(view.ncols(), &lengths, values).map_err(Refused::from)?;
        let samples = Samples::new(tokens, &matrix(&queries)?, vector(&labels));
        Ok(Self { samples: Arc::new(samples.map_err(Refused::from)?) })
    }
}

/// Tokens, lengths, queries and labels of samples, and a decoder if there is one.
#[derive(Debug, IntoPyObject)]
pub struct Drawn {
    tokens: Array1,
    lengths: Vec<usize>,
    queries: Matrix2,
    labels: Array1,
    decoder: Option<Array1>,
}

impl Drawn {
    fn of(data: &Samples, decoder: Option<Vec<f64>>) -> Self {
        let tokens = data.tokens();
        let sequences = || 0..data.len();
        Self {
            tokens: Array1(sequences().flat_map(|i| tokens.sequence(i)).copied().collect()),
            lengths: sequences().map(|i| tokens.sequence_len(i)).collect(),
            queries: Matrix2(data.queries().transposed()),
            labels: Array1(data.labels().to_vec()),
            decoder: decoder.map(Array1),
        }
    }
}

/// The paper's synthetic data.
#[pyfunction]
pub fn sphere_tokens(
    n_sequences: usize,
    n_tokens: usize,
    dim: usize,
    seed: u64,
) -> PyResult<Drawn> {
    let planted = SphereTokens { n_sequences, n_tokens, dim }.sample(Seed(seed));
    let planted = planted.map_err(Refused::from)?;
    Ok(Drawn::of(&planted.data, Some(planted.decoder.into_columns())))
}

/// The paper's toy data of joint training.
#[pyfunction]
pub fn toy_pair() -> Drawn {
    Drawn::of(&mirrorhead::attention::toy_pair(), None)
}

/// Independent standard normal entries.
#[pyfunction]
pub fn gaussian_matrix(nrows: usize, ncols: usize, seed: u64) -> Matrix2 {
    Matrix2(mirrorhead::attention::gaussian_matrix(nrows, ncols, Seed(seed)))
}

/// The weights of each sequence, and their logarithms.
#[pyfunction]
pub fn attention_weights(
    data: &Dataset,
    key_query: PyReadonlyArray2<'_, f64>,
) -> PyResult<(Vec<Array1>, Vec<Array1>)> {
    let weights = AttentionWeights::of(&matrix(&key_query)?, &data.samples);
    let weights = weights.map_err(Refused::from)?;
    let plain = (0..weights.len()).map(|i| Array1(weights.sequence(i).to_vec()));
    let logarithms = (0..weights.len()).map(|i| Array1(weights.log_sequence(i).to_vec()));
    Ok((plain.collect(), logarithms.collect()))
}

/// The scores of each sequence.
#[pyfunction]
pub fn token_scores(data: &Dataset, decoder: PyReadonlyArray1<'_, f64>) -> PyResult<Vec<Array1>> {
    let decoder = column(&decoder).map_err(Refused::from)?;
    let scores = TokenScores::of(&data.samples, &decoder).map_err(Refused::from)?;
    Ok((0..scores.len()).map(|i| Array1(scores.sequence(i).to_vec())).collect())
}
