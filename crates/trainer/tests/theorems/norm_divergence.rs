//! Claim `norm-divergence`: inside the cone of a locally optimal selection, lp-AttGD grows without
//! bound, like the logarithm of the number of steps.
//!
//! Hypotheses: plain lp-AttGD with a constant step from a start on the ray of the certified SVM of a
//! locally optimal selection. A method that shrinks its iterate must be caught.

use mirrorhead_attention::{
    Dataset, KeyQueryRisk, Loss, Planted, Seed, TokenScores, TokenSelection,
};
use mirrorhead_kernels::{LogScaled, Matrix};
use mirrorhead_mirror::{MirrorDescent, Optimizer, PowerPotential, StepSize};
use mirrorhead_trainer::{
    Schedule, Snapshots, StoppingRule, TokenOptimality, as_key_query, train_key_query,
};

use super::settled::{PAPER, certified_svm, lp, optimality};
use super::tampered::Tampered;

const DECADES: [u64; 5] = [10, 100, 1_000, 10_000, 100_000];

/// $\lVert W(k)\rVert_p$ at the decades of $k$, from $2 W_{mm}(\mathrm{opt})$.
fn norms<O: Optimizer>(seed: u64, p: f64, optimizer: &O) -> Vec<f64> {
    let planted = PAPER.sample(Seed(seed)).expect("positive sizes");
    let (selection, start) = certified_start(&planted, p);
    assert_eq!(selection.tokens().len(), planted.data.len());
    let risk = risk_on(&planted.data, &planted.decoder);
    let mut snapshots = Snapshots::new(Schedule::At(DECADES.to_vec()));
    let stopping = StoppingRule::after(DECADES[DECADES.len() - 1]);
    train_key_query(&risk, start, optimizer, &stopping, &mut snapshots).expect("a finite run");
    snapshots.taken().iter().map(|(_, tensors)| lp(p).of(tensors[0].as_slice())).collect()
}

fn risk_on<'a>(data: &'a Dataset, decoder: &Matrix) -> KeyQueryRisk<'a> {
    KeyQueryRisk::new(data, decoder, Loss::Logistic).expect("a fitting decoder")
}

/// The optimal selection, certified locally optimal, with a start on the ray of its SVM.
fn certified_start(planted: &Planted, p: f64) -> (TokenSelection, Matrix) {
    let scores = TokenScores::of(&planted.data, &planted.decoder).expect("a fitting decoder");
    let selection = TokenSelection::optimal(&scores);
    let svm = certified_svm(&planted.data, &selection, p);
    assert_eq!(optimality(planted, &selection, lp(p), &svm), TokenOptimality::Global, "hypothesis");
    let mut start = as_key_query(&planted.data, &svm);
    start.as_mut_slice().iter_mut().for_each(|w| *w *= 2.0);
    (selection, start)
}

/// Every decade of steps adds to the norm, and no later decade adds less than half of what the one
/// before it added: logarithmic growth adds the same each time.
fn grows_without_bound(norms: &[f64]) -> bool {
    let added: Vec<_> = norms.windows(2).map(|pair| pair[1] - pair[0]).collect();
    added.iter().all(|a| *a > 0.0) && added[1..].windows(2).all(|pair| pair[1] > 0.5 * pair[0])
}

#[test]
fn the_norm_grows_decade_after_decade() {
    for p in [1.5, 1.75, 2.0, 3.0] {
        for seed in 1..=3 {
            let method = MirrorDescent::new(PowerPotential::new(lp(p)), StepSize::Constant(1.0));
            let norms = norms(seed, p, &method);
            assert!(grows_without_bound(&norms), "p = {p}, seed {seed}: {norms:?}");
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
    let norms = norms(1, 2.0, &forgetful());
    assert!(!grows_without_bound(&norms), "{norms:?}");
}
