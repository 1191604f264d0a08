//! The risk and its gradients by the textbook formulas, in extended precision.

#![allow(dead_code)] // Every test file takes what it needs.

use dashu_float::{FBig, round::mode::HalfEven};
use mirrorhead_attention::{Dataset, Loss};
use mirrorhead_kernels::{LogScaled, Matrix};

/// A binary float whose exponent knows no end.
pub type Extended = FBig<HalfEven, 2>;

pub fn extended(x: f64) -> Extended {
    if x == 0.0 {
        // A zero that is converted has no precision to compute with.
        return extended(1.0) - extended(1.0);
    }
    Extended::try_from(x).expect("a finite number").with_precision(320).value()
}

pub fn abs(x: &Extended) -> Extended {
    if *x < Extended::ZERO { -x } else { x.clone() }
}

/// $\ell(x)$ and $-\ell'(x) > 0$.
pub fn loss(loss: Loss, x: &Extended) -> (Extended, Extended) {
    let one = extended(1.0);
    // The exponential of zero is an exact one, without precision to compute with.
    let exp = |x: &Extended| x.exp().with_precision(320).value();
    match loss {
        Loss::Logistic => (exp(&-x).ln_1p(), &one / (&one + exp(x))),
        Loss::Exponential => (exp(&-x), exp(&-x)),
        Loss::Correlation => (-x, one),
    }
}

/// A number with the sum of the absolute values of its terms, to which rounding is relative.
#[derive(Clone)]
pub struct Sized {
    pub value: Extended,
    pub size: Extended,
}

impl Sized {
    fn zero() -> Self {
        Self { value: extended(0.0), size: extended(0.0) }
    }

    fn add(&mut self, value: Extended, size: Extended) {
        self.value += value;
        self.size += size;
    }
}

/// A matrix of them, by columns.
pub type SizedMatrix = Vec<Vec<Sized>>;

/// What the textbook says at $(W, v)$.
pub struct Textbook {
    pub risk: Sized,
    pub key_query: SizedMatrix,
    pub decoder: SizedMatrix,
    /// $1 + \max |a_{it}|$, every product taken absolutely: what rounding a logit is relative to.
    pub logit_size: f64,
    /// $1 + \max |g_{it}|$.
    pub score_size: f64,
}

/// $L$, $\nabla_W L$ and $\nabla_v L$, with $s \circ (g - s^\top g)$ computed for scores that are
/// shifted to be zero at the selected token, which changes nothing but the cancellation there.
pub fn textbook(data: &Dataset, w: &Matrix, v: &Matrix, kind: Loss) -> Textbook {
    let (d, n) = (data.dim(), extended(data.len() as f64));
    let zeros = |columns: usize| vec![vec![Sized::zero(); d]; columns];
    let (mut key_query, mut decoder, mut risk) = (zeros(d), zeros(1), Sized::zero());
    let (mut logit_size, mut score_size) = (1.0_f64, 1.0_f64);
    for i in 0..data.len() {
        let z = data.queries().col(i);
        let tokens: Vec<_> =
            (0..data.tokens().sequence_len(i)).map(|t| data.tokens().token(i, t)).collect();
        let label = extended(data.labels()[i]);
        let logits: Vec<_> = tokens.iter().map(|x| bilinear(x, w, z)).collect();
        let scores: Vec<_> = tokens.iter().map(|x| inner(x, v.as_slice())).collect();
        for x in &tokens {
            logit_size = logit_size.max(1.0 + bilinear_size(x, w, z));
            score_size = score_size.max(1.0 + abs(&inner(x, v.as_slice())).to_f64().value());
        }
        let top =
            (0..tokens.len()).fold(0, |best, t| if logits[t] > logits[best] { t } else { best });
        let powers: Vec<_> = logits.iter().map(|a| (a - &logits[top]).exp()).collect();
        let total = powers.iter().fold(extended(0.0), |sum, e| sum + e);
        let weights: Vec<_> = powers.iter().map(|e| e / &total).collect();
        let shifted: Vec<_> = scores.iter().map(|g| g - &scores[top]).collect();
        let mut mean = Sized::zero();
        for (s, h) in weights.iter().zip(&shifted) {
            mean.add(s * h, s * abs(h));
        }
        let (value, slope) = loss(kind, &(&label * (&scores[top] + &mean.value)));
        risk.add(&value / &n, (abs(&value) + &slope) / &n);
        let (pull, pull_size) = (-&slope * &label / &n, slope / &n);
        for (t, x) in tokens.iter().enumerate() {
            let c = &weights[t] * (&shifted[t] - &mean.value);
            let c_size = &weights[t] * (abs(&shifted[t]) + &mean.size);
            for k in 0..d {
                let x_k = extended(x[k]);
                decoder[0][k].add(&pull * &weights[t] * &x_k, &pull_size * &weights[t] * abs(&x_k));
                for (column, z) in key_query.iter_mut().zip(z) {
                    let xz = &x_k * extended(*z);
                    column[k].add(&pull * &c * &xz, &pull_size * &c_size * abs(&xz));
                }
            }
        }
    }
    Textbook { risk, key_query, decoder, logit_size, score_size }
}

/// $G M$ for a gradient and a matrix.
pub fn times(gradient: &SizedMatrix, matrix: &Matrix) -> SizedMatrix {
    let mut out = vec![vec![Sized::zero(); gradient[0].len()]; matrix.ncols()];
    for (j, column) in out.iter_mut().enumerate() {
        for (l, part) in gradient.iter().enumerate() {
            let factor = extended(matrix[(l, j)]);
            for (out, g) in column.iter_mut().zip(part) {
                out.add(&g.value * &factor, &g.size * abs(&factor));
            }
        }
    }
    out
}

/// $G^\top$.
pub fn transposed(gradient: &SizedMatrix) -> SizedMatrix {
    (0..gradient[0].len())
        .map(|i| gradient.iter().map(|column| column[i].clone()).collect())
        .collect()
}

/// Checks $e^{m} G$ entry by entry: `tolerance` is relative to the size of each entry.
pub fn agrees(
    found: &LogScaled<Matrix>,
    exact: &SizedMatrix,
    tolerance: f64,
) -> Result<(), String> {
    let factor = extended(found.log_scale).exp();
    let largest = exact
        .iter()
        .flatten()
        .fold(extended(0.0), |m, e| if e.size > m { e.size.clone() } else { m });
    // Samples and tokens whose share is below e^-700 underflow beside the largest.
    let floor = largest * extended(1e-200);
    for (j, column) in exact.iter().enumerate() {
        for (i, exact) in column.iter().enumerate() {
            let value = &factor * extended(found.value[(i, j)]);
            let bound = &exact.size * extended(tolerance) + &floor;
            if abs(&(&value - &exact.value)) > bound {
                let ratio = (&value / &exact.value).to_f64().value();
                return Err(format!("entry ({i}, {j}) is {ratio} times what it should be"));
            }
        }
    }
    Ok(())
}

fn inner(x: &[f64], y: &[f64]) -> Extended {
    x.iter().zip(y).fold(extended(0.0), |sum, (x, y)| sum + extended(*x) * extended(*y))
}

fn bilinear(x: &[f64], w: &Matrix, z: &[f64]) -> Extended {
    (0..z.len()).fold(extended(0.0), |sum, j| sum + inner(x, w.col(j)) * extended(z[j]))
}

fn bilinear_size(x: &[f64], w: &Matrix, z: &[f64]) -> f64 {
    let term = |i: usize, j: usize| (x[i] * w[(i, j)] * z[j]).abs();
    (0..z.len()).map(|j| (0..x.len()).map(|i| term(i, j)).sum::<f64>()).sum()
}
