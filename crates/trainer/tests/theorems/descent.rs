//! Claim `descent`: for a small enough step the risk never increases along lp-AttGD.
//!
//! Hypotheses: a loss with a Lipschitz derivative on bounded sets, a constant step that is small
//! enough. A step that is too large, and a step uphill, must both be caught.

use std::ops::ControlFlow;

use mirrorhead_attention::{KeyQueryRisk, Loss, Seed, SphereTokens, gaussian_matrix};
use mirrorhead_kernels::{LogScaled, Matrix};
use mirrorhead_mirror::{MirrorDescent, Optimizer, PowerPotential, StepSize};
use mirrorhead_trainer::{Iteration, StoppingRule, TrainError, Watch, train_key_query};

use super::settled::{PAPER, lp};
use super::tampered::Tampered;

const ITERATIONS: u64 = 400;

/// The largest relative increase of the risk in one step of a run.
fn largest_increase<O: Optimizer>(
    optimizer: &O,
    sizes: SphereTokens,
    loss: Loss,
    seed: u64,
) -> Result<f64, TrainError> {
    let planted = sizes.sample(Seed(seed))?;
    let risk = KeyQueryRisk::new(&planted.data, &planted.decoder, loss)?;
    let start = gaussian_matrix(sizes.dim, sizes.dim, Seed(seed));
    let (mut last, mut largest) = (f64::INFINITY, f64::NEG_INFINITY);
    let mut watch = Watch(|at: &Iteration<'_, O::State>| {
        largest = largest.max((at.risk - last) / at.risk.abs());
        last = at.risk;
        ControlFlow::Continue(())
    });
    train_key_query(&risk, start, optimizer, &StoppingRule::after(ITERATIONS), &mut watch)?;
    Ok(largest)
}

fn constant(p: f64, step: f64) -> MirrorDescent<PowerPotential> {
    MirrorDescent::new(PowerPotential::new(lp(p)), StepSize::Constant(step))
}

#[test]
fn the_risk_never_increases_with_small_steps() {
    for p in [1.1, 1.5, 1.75, 2.0, 3.0, 5.0] {
        for loss in Loss::ALL {
            for step in [1e-3, 1e-2, 1e-1] {
                for seed in 1..=3 {
                    let increase = largest_increase(&constant(p, step), PAPER, loss, seed)
                        .expect("a finite run");
                    // The risk itself is only known to rounding.
                    let name = format!("p = {p}, {loss:?}, step {step}, seed {seed}");
                    assert!(increase <= 1e-15, "{name}: up by {increase:e}");
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
                .map(|seed| largest_increase(&constant(p, step), crowded, Loss::Logistic, seed))
                .map(|increase| increase.expect("a finite run"))
                .filter(|increase| *increase > 1e-6)
                .count()
        };
        assert!(increases(1e3) >= 3, "p = {p}: {} of 8", increases(1e3));
        assert_eq!(increases(1e-2), 0, "p = {p}");
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
        let increase = largest_increase(&uphill(constant(p, 0.1)), PAPER, Loss::Logistic, 1);
        assert!(increase.expect("finite") > 1e-6, "p = {p}");
    }
}
