//! Seeded problems shared by the tests.

use mirrorhead_kernels::{DenseRows, Matrix};
use mirrorhead_svm::{HardMarginProblem, MaxMargin, Norm, Outcome, SvmSettings, solve};

/// A small, self-contained random stream (splitmix64), so that tests never change with a library.
pub struct Stream(u64);

impl Stream {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x1234_5678)
    }

    pub fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        ((z >> 11) as f64 + 0.5) / 9_007_199_254_740_992.0
    }

    pub fn gaussian(&mut self) -> f64 {
        let radius = (-2.0 * self.uniform().ln()).sqrt();
        radius * (2.0 * std::f64::consts::PI * self.uniform()).cos()
    }

    pub fn vector(&mut self, n: usize) -> Vec<f64> {
        (0..n).map(|_| self.gaussian()).collect()
    }

    pub fn unit_vector(&mut self, n: usize) -> Vec<f64> {
        let v = self.vector(n);
        let size = v.iter().map(|x| x * x).sum::<f64>().sqrt();
        v.iter().map(|x| x / size).collect()
    }
}

/// The rows `$(x_{i0} - x_{it}) \otimes z_i$` of an AttSVM with tokens and queries on the sphere.
pub fn att_svm_rows(n: usize, len: usize, dim: usize, seed: u64) -> Vec<Vec<f64>> {
    let mut stream = Stream::new(seed);
    let mut rows = Vec::new();
    for _ in 0..n {
        let tokens: Vec<_> = (0..len).map(|_| stream.unit_vector(dim)).collect();
        let query = stream.unit_vector(dim);
        for other in &tokens[1..] {
            let row = (0..dim * dim).map(|k| {
                let (a, b) = (k % dim, k / dim);
                (tokens[0][a] - other[a]) * query[b]
            });
            rows.push(row.collect());
        }
    }
    rows
}

/// `m` separable rows in `n` dimensions: Gaussian, reflected to the right side of a hidden vector.
pub fn separable_rows(m: usize, n: usize, seed: u64) -> Vec<Vec<f64>> {
    let mut stream = Stream::new(seed);
    let hidden = stream.unit_vector(n);
    (0..m)
        .map(|_| {
            let row = stream.vector(n);
            let side = row.iter().zip(&hidden).map(|(r, h)| r * h).sum::<f64>().signum();
            row.iter().map(|r| r * side).collect()
        })
        .collect()
}

pub fn dense(rows: &[Vec<f64>]) -> DenseRows {
    DenseRows::new(&Matrix::from_rows(rows).expect("finite rows of one length"))
}

pub fn norm(p: f64) -> Norm {
    Norm::new(p).expect("a valid exponent")
}

pub fn outcome(rows: &[Vec<f64>], p: f64) -> Outcome {
    outcome_within(rows, p, 1e-9)
}

pub fn outcome_within(rows: &[Vec<f64>], p: f64, relative_gap: f64) -> Outcome {
    let rows = dense(rows);
    let problem = HardMarginProblem::new(&rows, norm(p)).expect("a valid problem");
    let settings = SvmSettings::default().with_relative_gap(relative_gap);
    solve(&problem, &settings).expect("valid settings")
}

pub fn max_margin(rows: &[Vec<f64>], p: f64) -> MaxMargin {
    solution(outcome(rows, p), &format!("p = {p}"))
}

pub fn solution(outcome: Outcome, what: &str) -> MaxMargin {
    match outcome {
        Outcome::MaxMargin(solution) => solution,
        other => panic!("{what}: {other:?}"),
    }
}
