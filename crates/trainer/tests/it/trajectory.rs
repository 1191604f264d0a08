//! A small trajectory in extended precision: fifty normalized steps by the textbook formulas.

use dashu_float::{FBig, round::mode::HalfEven};
use mirrorhead_attention::{Dataset, KeyQueryRisk, Loss};
use mirrorhead_kernels::{Matrix, TokenBatch};
use mirrorhead_mirror::{LpNorm, MirrorDescent, PowerPotential, StepSize};
use mirrorhead_trainer::{Schedule, Snapshots, StoppingRule, train_key_query};

type Extended = FBig<HalfEven, 2>;

const STEP: f64 = 0.1;
const STEPS: usize = 50;
const TOKENS: [[[f64; 2]; 3]; 2] =
    [[[0.9, -0.4], [-0.3, 0.7], [0.2, 0.5]], [[-0.6, 0.1], [0.8, 0.3], [0.4, -0.9]]];
const QUERIES: [[f64; 2]; 2] = [[0.5, -0.8], [0.7, 0.6]];
const LABELS: [f64; 2] = [1.0, -1.0];
const DECODER: [f64; 2] = [0.6, -0.7];
const START: [[f64; 2]; 2] = [[0.3, -1.1], [0.25, 0.8]];

fn extended(x: f64) -> Extended {
    Extended::try_from(x).expect("finite").with_precision(192).value()
}

fn abs(x: &Extended) -> Extended {
    if *x < Extended::ZERO { -x } else { x.clone() }
}

/// `$\operatorname{sign}(x)\,|x|^{e}$`.
fn signed_power(x: &Extended, e: &Extended) -> Extended {
    if *x == Extended::ZERO {
        return x.clone();
    }
    let power = abs(x).powf(e);
    if *x < Extended::ZERO { -power } else { power }
}

/// The gradient of the logistic risk, as written: `$\tfrac1n\sum_i \ell'(y_i f_i)\, y_i
/// X_i^\top (s_i \circ (g_i - f_i))\, z_i^\top$`.
fn gradient(w: &[[Extended; 2]; 2]) -> [[Extended; 2]; 2] {
    let zero = || extended(0.0);
    let mut gradient = [[zero(), zero()], [zero(), zero()]];
    for ((tokens, z), y) in TOKENS.iter().zip(QUERIES).zip(LABELS) {
        let bilinear = |x: &[f64; 2]| {
            let terms = (0..4).map(|k| extended(x[k / 2]) * &w[k / 2][k % 2] * extended(z[k % 2]));
            terms.fold(zero(), |sum, term| sum + term)
        };
        let powers: Vec<_> = tokens.iter().map(|x| bilinear(x).exp()).collect();
        let total = powers.iter().fold(zero(), |sum, e| sum + e);
        let weights: Vec<_> = powers.iter().map(|e| e / &total).collect();
        let score = |x: &[f64; 2]| {
            extended(x[0]) * extended(DECODER[0]) + extended(x[1]) * extended(DECODER[1])
        };
        let output = tokens.iter().zip(&weights).fold(zero(), |sum, (x, s)| sum + s * score(x));
        let slope = extended(-y) / (extended(1.0) + (extended(y) * &output).exp());
        for (x, s) in tokens.iter().zip(&weights) {
            let c = &slope * s * (score(x) - &output) / extended(2.0);
            for (k, row) in gradient.iter_mut().enumerate() {
                for (l, entry) in row.iter_mut().enumerate() {
                    *entry += &c * extended(x[k]) * extended(z[l]);
                }
            }
        }
    }
    gradient
}

/// `$W(0), W(1), \dots$` of `$u \leftarrow u - \eta\, g / \lVert g\rVert_q$`, `$W = \nabla\psi^*(u)$`.
fn reference(p: f64) -> Vec<[[Extended; 2]; 2]> {
    let to_dual = extended(p) - extended(1.0);
    let to_primal = extended(1.0) / &to_dual;
    let q = extended(p) / &to_dual;
    let mut w = START.map(|row| row.map(extended));
    let mut u = w.clone().map(|row| row.map(|x| signed_power(&x, &to_dual)));
    let mut path = vec![w.clone()];
    for _ in 0..STEPS {
        let g = gradient(&w);
        let sum = g.iter().flatten().fold(extended(0.0), |sum, g| sum + abs(g).powf(&q));
        let norm = sum.powf(&(extended(1.0) / &q));
        for (u, g) in u.iter_mut().flatten().zip(g.iter().flatten()) {
            *u -= extended(STEP) * g / &norm;
        }
        w = u.clone().map(|row| row.map(|x| signed_power(&x, &to_primal)));
        path.push(w.clone());
    }
    path
}

#[test]
fn normalized_steps_agree_with_extended_precision() {
    let tokens = TOKENS.map(|sequence| sequence.map(|token| token.to_vec()).to_vec());
    let queries = Matrix::from_rows(&QUERIES).expect("finite");
    let tokens = TokenBatch::from_rows(&tokens).expect("valid");
    let data = Dataset::new(tokens, &queries, LABELS.to_vec()).expect("valid");
    let decoder = Matrix::column(DECODER.to_vec()).expect("finite");
    let risk = KeyQueryRisk::new(&data, &decoder, Loss::Logistic).expect("fits");
    let start = Matrix::from_rows(&START).expect("finite");
    for p in [1.5, 1.75, 2.0, 3.0] {
        let psi = PowerPotential::new(LpNorm::new(p).expect("an exponent"));
        let method = MirrorDescent::new(psi, StepSize::DualNormalized(STEP));
        let mut path = Snapshots::new(Schedule::Every(1));
        let rule = StoppingRule::after(STEPS as u64);
        train_key_query(&risk, start.clone(), &method, &rule, &mut path).expect("finite");
        assert_eq!(path.taken().len(), STEPS + 1);
        for ((k, found), exact) in path.taken().iter().zip(reference(p)) {
            for i in 0..2 {
                for j in 0..2 {
                    let error = abs(&(extended(found[0][(i, j)]) - &exact[i][j])).to_f64().value();
                    assert!(error <= 1e-12, "p = {p}, W({k}) at ({i}, {j}): off by {error:e}");
                }
            }
        }
        // Far enough to mean something: every entry has moved, and not by the same.
        let (_, end) = path.taken().last().expect("a path");
        let moved = |i: usize, j: usize| (end[0][(i, j)] - START[i][j]).abs();
        assert!((0..4).all(|k| moved(k / 2, k % 2) > 0.05), "p = {p}: {:?}", end[0]);
    }
}
