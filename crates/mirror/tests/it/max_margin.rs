//! Which method maximises which margin: on separable rows, each in its own geometry and no other.
//!
//! No solver is needed. Under the exponential loss `$\sum_j e^{-(Aw)_j}$` gradients are combinations
//! `$-A^\top\lambda$`, `$\lambda \ge 0$`, of the rows, and any such `$\lambda$` proves that no margin in
//! `$\lVert\cdot\rVert$` exceeds `$\lVert A^\top\lambda\rVert_*/\mathbf 1^\top\lambda$`. The average over
//! the second half of a run closes in on the margin of its last iterate.

use crate::geometries::{hypentropy, norm, times};
use crate::grid;
use mirrorhead_kernels::{LogScaled, Matrix, softmax};
use mirrorhead_mirror::{
    DescentNorm, MaxNorm, MirrorDescent, Optimizer, Potential, PowerPotential, SchattenPotential,
    SpectralNorm, SquaredNormPotential, SteepestDescent, StepSize,
};

const SHAPE: (usize, usize) = (3, 4);
/// The first step; step `$k$` is this over `$\sqrt{k}$`. Constant ones leave sign descent a fifth below its
/// margin: the rows have l1 norms around 7, so a step of one length moves margins by that much.
const STEP: f64 = 0.5;
const STEPS: u32 = 20_000;

/// Five rows, each a 3 x 4 matrix; with fewer rows than entries they are separable.
fn rows() -> Vec<Matrix> {
    (0..5)
        .map(|j| Matrix::from_fn(3, 4, |i, k| ((7 * j + 3 * i * i + 5 * k + i * k) as f64).sin()))
        .collect()
}

fn inner(a: &Matrix, b: &Matrix) -> f64 {
    grid::inner(a.as_slice(), b.as_slice())
}

fn combination(rows: &[Matrix], weights: &[f64]) -> Matrix {
    Matrix::from_fn(SHAPE.0, SHAPE.1, |i, k| {
        rows.iter().zip(weights).map(|(a, l)| l * a[(i, k)]).sum()
    })
}

/// The last iterate of a run, and the average of its row weights.
struct Run {
    w: Matrix,
    multipliers: Vec<f64>,
}

fn run(method: &impl Optimizer) -> Run {
    let rows = rows();
    let mut w = [Matrix::zeros(SHAPE.0, SHAPE.1)];
    let mut state = method.init(&w).expect("zero is a start");
    let mut multipliers = vec![0.0; rows.len()];
    for k in 0..STEPS {
        let logits: Vec<f64> = rows.iter().map(|a| -inner(a, &w[0])).collect();
        let mut weights = vec![0.0; rows.len()];
        softmax(&logits, &mut weights);
        // The gradient of log sum exp: that of the risk up to a scale, which is nothing here.
        let downhill: Vec<f64> = weights.iter().map(|l| -l).collect();
        let value = combination(&rows, &downhill);
        method
            .step(&mut state, &mut w, &[LogScaled { log_scale: 0.0, value }], 0.0)
            .expect("finite");
        // Those of the second half: the first ones are far from balanced.
        for (sum, l) in multipliers.iter_mut().zip(&weights).filter(|_| 2 * k >= STEPS) {
            *sum += l;
        }
    }
    let [w] = w;
    Run { w, multipliers }
}

impl Run {
    /// The margin in a geometry, given the norm of the iterate there.
    fn margin(&self, norm: f64) -> f64 {
        rows().iter().map(|a| inner(a, &self.w)).fold(f64::INFINITY, f64::min) / norm
    }

    /// What the multipliers prove: no margin is larger.
    fn bound(&self, dual_norm: impl Fn(&Matrix) -> f64) -> f64 {
        dual_norm(&combination(&rows(), &self.multipliers)) / self.multipliers.iter().sum::<f64>()
    }
}

/// A geometry: its name, its norm and its dual norm.
struct Geometry {
    name: String,
    norm: Box<dyn Fn(&Matrix) -> f64>,
    dual_norm: Box<dyn Fn(&Matrix) -> f64>,
}

fn lp(p: f64) -> Geometry {
    let psi = PowerPotential::new(norm(p));
    let name = format!("l{p}");
    Geometry {
        name,
        norm: Box::new(move |w| psi.norm(w.as_slice())),
        dual_norm: Box::new(move |w| psi.dual_norm(w.as_slice())),
    }
}

fn schatten(p: f64) -> Geometry {
    let psi = SchattenPotential::new(norm(p), SHAPE.0, SHAPE.1);
    let name = format!("S{p}");
    Geometry {
        name,
        norm: Box::new(move |w| psi.norm(w.as_slice())),
        dual_norm: Box::new(move |w| psi.dual_norm(w.as_slice())),
    }
}

fn maximum() -> Geometry {
    Geometry {
        name: "maximum".into(),
        norm: Box::new(|w| w.as_slice().iter().fold(0.0, |m: f64, w| m.max(w.abs()))),
        dual_norm: Box::new(|g| MaxNorm.dual_norm(g)),
    }
}

fn spectral() -> Geometry {
    Geometry {
        name: "spectral".into(),
        norm: Box::new(|w| {
            // The largest eigenvalue of W^T W by powers: not the decomposition that is tested.
            let gram = times(&w.transposed(), w);
            let mut v = Matrix::from_fn(SHAPE.1, 1, |i, _| 1.0 + i as f64 / 7.0);
            for _ in 0..2_000 {
                v = times(&gram, &v);
                let length = inner(&v, &v).sqrt();
                v.as_mut_slice().iter_mut().for_each(|x| *x /= length);
            }
            inner(&v, &times(&gram, &v)).sqrt()
        }),
        dual_norm: Box::new(|g| SpectralNorm.dual_norm(g)),
    }
}

/// Runs with the geometry that each should maximise the margin of.
fn runs() -> Vec<(String, Geometry, Run)> {
    let step = |initial| StepSize::DualNormalized(initial).decaying(0.5);
    let mut all = Vec::new();
    for p in [1.25, 1.5, 2.0, 3.0] {
        let n = norm(p);
        // The dual point of a power grows like the (p - 1)-st power of the iterate.
        let dual = step(STEP * f64::max(1.0, 10f64.powf(p - 2.0)));
        let power = MirrorDescent::new(PowerPotential::new(n), dual);
        all.push((format!("power {p}"), lp(p), run(&power)));
        let spectral = MirrorDescent::new(SchattenPotential::new(n, SHAPE.0, SHAPE.1), dual);
        all.push((format!("Schatten {p}"), schatten(p), run(&spectral)));
        let squared = MirrorDescent::new(SquaredNormPotential::new(n), step(STEP));
        all.push((format!("squared norm {p}"), lp(p), run(&squared)));
        let steepest = SteepestDescent::new(n, step(STEP));
        all.push((format!("steepest {p}"), lp(p), run(&steepest)));
    }
    let sign = SteepestDescent::new(MaxNorm, step(STEP));
    all.push(("sign".into(), maximum(), run(&sign)));
    let polar = SteepestDescent::new(SpectralNorm, step(STEP));
    all.push(("spectral".into(), spectral(), run(&polar)));
    all
}

#[test]
fn every_method_maximises_the_margin_of_its_geometry_and_of_no_other() {
    let runs = runs();
    for (name, own, run) in &runs {
        let (margin, bound) = (run.margin((own.norm)(&run.w)), run.bound(&own.dual_norm));
        assert!(margin > 0.0 && margin <= bound * (1.0 + 1e-12), "{name}: {margin} above {bound}");
        assert!(margin >= 0.93 * bound, "{name}: margin {margin}, proven to be at most {bound}");
        // In any other geometry the method of that geometry does better, beyond what is unproven.
        for (other, geometry, best) in &runs {
            let same = geometry.name == own.name || (name.ends_with(" 2") && other.ends_with(" 2"));
            if same {
                continue;
            }
            let (here, there) =
                (run.margin((geometry.norm)(&run.w)), best.margin((geometry.norm)(&best.w)));
            let proven = best.bound(&geometry.dual_norm);
            assert!(here <= proven * (1.0 + 1e-12), "{name} beats the bound of {other}");
            assert!(here < there, "{name} has {here} of {}, {other} {there}", geometry.name);
        }
    }
}

#[test]
fn hypentropy_tends_to_the_l1_margin_the_faster_the_smaller_its_parameter() {
    // One row (2, 1): u = t (2, 1), so w = beta (sinh 2t, sinh t), whose l1 margin tends to 2 as
    // w_2/w_1 = 1/(2 cosh t) vanishes. At one size of w, t is the larger the smaller beta.
    let margin = |beta: f64, size: f64| {
        let psi = hypentropy(beta);
        let method = MirrorDescent::new(psi, StepSize::Constant(1e-2));
        let mut w = [Matrix::zeros(2, 1)];
        let mut state = method.init(&w).expect("zero is a start");
        let value = Matrix::column(vec![-2.0, -1.0]).expect("finite");
        let downhill = [LogScaled { log_scale: 0.0, value }];
        while psi.norm(w[0].as_slice()) < size {
            method.step(&mut state, &mut w, &downhill, 0.0).expect("finite");
        }
        let t = state.dual()[0][(1, 0)];
        let expected = (2.0 * (2.0 * t).sinh() + t.sinh()) / ((2.0 * t).sinh() + t.sinh());
        let found = (2.0 * w[0][(0, 0)] + w[0][(1, 0)]) / psi.norm(w[0].as_slice());
        assert!((found - expected).abs() < 1e-12, "{found} and {expected}");
        found
    };
    for size in [1.0, 1e3] {
        let margins = [1e2, 1.0, 1e-2, 1e-4].map(|beta| margin(beta, size));
        assert!(margins.is_sorted_by(|a, b| a < b), "at size {size}: {margins:?}");
    }
    for beta in [1e2, 1e-2] {
        let deficits = [1e2, 1e4, 1e6, 1e8].map(|size| 2.0 - margin(beta, size));
        assert!(deficits.is_sorted_by(|a, b| a > b), "beta = {beta}: {deficits:?}");
        assert!(deficits[3] < 1e-2, "beta = {beta}: {deficits:?}");
    }
    // Small entries beside a large beta: gradient descent, whose direction is the row's own.
    // One step has t = 0.01, and sinh 2t = 2 sinh t (1 + t^2/2 + ...).
    assert!((margin(1e6, 1.0) - 5.0 / 3.0).abs() < 1e-4);
}
