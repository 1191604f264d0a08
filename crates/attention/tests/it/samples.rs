//! Random samples: ragged, of one token or several, with labels of both signs.

use mirrorhead_attention::{Dataset, Loss, Risk};
use mirrorhead_kernels::{LogScaled, Matrix, TokenBatch};
use proptest::prelude::*;

pub const DIM: usize = 3;

/// What a data set is made of.
#[derive(Debug, Clone)]
pub struct Samples {
    pub tokens: Vec<Vec<Vec<f64>>>,
    pub queries: Vec<Vec<f64>>,
    pub labels: Vec<f64>,
}

impl Samples {
    pub fn dataset(&self) -> Dataset {
        let tokens = TokenBatch::from_rows(&self.tokens).expect("a valid batch");
        let queries = Matrix::from_rows(&self.queries).expect("valid queries");
        Dataset::new(tokens, &queries, self.labels.clone()).expect("a valid data set")
    }
}

pub fn vector() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(-1.0..1.0f64, DIM)
}

pub fn matrix(nrows: usize, ncols: usize) -> impl Strategy<Value = Matrix> {
    prop::collection::vec(-1.0..1.0f64, nrows * ncols)
        .prop_map(move |x| Matrix::from_columns(nrows, ncols, x).expect("finite"))
}

pub fn samples() -> impl Strategy<Value = Samples> {
    let sample = (prop::collection::vec(vector(), 1..5), vector(), any::<bool>());
    prop::collection::vec(sample, 1..4).prop_map(|samples| Samples {
        tokens: samples.iter().map(|s| s.0.clone()).collect(),
        queries: samples.iter().map(|s| s.1.clone()).collect(),
        labels: samples.iter().map(|s| if s.2 { 1.0 } else { -1.0 }).collect(),
    })
}

pub fn loss() -> impl Strategy<Value = Loss> {
    prop::sample::select(Loss::ALL.to_vec())
}

pub fn scaled(m: &Matrix, by: f64) -> Matrix {
    Matrix::from_fn(m.nrows(), m.ncols(), |i, j| by * m[(i, j)])
}

/// The gradients, their factors multiplied in.
pub fn gradients<R: Risk>(risk: &R, at: &[Matrix]) -> Vec<Matrix> {
    let (mut gradients, mut work) = (risk.zero_gradients(), risk.workspace());
    risk.value_and_gradient(at, &mut gradients, &mut work).expect("shapes that fit");
    gradients.iter().map(|LogScaled { log_scale, value }| scaled(value, log_scale.exp())).collect()
}

/// Checks every gradient against central differences.
pub fn differences_agree<R: Risk>(risk: &R, at: &[Matrix]) -> Result<(), TestCaseError> {
    let h = 1e-4;
    for (b, gradient) in gradients(risk, at).iter().enumerate() {
        for j in 0..gradient.ncols() {
            for i in 0..gradient.nrows() {
                let moved = |by: f64| {
                    let mut at = at.to_vec();
                    at[b][(i, j)] += by;
                    risk.value(&at).expect("shapes that fit")
                };
                // Fourth order: the error is h^4 times a fifth derivative, and 2 eps/h.
                let wide = (moved(2.0 * h) - moved(-2.0 * h)) / (4.0 * h);
                let slope = (4.0 * (moved(h) - moved(-h)) / (2.0 * h) - wide) / 3.0;
                let error = (slope - gradient[(i, j)]).abs();
                prop_assert!(
                    error <= 1e-10,
                    "tensor {b} at ({i}, {j}): {slope}, {}",
                    gradient[(i, j)]
                );
            }
        }
    }
    Ok(())
}
