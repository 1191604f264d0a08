//! Claim `margins`: mirror descent with p, and steepest descent in ℓp, maximise the ℓp margin of their
//! selection; sign descent comes nearest to that of the maximum norm.
//!
//! Hypotheses: the selection is globally optimal, hence locally optimal in every geometry; attention
//! keeps to it; the maximum margin of every geometry is certified. The wrong geometry must fail, and
//! so must a method that descends in another one.

use mirrorhead_attention::{
    AttentionWeights, KeyQueryRisk, Loss, Planted, Seed, TokenScores, TokenSelection,
    gaussian_matrix,
};
use mirrorhead_kernels::Matrix;
use mirrorhead_mirror::{
    MaxNorm, MirrorDescent, Optimizer, PowerPotential, SchattenPotential, ScheduledStep,
    SquaredNormPotential, SteepestDescent, StepSize,
};
use mirrorhead_trainer::{
    SATURATED, StoppingRule, TokenOptimality, as_key_query, least_margin, train_key_query,
};

use super::settled::{PAPER, certified_svm, lp, optimality};

const ITERATIONS: u64 = 20_000;

/// Exponents of methods, and of the geometries they are measured in.
const EXPONENTS: [f64; 3] = [1.5, 2.0, 3.0];

/// Stands for the maximum norm.
const NEAR_MAXIMUM: f64 = 10.0;

/// Data, their optimal selection, and a start that favours it but lies on the ray of no geometry.
struct Problem {
    planted: Planted,
    selection: TokenSelection,
    start: Matrix,
}

impl Problem {
    fn new(seed: u64) -> Self {
        let planted = PAPER.sample(Seed(seed)).expect("positive sizes");
        let scores = TokenScores::of(&planted.data, &planted.decoder).expect("a fitting decoder");
        let selection = TokenSelection::optimal(&scores);
        let svm = certified_svm(&planted.data, &selection, 2.0);
        assert_eq!(
            optimality(&planted, &selection, lp(2.0), &svm),
            TokenOptimality::Global,
            "hypothesis"
        );
        let (ray, noise) =
            (as_key_query(&planted.data, &svm), gaussian_matrix(PAPER.dim, PAPER.dim, Seed(seed)));
        let start =
            Matrix::from_fn(PAPER.dim, PAPER.dim, |i, j| 2.0 * ray[(i, j)] + 0.3 * noise[(i, j)]);
        Self { planted, selection, start }
    }

    /// The last iterate of a run, which must have kept the selection.
    fn run(&self, method: &impl Optimizer) -> Matrix {
        let Planted { data, decoder } = &self.planted;
        let risk = KeyQueryRisk::new(data, decoder, Loss::Logistic).expect("a fitting decoder");
        let stopping = StoppingRule::after(ITERATIONS);
        let trained = train_key_query(&risk, self.start.clone(), method, &stopping, &mut ())
            .expect("a finite run");
        let weights = AttentionWeights::of(&trained.key_query, data).expect("finite");
        let kept =
            TokenSelection::from_saturated(&weights, SATURATED).expect("hypothesis: saturated");
        assert_eq!(kept, self.selection, "hypothesis: the selection is kept");
        trained.key_query
    }

    /// The margin of `w` in the ℓp norm, as a share of the certified maximum.
    fn share(&self, w: &Matrix, p: f64) -> f64 {
        let data = &self.planted.data;
        let svm = certified_svm(data, &self.selection, p);
        let least = least_margin(data, &self.selection, w);
        least / lp(p).of(w.as_slice()) / svm.interval.upper
    }
}

/// Normalized steps with which an iterate whose norm to the `degree` is the dual point's grows to
/// `$2\sqrt k$`.
fn steps(degree: f64) -> ScheduledStep {
    let power = 1.0 - degree / 2.0;
    StepSize::DualNormalized(2.0 * degree * 4f64.powf(-power)).decaying(power)
}

#[test]
fn mirror_and_steepest_descent_maximise_the_margin_of_their_own_norm() {
    for seed in 1..=2 {
        let problem = Problem::new(seed);
        let last = |p: f64| {
            let norm = lp(p);
            [
                (
                    "mirror",
                    problem.run(&MirrorDescent::new(PowerPotential::new(norm), steps(p - 1.0))),
                ),
                (
                    "squared",
                    problem.run(&MirrorDescent::new(SquaredNormPotential::new(norm), steps(1.0))),
                ),
                ("steepest", problem.run(&SteepestDescent::new(norm, steps(1.0)))),
            ]
        };
        let all = EXPONENTS.map(last);
        for (column, p) in EXPONENTS.into_iter().enumerate() {
            for (row, other) in EXPONENTS.into_iter().enumerate() {
                for ((kind, w), (_, own)) in all[row].iter().zip(&all[column]) {
                    let (share, best) = (problem.share(w, p), problem.share(own, p));
                    let name =
                        format!("seed {seed}, {kind} {other} in l{p}: {share} beside {best}");
                    assert!(share <= 1.0 + 1e-9, "{name}: no iterate beats the certificate");
                    if row == column {
                        assert!(share > 0.85, "{name}");
                    } else {
                        assert!(share < best - 0.005, "{name}: the wrong geometry must fail");
                    }
                }
            }
        }
        // Sign descent beats them all where the norm is nearly the maximum.
        let sign = problem.run(&SteepestDescent::new(MaxNorm, steps(1.0)));
        let reached = problem.share(&sign, NEAR_MAXIMUM);
        for (kind, w) in all.iter().flatten() {
            let share = problem.share(w, NEAR_MAXIMUM);
            assert!(share < reached - 0.01, "seed {seed}, {kind}: {share} beside sign's {reached}");
        }
    }
}

#[test]
fn at_two_schatten_is_gradient_descent_and_elsewhere_it_is_not() {
    // Away from p = 2 it leaves the Frobenius margin that it attains there.
    let problem = Problem::new(1);
    let run = |p: f64| {
        let psi = SchattenPotential::new(lp(p), PAPER.dim, PAPER.dim);
        problem.run(&MirrorDescent::new(psi, steps(p - 1.0)))
    };
    let plain = problem.run(&MirrorDescent::gradient_descent(steps(1.0)));
    let two = run(2.0);
    for (a, b) in two.as_slice().iter().zip(plain.as_slice()) {
        assert!((a - b).abs() < 1e-6 * (1.0 + b.abs()), "{a} and {b}");
    }
    let (at_two, at_half) = (problem.share(&two, 2.0), problem.share(&run(1.5), 2.0));
    assert!(at_half < at_two - 0.01, "{at_half} beside {at_two}");
}
