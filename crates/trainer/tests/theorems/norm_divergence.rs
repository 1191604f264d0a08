//! Claim `norm-divergence`: inside the cone of a locally optimal selection, ℓp-AttGD grows without
//! bound, like the logarithm of the number of steps.
//!
//! Hypotheses: plain ℓp-AttGD with a constant step from a start in the cone of a locally optimal selection, beside
//! the ray of its certified SVM. The selection is kept. A method that shrinks its iterate must be caught.

use mirrorhead_attention::{
    AttentionWeights, KeyQueryRisk, Loss, Planted, Seed, TokenScores, TokenSelection,
};
use mirrorhead_kernels::{LogScaled, Matrix};
use mirrorhead_mirror::{MirrorDescent, Optimizer, PowerPotential, StepSize, directional_bregman};
use mirrorhead_trainer::{
    EnumeratedSelection, SATURATED, Schedule, Snapshots, StoppingRule, TokenOptimality,
    train_key_query,
};

use super::in_cone::{InCone, slope};
use super::settled::{PAPER, certified_svm, lp, optimality};
use super::tampered::Tampered;

const DECADES: [u64; 5] = [10, 100, 1_000, 10_000, 100_000];

/// What becomes of a run from beside the ray.
#[derive(Debug)]
struct Growth {
    /// `$\lVert W(k)\rVert_p$` at the decades of `$k$`.
    norms: Vec<f64>,
    /// Whether attention is saturated on the selection at each.
    keeps: bool,
}

fn growth<O: Optimizer>(seed: u64, p: f64, optimizer: impl Fn(f64) -> O) -> Growth {
    let planted = PAPER.sample(Seed(seed)).expect("positive sizes");
    let entry = certified(&planted, p);
    let InCone { start, radius } = InCone::of(&planted, &entry, seed);
    assert!(radius <= 100.0, "p = {p}, seed {seed}: a cone that is far out");
    let apart = directional_bregman(lp(p), entry.svm.direction(), start.as_slice());
    assert!(apart > 1e-4, "p = {p}, seed {seed}: off the ray, {apart:e}");
    let risk = KeyQueryRisk::new(&planted.data, &planted.decoder, Loss::Logistic)
        .expect("a fitting decoder");
    let optimizer = optimizer(slope(&risk, p, &start).recip());
    let mut snapshots = Snapshots::new(Schedule::At(DECADES.to_vec()));
    let stopping = StoppingRule::after(DECADES[DECADES.len() - 1]);
    train_key_query(&risk, start, &optimizer, &stopping, &mut snapshots).expect("a finite run");
    let iterates = || snapshots.taken().iter().map(|(_, tensors)| &tensors[0]);
    let keeps = |w: &Matrix| {
        let weights = AttentionWeights::of(w, &planted.data).expect("finite");
        TokenSelection::from_saturated(&weights, SATURATED).as_ref() == Ok(&entry.selection)
    };
    Growth {
        norms: iterates().map(|w| lp(p).of(w.as_slice())).collect(),
        keeps: iterates().all(keeps),
    }
}

/// The optimal selection with its SVM, proven locally optimal.
fn certified(planted: &Planted, p: f64) -> EnumeratedSelection {
    let scores = TokenScores::of(&planted.data, &planted.decoder).expect("a fitting decoder");
    let selection = TokenSelection::optimal(&scores);
    let svm = certified_svm(&planted.data, &selection, p);
    let found = optimality(planted, &selection, lp(p), &svm);
    assert_eq!(found, TokenOptimality::Global, "hypothesis");
    EnumeratedSelection { selection, optimality: found, svm }
}

/// Every decade of steps adds to the norm, and no later decade adds less than half of what the one
/// before it added: logarithmic growth adds the same each time.
fn grows_without_bound(Growth { norms, keeps }: &Growth) -> bool {
    let added: Vec<_> = norms.windows(2).map(|pair| pair[1] - pair[0]).collect();
    *keeps
        && added.iter().all(|a| *a > 0.0)
        && added[1..].windows(2).all(|pair| pair[1] > 0.5 * pair[0])
}

#[test]
fn the_norm_grows_decade_after_decade() {
    for p in [1.5, 1.75, 2.0, 3.0] {
        for seed in 1..=3 {
            let found = growth(seed, p, |step| {
                MirrorDescent::new(PowerPotential::new(lp(p)), StepSize::Constant(step))
            });
            assert!(grows_without_bound(&found), "p = {p}, seed {seed}: {found:?}");
        }
    }
}

/// Gradient descent that forgets a little of its iterate every step.
fn forgetful() -> Tampered {
    Tampered {
        method: MirrorDescent::gradient_descent(StepSize::Constant(1.0)),
        gradient: |g, w| {
            let scale = g.log_scale.exp();
            let value = Matrix::from_fn(w.nrows(), w.ncols(), |i, j| {
                scale * g.value[(i, j)] + 1e-4 * w[(i, j)]
            });
            LogScaled { log_scale: 0.0, value }
        },
    }
}

#[test]
fn an_iterate_that_stays_bounded_is_caught() {
    let found = growth(1, 2.0, |_| forgetful());
    assert!(!grows_without_bound(&found), "{found:?}");
}
