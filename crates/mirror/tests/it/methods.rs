//! Methods as compositions: each against the algorithm of its paper, written out in plain numbers.

use crate::grid;
use crate::grid::{bits, column, gradient, potential, signed_power};
use mirrorhead_kernels::{LogScaled, Matrix};
use mirrorhead_mirror::{
    Dual, DualState, ElasticNetPotential, Gradient, MaxNorm, Memory, Method, MirrorDescent,
    MirrorError, Optimizer, Potential, Primal, Progress, SpectralNorm, Steepest, SteepestDescent,
    StepSize,
};

const START: [f64; 3] = [0.7, -1.3, 0.4];
/// The curvatures of a quadratic to descend on.
const CURVATURE: [f64; 3] = [3.0, 0.5, 1.2];

/// The gradient of `$\tfrac12\sum_k h_k (w_k - 1)^2$`.
fn slope(w: &[f64]) -> Vec<f64> {
    w.iter().zip(CURVATURE).map(|(w, h)| h * (w - 1.0)).collect()
}

/// The parameters after each of `steps` steps on the quadratic.
fn iterates(method: &impl Optimizer, steps: u32) -> Vec<Vec<f64>> {
    let mut w = [column(&START)];
    let mut state = method.init(&w).expect("finite");
    (0..steps)
        .map(|_| {
            let g = [gradient(0.0, &slope(w[0].as_slice()))];
            method.step(&mut state, &mut w, &g, 1.0).expect("finite");
            w[0].as_slice().to_vec()
        })
        .collect()
}

fn assert_iterates(name: &str, found: &[Vec<f64>], expected: &[Vec<f64>]) {
    assert_eq!(found.len(), expected.len());
    for (k, (found, expected)) in found.iter().zip(expected).enumerate() {
        for (a, b) in found.iter().zip(expected) {
            assert!((a - b).abs() <= 1e-12 * (1.0 + b.abs()), "{name}, step {k}: {a}, not {b}");
        }
    }
}

#[test]
fn a_heavy_ball_adds_the_last_step_to_the_next() {
    let (eta, beta) = (0.05, 0.8);
    let method = MirrorDescent::gradient_descent(StepSize::Constant(eta))
        .with_memory(Memory::HeavyBall(beta));
    // Polyak 1964: w' = w - eta g + beta (w - before).
    let (mut before, mut w) = (START.to_vec(), START.to_vec());
    let expected: Vec<_> = (0..40)
        .map(|_| {
            let g = slope(&w);
            let next: Vec<f64> =
                (0..3).map(|k| w[k] - eta * g[k] + beta * (w[k] - before[k])).collect();
            before = std::mem::replace(&mut w, next);
            w.clone()
        })
        .collect();
    assert_iterates("heavy ball", &iterates(&method, 40), &expected);
}

#[test]
fn nesterov_s_parameters_are_the_points_ahead_of_his_iterates() {
    let (eta, beta) = (0.1, 0.9);
    let method = Method::compose(Gradient, StepSize::Constant(eta), Primal)
        .with_memory(Memory::Nesterov(beta));
    // Nesterov: x' = y - eta g(y), y' = x' + beta (x' - x).
    let (mut x, mut y) = (START.to_vec(), START.to_vec());
    let expected: Vec<_> = (0..40)
        .map(|_| {
            let g = slope(&y);
            let next: Vec<f64> = (0..3).map(|k| y[k] - eta * g[k]).collect();
            y = (0..3).map(|k| next[k] + beta * (next[k] - x[k])).collect();
            x = next;
            y.clone()
        })
        .collect();
    assert_iterates("Nesterov", &iterates(&method, 40), &expected);
}

#[test]
fn moments_are_adam_s_without_its_epsilon() {
    let (eta, beta1, beta2) = (0.03, 0.9, 0.99);
    let method = Method::compose(Gradient, StepSize::Constant(eta), Primal)
        .with_memory(Memory::Moments { mean: beta1, square: beta2 });
    // Kingma & Ba 2015, algorithm 1, epsilon = 0.
    let (mut w, mut m, mut v) = (START.to_vec(), [0.0; 3], [0.0; 3]);
    let expected: Vec<_> = (1..=60)
        .map(|k| {
            let g = slope(&w);
            for i in 0..3 {
                m[i] = beta1 * m[i] + (1.0 - beta1) * g[i];
                v[i] = beta2 * v[i] + (1.0 - beta2) * g[i] * g[i];
                let mean = m[i] / (1.0 - f64::powi(beta1, k));
                w[i] -= eta * mean / (v[i] / (1.0 - f64::powi(beta2, k))).sqrt();
            }
            w.clone()
        })
        .collect();
    assert_iterates("Adam", &iterates(&method, 60), &expected);
    // Without memory of either it is sign descent.
    let sign = Method::compose(Gradient, StepSize::Constant(eta), Primal)
        .with_memory(Memory::Moments { mean: 0.0, square: 0.0 });
    let by_norm = SteepestDescent::new(MaxNorm, StepSize::DualNormalized(eta));
    assert_iterates("sign", &iterates(&sign, 30), &iterates(&by_norm, 30));
}

#[test]
fn averaging_is_schedule_free_learning() {
    let (eta, beta) = (0.2, 0.9);
    for p in [2.0, 3.0] {
        let method = MirrorDescent::new(potential(p), StepSize::Constant(eta))
            .with_memory(Memory::Averaging { lookahead: beta });
        // Defazio et al. 2024, with z' = grad psi*(grad psi(z) - eta g).
        let mut u: Vec<f64> = START.iter().map(|w| signed_power(*w, p - 1.0)).collect();
        let (mut x, mut y) = (START.to_vec(), START.to_vec());
        let expected: Vec<_> = (1..=50)
            .map(|k| {
                let (g, part) = (slope(&y), 1.0 / (f64::from(k) + 1.0));
                for i in 0..3 {
                    u[i] -= eta * g[i];
                    let z = signed_power(u[i], 1.0 / (p - 1.0));
                    x[i] = (1.0 - part) * x[i] + part * z;
                    y[i] = (1.0 - beta) * z + beta * x[i];
                }
                y.clone()
            })
            .collect();
        assert_iterates("schedule-free", &iterates(&method, 50), &expected);
        let mut w = [column(&START)];
        let mut state = method.init(&w).expect("finite");
        for _ in 0..50 {
            let g = [gradient(0.0, &slope(w[0].as_slice()))];
            method.step(&mut state, &mut w, &g, 1.0).expect("finite");
        }
        for (found, x) in state.average()[0].as_slice().iter().zip(&x) {
            assert!((found - x).abs() < 1e-12, "p = {p}: {found}, not {x}");
        }
        // In the primal space it is the same at p = 2, though no dual point is needed there.
        if p == 2.0 {
            let primal = Method::compose(Gradient, StepSize::Constant(eta), Primal)
                .with_memory(Memory::Averaging { lookahead: beta });
            assert_iterates("schedule-free", &iterates(&primal, 50), &expected);
        }
    }
}

#[test]
fn muon_moves_by_the_polar_factor_of_its_momentum() {
    let (eta, beta) = (0.1, 0.5);
    let muon = Method::compose(Steepest(SpectralNorm), StepSize::DualNormalized(eta), Primal)
        .with_memory(Memory::HeavyBall(beta));
    let mut w = [Matrix::zeros(2, 2)];
    let mut state = muon.init(&w).expect("finite");
    let gradients = [[3.0, 1.0, -2.0, 0.5], [-1.0, 2.0, 0.3, 0.7], [0.2, -0.4, 1.5, 1.0]];
    let mut sum = [0.0; 4];
    for g in gradients {
        let before = w[0].clone();
        let value = Matrix::from_columns(2, 2, g.to_vec()).expect("finite");
        let g = [LogScaled { log_scale: -900.0, value }];
        for (sum, g) in sum.iter_mut().zip(g[0].value.as_slice()) {
            *sum = beta * *sum + g;
        }
        muon.step(&mut state, &mut w, &g, 0.0).expect("finite");
        let step: Vec<f64> =
            before.as_slice().iter().zip(w[0].as_slice()).map(|(a, b)| (a - b) / eta).collect();
        // Orthogonal, and the inner product with the momentum is its nuclear norm:
        // (s1 + s2)^2 = ||M||_F^2 + 2 |det M|.
        let [a, b, c, d] = step[..] else { unreachable!("four entries") };
        assert!((a * a + b * b - 1.0).abs() < 1e-12 && (a * c + b * d).abs() < 1e-12);
        let nuclear =
            (grid::inner(&sum, &sum) + 2.0 * (sum[0] * sum[3] - sum[1] * sum[2]).abs()).sqrt();
        assert!((grid::inner(&step, &sum) - nuclear).abs() < 1e-12 * nuclear);
    }
}

/// The bits of where a run ends, its gradients multiplied by a power of e.
type Run = Box<dyn Fn(f64) -> Vec<Vec<u64>>>;

/// Every composition that remembers gradients under a rule that doesn't know their scale.
fn scale_free() -> Vec<(String, Run)> {
    fn run(method: &impl Optimizer, offset: f64) -> Vec<Vec<u64>> {
        let mut w = [column(&START)];
        let mut state = method.init(&w).expect("finite");
        for k in 0..25 {
            let x = f64::from(k);
            let g = [gradient(offset - 0.5 * x, &[(x + 0.1).sin(), (2.0 * x).cos(), 0.2])];
            assert_eq!(method.step(&mut state, &mut w, &g, 1.0), Ok(Progress::Moved));
        }
        bits(&w)
    }
    let mut all: Vec<(String, Run)> = Vec::new();
    for memory in [Memory::HeavyBall(0.9), Memory::Nesterov(0.9)] {
        let step = StepSize::DualNormalized(0.1);
        let mirror = MirrorDescent::new(potential(1.5), step).with_memory(memory);
        all.push((format!("mirror {memory:?}"), Box::new(move |m| run(&mirror, m))));
        let sign = SteepestDescent::new(MaxNorm, step).with_memory(memory);
        all.push((format!("sign {memory:?}"), Box::new(move |m| run(&sign, m))));
    }
    let memory = Memory::Moments { mean: 0.9, square: 0.99 };
    let adam = Method::compose(Gradient, StepSize::Constant(0.1), Primal).with_memory(memory);
    all.push(("Adam".into(), Box::new(move |m| run(&adam, m))));
    all
}

#[test]
fn memories_never_freeze_however_small_the_gradients() {
    for (name, run) in scale_free() {
        let at_one = run(0.0);
        // Powers of two add to the exponent without rounding.
        for offset in [-4096.0, 512.0] {
            assert_eq!(run(offset), at_one, "{name}, e^{offset}");
        }
    }
    // A momentum that shrinks for 20,000 steps, by more than the range of f64 has room for.
    let signum = SteepestDescent::new(MaxNorm, StepSize::DualNormalized(1.0))
        .with_memory(Memory::HeavyBall(0.9));
    let mut w = [Matrix::zeros(1, 1)];
    let mut state = signum.init(&w).expect("finite");
    for k in 0..20_000 {
        let g = [gradient(-f64::from(k), &[if k < 10_000 { 1.0 } else { -1.0 }])];
        assert_eq!(signum.step(&mut state, &mut w, &g, 0.0), Ok(Progress::Moved));
    }
    // e^-1 < 0.9: the sum is that of the first gradients, and never turns.
    assert_eq!(w[0][(0, 0)], -20_000.0);
}

#[test]
fn adabreg_keeps_exact_zeros_and_linbreg_is_mirror_descent() {
    let psi = ElasticNetPotential::new(0.5).expect("a threshold");
    let linbreg = MirrorDescent::new(psi, StepSize::Constant(0.1));
    let adabreg = Method::compose(Gradient, StepSize::Constant(0.1), Dual(psi))
        .with_memory(Memory::Moments { mean: 0.9, square: 0.999 });
    let mut w = [Matrix::zeros(2, 1)];
    let mut state: DualState = linbreg.init(&w).expect("finite");
    for k in 1..=8 {
        // The first entry's gradients add up to the threshold at the fifth step.
        linbreg.step(&mut state, &mut w, &[gradient(0.0, &[-1.0, 0.3])], 0.0).expect("finite");
        let expected = (0.1 * f64::from(k) - 0.5).max(0.0);
        assert!((w[0][(0, 0)] - expected).abs() < 1e-15 && w[0][(1, 0)] == 0.0, "step {k}: {w:?}");
    }
    let mut w = [Matrix::zeros(2, 1)];
    let mut state = adabreg.init(&w).expect("finite");
    for _ in 0..6 {
        // Adam's steps have length 0.1 whatever the gradient's size.
        adabreg.step(&mut state, &mut w, &[gradient(-300.0, &[-1.0, 0.0])], 0.0).expect("finite");
    }
    assert!((w[0][(0, 0)] - 0.1).abs() < 1e-12 && w[0][(1, 0)] == 0.0, "{w:?}");
}

#[test]
fn a_bounded_step_moves_no_farther_than_its_reach() {
    let (length, reach) = (0.3, 0.5);
    for p in [1.1, 1.5, 2.0, 3.0] {
        let psi = potential(p);
        let step = StepSize::DualNormalizedWithin { length, reach };
        let method = MirrorDescent::new(psi, step);
        let mut w = [column(&START)];
        let mut state = method.init(&w).expect("finite");
        let (mut bound, mut free) = (0, 0);
        for k in 0..200 {
            let (before, dual) = (w[0].clone(), state.dual()[0].clone());
            let g = [gradient(-50.0, &[-1.0, -2.0 - f64::from(k).sin(), 0.5])];
            method.step(&mut state, &mut w, &g, 0.0).expect("finite");
            let difference = |a: &Matrix, b: &Matrix| -> Vec<f64> {
                a.as_slice().iter().zip(b.as_slice()).map(|(a, b)| a - b).collect()
            };
            let moved = psi.norm(&difference(&w[0], &before));
            let along = psi.dual_norm(&difference(&state.dual()[0], &dual));
            assert!(moved <= reach * (1.0 + 1e-12), "p = {p}, step {k}: {moved}");
            assert!(along <= length * (1.0 + 1e-9), "p = {p}, step {k}: {along}");
            if along < length * (1.0 - 1e-9) {
                assert!(moved > 0.8 * reach, "p = {p}, step {k}: {moved} is shorter than needed");
                bound += 1;
            } else {
                free += 1;
            }
        }
        // Where w grows faster than u the reach binds in the end; elsewhere never.
        assert_eq!(bound > 100, p < 2.0, "p = {p}: {bound} and {free}");
    }
}

#[test]
fn what_makes_no_sense_together_is_refused() {
    let w = [column(&START)];
    let polyak = StepSize::Polyak { lower_bound: 0.0 };
    for memory in [Memory::HeavyBall(0.5), Memory::Nesterov(0.5)] {
        let refused = MirrorDescent::gradient_descent(polyak).with_memory(memory).init(&w).err();
        assert!(matches!(refused, Some(MirrorError::Incompatible { .. })), "{refused:?}");
    }
    for beta in [-0.1, 1.0, f64::NAN] {
        for memory in [
            Memory::HeavyBall(beta),
            Memory::Nesterov(beta),
            Memory::Moments { mean: beta, square: 0.5 },
            Memory::Moments { mean: 0.5, square: beta },
            Memory::Averaging { lookahead: beta },
        ] {
            let step = StepSize::Constant(0.1);
            let refused = MirrorDescent::gradient_descent(step).with_memory(memory).init(&w).err();
            assert!(matches!(refused, Some(MirrorError::InvalidSetting(_))), "{memory:?}");
        }
    }
}

#[test]
fn the_modulus_is_that_of_strong_convexity_and_polyak_uses_it() {
    use mirrorhead_mirror::SquaredNormPotential;
    // The half-squared norm at p = 1.5: psi(b + h d) - psi(b) - h <u, d> >= (p - 1)/2 h^2 ||d||^2.
    let psi = SquaredNormPotential::new(grid::norm(1.5));
    let sigma = psi.modulus().expect("p <= 2");
    let mut worst = f64::INFINITY;
    for seed in 0..4000 {
        let draw = |k: u32| (f64::from(seed * 7 + k * k) * 12.9898).sin();
        let b: Vec<f64> = (0..4).map(draw).collect();
        let a: Vec<f64> = (0..4).map(|k| b[k as usize] + 0.3 * draw(k + 10)).collect();
        let way: Vec<f64> = a.iter().zip(&b).map(|(a, b)| a - b).collect();
        let divergence = mirrorhead_mirror::bregman_divergence(&psi, &a, &b);
        worst = worst.min(2.0 * divergence / psi.norm(&way).powi(2));
    }
    assert!(worst >= sigma * (1.0 - 1e-9), "{worst} below {sigma}");
    assert_eq!(potential(2.0).modulus(), Some(1.0));
    assert_eq!(potential(1.5).modulus(), None);
    let polyak = MirrorDescent::new(psi, StepSize::Polyak { lower_bound: 0.0 });
    let mut w = [Matrix::zeros(2, 1)];
    let mut state = polyak.init(&w).expect("finite");
    polyak.step(&mut state, &mut w, &[gradient(0.0, &[2.0, 0.0])], 8.0).expect("finite");
    assert!((state.dual()[0][(0, 0)] + 0.5 * 8.0 / 4.0 * 2.0).abs() < 1e-15);
}
