//! The risk and its gradients by the textbook formulas, in extended precision.

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

/// `$\ell(x)$` and `$-\ell'(x) > 0$`.
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

/// What the textbook says at `$(W, v)$`.
pub struct Textbook {
    pub risk: Sized,
    pub key_query: SizedMatrix,
    pub decoder: SizedMatrix,
    /// `$1 + \max |a_{it}|$`, every product taken absolutely: what rounding a logit is relative to.
    pub logit_size: f64,
    /// `$1 + \max |g_{it}|$`.
    pub score_size: f64,
}

/// One head on one sample, with scores shifted to be zero at the selected token: this changes nothing
/// but the cancellation there.
struct Attended {
    /// `$s$`.
    weights: Vec<Extended>,
    /// `$f = s^\top g$`.
    output: Sized,
    /// `$s \circ (g - f)$`.
    score_slopes: Vec<Sized>,
}

fn attend(data: &Dataset, i: usize, w: &Matrix, v: &[f64]) -> Attended {
    let z = data.queries().col(i);
    let logits: Vec<_> = tokens(data, i).map(|x| bilinear(x, w, z)).collect();
    let scores: Vec<_> = tokens(data, i).map(|x| inner(x, v)).collect();
    let top = (0..logits.len()).fold(0, |best, t| if logits[t] > logits[best] { t } else { best });
    let powers: Vec<_> = logits.iter().map(|a| (a - &logits[top]).exp()).collect();
    let total = powers.iter().fold(extended(0.0), |sum, e| sum + e);
    let weights: Vec<_> = powers.iter().map(|e| e / &total).collect();
    let shifted: Vec<_> = scores.iter().map(|g| g - &scores[top]).collect();
    let mut mean = Sized::zero();
    for (s, h) in weights.iter().zip(&shifted) {
        mean.add(s * h, s * abs(h));
    }
    let score_slope = |(s, h): (&Extended, &Extended)| Sized {
        value: s * (h - &mean.value),
        size: s * (abs(h) + &mean.size),
    };
    let score_slopes = weights.iter().zip(&shifted).map(score_slope).collect();
    let output = Sized { value: &scores[top] + &mean.value, size: abs(&scores[top]) + &mean.size };
    Attended { weights, output, score_slopes }
}

/// `$G \leftarrow G + c\, X_i^\top \text{score_slopes}\, z_i^\top$` for a factor of size `size`.
fn add_score_slopes(
    gradient: &mut SizedMatrix,
    (data, i): (&Dataset, usize),
    score_slopes: &[Sized],
    factor: &Extended,
    size: &Extended,
) {
    for (x, c) in tokens(data, i).zip(score_slopes) {
        for (column, z) in gradient.iter_mut().zip(data.queries().col(i)) {
            for (out, x) in column.iter_mut().zip(x) {
                let xz = extended(*x) * extended(*z);
                out.add(factor * &c.value * &xz, size * &c.size * abs(&xz));
            }
        }
    }
}

fn tokens(data: &Dataset, i: usize) -> impl Iterator<Item = &[f64]> {
    (0..data.tokens().sequence_len(i)).map(move |t| data.tokens().token(i, t))
}

fn zeros(nrows: usize, ncols: usize) -> SizedMatrix {
    vec![vec![Sized::zero(); nrows]; ncols]
}

/// `$1 + \max |a_{it}|$` and `$1 + \max |g_{it}|$`.
fn sizes(data: &Dataset, w: &Matrix, v: &[f64]) -> (f64, f64) {
    let (mut logit_size, mut score_size) = (1.0_f64, 1.0_f64);
    for i in 0..data.len() {
        for x in tokens(data, i) {
            logit_size = logit_size.max(1.0 + bilinear_size(x, w, data.queries().col(i)));
            score_size = score_size.max(1.0 + abs(&inner(x, v)).to_f64().value());
        }
    }
    (logit_size, score_size)
}

/// `$L$`, `$\nabla_W L$` and `$\nabla_v L$`.
pub fn textbook(data: &Dataset, w: &Matrix, v: &Matrix, kind: Loss) -> Textbook {
    let heads = textbook_heads(data, std::slice::from_ref(w), v, kind);
    let n = extended(data.len() as f64);
    let mut decoder = zeros(data.dim(), 1);
    for i in 0..data.len() {
        let head = attend(data, i, w, v.as_slice());
        let label = extended(data.labels()[i]);
        let (_, slope) = loss(kind, &(&label * &head.output.value));
        let (score_slope, score_slope_size) = (-&slope * &label / &n, slope / &n);
        for (x, s) in tokens(data, i).zip(&head.weights) {
            for (out, x) in decoder[0].iter_mut().zip(x) {
                let x = extended(*x);
                out.add(&score_slope * s * &x, &score_slope_size * s * abs(&x));
            }
        }
    }
    let Many { risk, mut key_queries, logit_size, score_size } = heads;
    let key_query = key_queries.pop().expect("one head");
    Textbook { risk, key_query, decoder, logit_size, score_size }
}

/// What the textbook says of several heads.
pub struct Many {
    pub risk: Sized,
    pub key_queries: Vec<SizedMatrix>,
    pub logit_size: f64,
    pub score_size: f64,
}

/// `$L$` and `$\nabla_{W_h} L$` of heads whose outputs are added; column `$h$` of `decoders` is `$v_h$`.
pub fn textbook_heads(data: &Dataset, heads: &[Matrix], decoders: &Matrix, kind: Loss) -> Many {
    let n = extended(data.len() as f64);
    let mut key_queries = vec![zeros(data.dim(), data.dim()); heads.len()];
    let (mut risk, mut logit_size, mut score_size) = (Sized::zero(), 1.0_f64, 1.0_f64);
    for (h, w) in heads.iter().enumerate() {
        let (logit, score) = sizes(data, w, decoders.col(h));
        logit_size = logit_size.max(logit);
        score_size += score;
    }
    for i in 0..data.len() {
        let label = extended(data.labels()[i]);
        let attended: Vec<_> =
            heads.iter().enumerate().map(|(h, w)| attend(data, i, w, decoders.col(h))).collect();
        let output = attended.iter().fold(extended(0.0), |sum, head| sum + &head.output.value);
        let (value, slope) = loss(kind, &(&label * output));
        risk.add(&value / &n, (abs(&value) + &slope) / &n);
        let (score_slope, score_slope_size) = (-&slope * &label / &n, slope / &n);
        for (gradient, head) in key_queries.iter_mut().zip(&attended) {
            add_score_slopes(
                gradient,
                (data, i),
                &head.score_slopes,
                &score_slope,
                &score_slope_size,
            );
        }
    }
    Many { risk, key_queries, logit_size, score_size }
}

/// The cross-entropy over classes and its gradient, rival by rival; column `$c$` of `decoders` is `$v_c$`, and
/// differences of columns must be exact.
pub fn textbook_classes(data: &Dataset, classes: &[usize], w: &Matrix, decoders: &Matrix) -> Many {
    let (n, one) = (extended(data.len() as f64), extended(1.0));
    let mut gradient = zeros(data.dim(), data.dim());
    let (mut risk, mut logit_size, mut score_size) = (Sized::zero(), 1.0_f64, 1.0_f64);
    for (i, &class) in classes.iter().enumerate() {
        let mut rivals = Vec::new();
        for c in (0..decoders.ncols()).filter(|c| *c != class) {
            let pairs = decoders.col(class).iter().zip(decoders.col(c));
            let v: Vec<f64> = pairs.map(|(own, rival)| own - rival).collect();
            let (logit, score) = sizes(data, w, &v);
            (logit_size, score_size) = (logit_size.max(logit), score_size.max(score));
            let rival = attend(data, i, w, &v);
            // The exponential of zero is an exact one, without precision to compute with.
            let odds = (-&rival.output.value).exp().with_precision(320).value();
            rivals.push((rival, odds));
        }
        let odds = rivals.iter().fold(extended(0.0), |sum, (_, odds)| sum + odds);
        let value = odds.ln_1p();
        // A margin's rounding moves the loss by at most the probability of its rival.
        risk.add(&value / &n, (&value + &odds / (&one + &odds)) / &n);
        for (rival, own_odds) in &rivals {
            let share = own_odds / (&one + &odds) / &n;
            add_score_slopes(&mut gradient, (data, i), &rival.score_slopes, &-&share, &share);
        }
    }
    Many { risk, key_queries: vec![gradient], logit_size, score_size }
}

/// `$G M$` for a gradient and a matrix.
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

/// `$G^\top$`.
pub fn transposed(gradient: &SizedMatrix) -> SizedMatrix {
    (0..gradient[0].len())
        .map(|i| gradient.iter().map(|column| column[i].clone()).collect())
        .collect()
}

/// Checks `$e^{m} G$` entry by entry: `tolerance` is relative to the size of each entry.
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
