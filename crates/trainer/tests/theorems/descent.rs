//! Claim `descent`: for a small enough step the risk never increases along ℓp-AttGD, as long as
//! `$\psi''$` is bounded below where the run goes.
//!
//! Hypotheses: a loss with a Lipschitz derivative on bounded sets, a constant step that is small
//! enough, and `$\psi''(w) = (p-1)\lvert w\rvert^{p-2}$` bounded below: `$1 < p \le 2$`, or entries that keep away
//! from zero. At `$p > 2$` without the last one no step is small enough, and a run that shows it must be
//! caught; so must a step that is too large, a step uphill, and a method that does not move.

use std::ops::ControlFlow;

use mirrorhead_attention::{Dataset, KeyQueryRisk, Loss, Seed, SphereTokens, gaussian_matrix};
use mirrorhead_kernels::{LogScaled, Matrix, SignedPower, TokenBatch};
use mirrorhead_mirror::{MirrorDescent, Optimizer, PowerPotential, StepSize};
use mirrorhead_trainer::{Iteration, StoppingRule, TrainError, Watch, train_key_query};

use super::settled::{PAPER, lp};
use super::tampered::Tampered;

const ITERATIONS: u64 = 400;

/// What a run does to the risk.
struct Descent {
    /// The largest relative increase in one step.
    increase: f64,
    /// By how much it is lower in the end.
    drop: f64,
    /// By how much the first step of ℓp-AttGD would lower it to first order.
    first: f64,
}

/// Runs `optimizer`, whose step should be that of `constant(p, step)`.
fn descent<O: Optimizer>(
    optimizer: &O,
    (p, step): (f64, f64),
    sizes: SphereTokens,
    loss: Loss,
    seed: u64,
) -> Result<Descent, TrainError> {
    let planted = sizes.sample(Seed(seed))?;
    let risk = KeyQueryRisk::new(&planted.data, &planted.decoder, loss)?;
    let start = gaussian_matrix(sizes.dim, sizes.dim, Seed(seed));
    let (mut risks, mut first) = (Vec::new(), 0.0);
    let mut watch = Watch(|at: &Iteration<'_, O::State>| {
        if risks.is_empty() {
            first = predicted(&at.state.parameters[0], &at.gradients[0], p, step);
        }
        risks.push(at.risk);
        ControlFlow::Continue(())
    });
    train_key_query(&risk, start, optimizer, &StoppingRule::after(ITERATIONS), &mut watch)?;
    let increases = risks.windows(2).map(|pair| (pair[1] - pair[0]) / pair[1].abs());
    let drop = risks[0] - risks[risks.len() - 1];
    Ok(Descent { increase: increases.fold(f64::NEG_INFINITY, f64::max), drop, first })
}

/// `$\langle g, W - W'\rangle$` for the step `$\nabla\psi(W') = \nabla\psi(W) - \eta g$`.
fn predicted(w: &Matrix, gradient: &LogScaled<Matrix>, p: f64, step: f64) -> f64 {
    let (map, inverse) = (SignedPower::new(p - 1.0), SignedPower::new(1.0 / (p - 1.0)));
    let scale = gradient.log_scale.exp();
    let pairs = w.as_slice().iter().zip(gradient.value.as_slice());
    let drop = |(w, g): (&f64, &f64)| {
        let g = scale * g;
        g * (w - inverse.eval(map.eval(*w) - step * g))
    };
    pairs.map(drop).sum()
}

fn constant(p: f64, step: f64) -> MirrorDescent<PowerPotential> {
    MirrorDescent::new(PowerPotential::new(lp(p)), StepSize::Constant(step))
}

/// Never up, and down in all by at least ten times what the first step does.
fn descends(found: &Descent) -> bool {
    // The risk itself is only known to rounding.
    found.increase <= 1e-15 && found.first > 0.0 && found.drop > 10.0 * found.first
}

#[test]
fn the_risk_never_increases_with_small_steps() {
    // At p > 2 the entries of these runs that come near zero are few, and hardly felt.
    for p in [1.1, 1.5, 1.75, 2.0, 3.0, 5.0] {
        for loss in Loss::ALL {
            for step in [1e-3, 1e-2] {
                for seed in 1..=3 {
                    let found = descent(&constant(p, step), (p, step), PAPER, loss, seed);
                    let found = found.expect("a finite run");
                    let Descent { increase, drop, first } = found;
                    let name = format!("p = {p}, {loss:?}, step {step}, seed {seed}");
                    assert!(descends(&found), "{name}: up by {increase:e}, {drop:e} ({first:e})");
                }
            }
        }
    }
}

#[test]
fn steps_that_are_too_large_are_caught() {
    // Many sequences in the plane pull against each other, so that overshooting shows.
    let crowded = SphereTokens { n_sequences: 60, n_tokens: 6, dim: 2 };
    for p in [1.5, 1.75, 2.0, 3.0] {
        let increases = |step: f64| {
            (1..=8)
                .map(|seed| {
                    descent(&constant(p, step), (p, step), crowded, Loss::Logistic, seed)
                        .expect("a finite run")
                })
                .filter(|found| found.increase > 1e-6)
                .count()
        };
        assert!(increases(1e3) >= 3, "p = {p}: {} of 8", increases(1e3));
        assert_eq!(increases(1e-2), 0, "p = {p}");
    }
}

/// Two samples of the tokens -1 and 1 that want opposite outputs, or the same: the output is `$\tanh w$`, and the risk
/// is even in `$w$` with its minimum at 0, or falls in `$w$`.
fn one_weight(labels: [f64; 2]) -> Dataset {
    let tokens = TokenBatch::new(1, &[2, 2], vec![-1.0, 1.0, -1.0, 1.0]).expect("tokens");
    let queries = Matrix::from_rows(&[[1.0], [1.0]]).expect("finite");
    Dataset::new(tokens, &queries, labels.to_vec()).expect("a data set")
}

/// The first step that raises the risk from `$w = 1/2$`, up to `most`.
fn first_increase(data: &Dataset, p: f64, step: f64, most: u64) -> Option<u64> {
    let decoder = Matrix::column(vec![1.0]).expect("finite");
    let risk = KeyQueryRisk::new(data, &decoder, Loss::Logistic).expect("fits");
    let start = Matrix::from_rows(&[[0.5]]).expect("finite");
    let (mut last, mut found) = (f64::INFINITY, None);
    let mut watch = Watch(|at: &Iteration<'_, _>| {
        if at.risk > last * (1.0 + 1e-14) && found.is_none() {
            found = Some(at.number());
            return ControlFlow::Break(());
        }
        last = at.risk;
        ControlFlow::Continue(())
    });
    let stopping = StoppingRule::after(most);
    train_key_query(&risk, start, &constant(p, step), &stopping, &mut watch).expect("finite");
    found
}

/// With `$u = w^{p-1}$`, a step near the minimum is `$u' = u - \eta c\,w$`. For `$p > 2$` it overshoots as soon as
/// `$u < \eta c w / 2$`, whatever the step; a smaller one only takes longer to get there.
#[test]
fn no_step_is_small_enough_where_the_curvature_of_the_potential_vanishes() {
    let minimum_at_zero = one_weight([1.0, -1.0]);
    for p in [3.0, 4.0] {
        let at = [0.1, 0.03, 0.01, 0.003]
            .map(|step| first_increase(&minimum_at_zero, p, step, 10_000).expect("caught"));
        assert!(at.is_sorted_by(|a, b| a < b), "p = {p}: {at:?}");
        assert!(at[3] > 25 * at[0], "p = {p}: later in proportion to the step, {at:?}");
    }
    // Those that the page on descent has.
    let at = [(0.1, 44), (0.03, 149), (0.01, 449), (0.003, 1_500)];
    for (step, expected) in at {
        let found = first_increase(&minimum_at_zero, 3.0, step, 10_000);
        assert_eq!(found, Some(expected), "step {step}");
    }
    // Nearer to p = 2 it happens nearer to the minimum, where the risk is only known to rounding.
    assert!(first_increase(&minimum_at_zero, 2.5, 0.1, 10_000).is_some());
    for p in [1.25, 1.5, 2.0] {
        for step in [0.1, 0.01] {
            assert_eq!(first_increase(&minimum_at_zero, p, step, 20_000), None, "p = {p}, {step}");
        }
    }
    // The same potential, with the entry kept away from zero.
    for p in [2.5, 3.0, 4.0] {
        assert_eq!(first_increase(&one_weight([1.0, 1.0]), p, 0.1, 20_000), None, "p = {p}");
    }
}

/// Mirror descent with the sign of its step wrong.
fn uphill(method: MirrorDescent<PowerPotential>) -> Tampered {
    Tampered {
        method,
        gradient: |g, _| {
            let value = Matrix::from_fn(g.value.nrows(), g.value.ncols(), |i, j| -g.value[(i, j)]);
            LogScaled { log_scale: g.log_scale, value }
        },
    }
}

#[test]
fn a_step_uphill_is_caught() {
    for p in [1.5, 2.0, 3.0] {
        let found = descent(&uphill(constant(p, 0.1)), (p, 0.1), PAPER, Loss::Logistic, 1);
        assert!(found.expect("finite").increase > 1e-6, "p = {p}");
    }
}

#[test]
fn a_method_that_does_not_move_is_caught() {
    for p in [1.5, 2.0, 3.0] {
        let still = Tampered {
            method: constant(p, 0.01),
            gradient: |_, w| {
                let value = Matrix::zeros(w.nrows(), w.ncols());
                LogScaled { log_scale: 0.0, value }
            },
        };
        let found = descent(&still, (p, 0.01), PAPER, Loss::Logistic, 1).expect("finite");
        assert!(!descends(&found), "p = {p}: {:e}", found.drop);
    }
}
