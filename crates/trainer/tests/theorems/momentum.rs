//! **Muon maximises the spectral margin** (arXiv 2502.04664, 2602.16340), and gradient descent that of the Frobenius norm.
//!
//! Hypotheses: separable rows `$A_j$`, the exponential loss, steps `$\eta_k d_k$` with `$d_k$` the unit vector of a norm that a heavy ball
//! `$\sum_i \beta^i g_{k-i}$` of gradients likes best. Let `$B = \max_j\lVert A_j\rVert_*$`, `$\gamma$` the max margin of the norm, and
//! `$F = \log\frac1M\sum_j e^{-\langle A_j, W\rangle}$`. Then:
//!
//! - `$\lVert\nabla F\rVert_* \ge \gamma$` everywhere, since it is a convex combination of rows;
//! - `$F(W - \eta d) \le F(W) - \eta\langle\nabla F, d\rangle + \tfrac12 B^2\eta^2$`, since the Hessian is a variance of numbers within `$\pm B$`;
//! - margins move by no more than `$B\eta$` a step, so that the weighted mean of the last gradients differs from the last one by
//!   `$B\varepsilon_k$` relative to the risk, `$\varepsilon_k = \sum_i\beta^i e^{B(\eta_{k-1} + \dots + \eta_{k-i})}/\sum_i\beta^i - 1$`, and
//!   `$\langle\nabla F, d\rangle \ge \lVert\nabla F\rVert_* - 2 B\min(\varepsilon_k, 1)$`;
//! - `$\lVert W_K\rVert \le \sum_k\eta_k$`, and the least margin is at least `$-F - \log M$`.
//!
//! Added up, the normalised margin after `$K$` steps from zero is at least `$\gamma$` less the [`deficit`], which tends to zero like
//! `$\log K/\sqrt K$` for `$\eta_k \propto 1/\sqrt k$`. Nothing in it is fitted.

use mirrorhead_attention::{Seed, gaussian_matrix};
use mirrorhead_kernels::{DenseRows, Matrix};
use mirrorhead_mirror::{
    Gradient, LinearRisk, Loss, LpNorm, Memory, Method, Norm, Optimizer, Primal, SpectralNorm,
    Steepest, StepSize,
};
use mirrorhead_svm::{MaxMargin, SchattenNorm, SchattenProblem, SvmSettings, solve_schatten};
use mirrorhead_trainer::{StoppingRule, TrainingState, train};

/// Rows and columns of the weights, and the number of rows of the data.
const SHAPE: (usize, usize) = (4, 4);
const ROWS: usize = 3;
const STEPS: u32 = 100_000;
/// Of the heavy ball.
const BETA: f64 = 0.5;

/// Random rows with what is certified of them.
struct Problem {
    rows: DenseRows,
    matrices: Vec<Matrix>,
}

impl Problem {
    fn random(seed: u64) -> Self {
        let matrices: Vec<_> = (0..ROWS as u64)
            .map(|j| gaussian_matrix(SHAPE.0, SHAPE.1, Seed(100 * seed + j)))
            .collect();
        let entry = |j: usize, k: usize| matrices[j].as_slice()[k];
        Self { rows: DenseRows::new(&Matrix::from_fn(ROWS, SHAPE.0 * SHAPE.1, entry)), matrices }
    }

    fn certified(&self, norm: SchattenNorm) -> MaxMargin {
        let problem = SchattenProblem::new(&self.rows, norm).expect("finite rows");
        let solved = solve_schatten(&problem, &SvmSettings::default()).expect("valid settings");
        solved.max_margin().expect("fewer rows than entries are separable")
    }

    /// The normalised margin of `w`.
    fn margin(&self, norm: SchattenNorm, w: &[f64]) -> f64 {
        let inner = |a: &Matrix| a.as_slice().iter().zip(w).map(|(a, w)| a * w).sum::<f64>();
        self.matrices.iter().map(inner).fold(f64::INFINITY, f64::min) / norm.of(w)
    }

    /// `$B$`.
    fn size(&self, norm: SchattenNorm) -> f64 {
        self.matrices.iter().map(|a| norm.dual_of(a.as_slice())).fold(0.0, f64::max)
    }

    /// The weights after [`STEPS`] steps of a method.
    fn trained(&self, method: &impl Optimizer) -> Vec<f64> {
        let risk = LinearRisk::new(&self.rows, Loss::Exponential).expect("finite rows");
        let risk = risk.with_shape(SHAPE.0, SHAPE.1).expect("a matrix");
        let start = vec![Matrix::zeros(SHAPE.0, SHAPE.1)];
        let mut state = TrainingState::new(&risk, method, start).expect("a start that fits");
        let stopping = StoppingRule::after(STEPS.into());
        train(&risk, method, &mut state, &stopping, &mut ()).expect("a finite run");
        state.parameters[0].as_slice().to_vec()
    }
}

/// By how much a normalised margin may stay below the largest after [`STEPS`] steps of first length `first`.
fn deficit(size: f64, beta: f64, first: f64) -> f64 {
    let (mut distance, mut lost) = (0.0, (ROWS as f64).ln());
    let (mut grown, mut plain, mut before) = (0.0, 0.0, 0.0);
    for k in 0..STEPS {
        let eta = first / f64::from(k + 1).sqrt();
        // The sums that are in epsilon, with and without their exponentials.
        grown = 1.0 + beta * (size * before).exp() * grown;
        plain = 1.0 + beta * plain;
        lost += 2.0 * size * eta * (grown / plain - 1.0).min(1.0) + (size * eta).powi(2) / 2.0;
        distance += eta;
        before = eta;
    }
    lost / distance
}

fn schatten(norm: impl Into<Norm>) -> SchattenNorm {
    SchattenNorm::new(norm, SHAPE.0, SHAPE.1)
}

/// A share of what is certified, which none exceeds.
fn share(problem: &Problem, norm: SchattenNorm, best: &MaxMargin, w: &[f64]) -> f64 {
    let share = problem.margin(norm, w) / best.interval.upper;
    assert!(share <= 1.0 + 1e-12, "no weights beat the certificate: {share}");
    share
}

#[test]
fn muon_goes_to_the_spectral_margin_where_gradient_descent_goes_to_the_frobenius_one() {
    let (spectral, frobenius) =
        (schatten(Norm::LInfinity), schatten(LpNorm::new(2.0).expect("an exponent")));
    for seed in 1..=8 {
        let problem = Problem::random(seed);
        let best = [spectral, frobenius].map(|norm| problem.certified(norm));
        // As long as the bounds like them: a fifth of what moves a margin by one.
        let first = [spectral, frobenius].map(|norm| 0.2 / problem.size(norm));
        let promised = [(0, spectral, BETA), (1, frobenius, 0.0)].map(|(k, norm, beta)| {
            1.0 - deficit(problem.size(norm), beta, first[k]) / best[k].interval.lower
        });
        let steps = first.map(|first| StepSize::DualNormalized(first).decaying(0.5));
        let muon = Method::compose(Steepest(SpectralNorm), steps[0], Primal)
            .with_memory(Memory::HeavyBall(BETA));
        let muon = problem.trained(&muon);
        let descent = problem.trained(&Method::compose(Gradient, steps[1], Primal));

        let shares = |w: &[f64]| {
            [(spectral, &best[0]), (frobenius, &best[1])]
                .map(|(norm, best)| share(&problem, norm, best, w))
        };
        let ([muon_own, muon_other], [descent_other, descent_own]) =
            (shares(&muon), shares(&descent));
        assert!(muon_own >= promised[0], "{seed}: Muon has {muon_own} of {promised:?}");
        assert!(descent_own >= promised[1], "{seed}: descent has {descent_own} of {promised:?}");
        // What either promises in its own norm is out of the other's reach.
        assert!(descent_other < promised[0], "{seed}: {descent_other}, promised {promised:?}");
        assert!(muon_other < promised[1], "{seed}: {muon_other}, promised {promised:?}");

        // The Frobenius norm is strictly convex: a share s leaves a distance of sqrt(4 - (1 + s)^2) from the one direction.
        let unit = |w: &[f64]| w.iter().map(|x| x / frobenius.of(w)).collect::<Vec<_>>();
        let apart: Vec<_> =
            unit(&descent).iter().zip(unit(&best[1].w)).map(|(a, b)| a - b).collect();
        assert!(frobenius.of(&apart) <= (4.0 - (1.0 + promised[1]).powi(2)).sqrt(), "{seed}");
    }
}
