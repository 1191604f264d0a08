//! Random samples: ragged, of one token or several, with labels of both signs.

#![allow(dead_code)] // Every test file takes what it needs.

use mirrorhead_attention::{Dataset, Loss};
use mirrorhead_kernels::{Matrix, TokenBatch};
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
