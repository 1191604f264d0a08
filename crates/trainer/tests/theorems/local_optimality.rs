//! Claim `local-optimality`: a selection attracts lp-AttGD exactly if each selected token out-scores
//! its own support tokens.
//!
//! Every selection of a small data set is enumerated, solved and classified. Runs from random starts
//! end only in locally optimal selections; a run started on the ray of a selection's own SVM stays
//! on it if, and only if, the selection is locally optimal.

use mirrorhead_attention::{
    AttSvmOperator, Planted, Seed, SphereTokens, TokenScores, TokenSelection, gaussian_matrix,
};
use mirrorhead_kernels::LinearOperator;
use mirrorhead_svm::MaxMargin;
use mirrorhead_trainer::{TokenOptimality, as_key_query};

use super::settled::{Settled, certified_svm, optimality};

const SMALL: SphereTokens = SphereTokens { n_sequences: 3, n_tokens: 3, dim: 5 };

/// How close to active a constraint counts as active.
const ACTIVE: f64 = 1e-5;

/// How far out a run is started at most.
const MAX_RADIUS: f64 = 200.0;

/// All 27 selections.
fn selections(planted: &Planted) -> Vec<TokenSelection> {
    (0..27)
        .map(|k| vec![k / 9, k / 3 % 3, k % 3])
        .map(|tokens| TokenSelection::new(tokens, &planted.data).expect("valid tokens"))
        .collect()
}

fn is_locally_optimal(planted: &Planted, selection: &TokenSelection, p: f64) -> bool {
    let svm = certified_svm(&planted.data, selection, p);
    optimality(planted, selection, &svm) != TokenOptimality::NotOptimal
}

#[test]
fn random_starts_end_only_in_locally_optimal_selections() {
    for (p, iterations) in [(1.75, 2_000), (2.0, 3_000), (3.0, 20_000)] {
        for seed in 1..=4 {
            let planted = SMALL.sample(Seed(seed)).expect("positive sizes");
            for start in 0..5 {
                let start = gaussian_matrix(SMALL.dim, SMALL.dim, Seed(100 * seed + start));
                let run = Settled::from(planted.clone(), start, p, iterations);
                assert!(
                    is_locally_optimal(&planted, &run.selection, p),
                    "p = {p}, seed {seed}: ended in {:?}",
                    run.selection.tokens()
                );
            }
        }
    }
}

/// The factor on the SVM solution from which its ray lies inside the cone of the theorem, for a
/// locally optimal selection: support tokens weigh $e^{-R}$ and pull the right way by at least
/// `gain`; the others weigh at most $e^{-R(1 + \delta)}$ and pull the wrong way by at most `loss`
/// each, so $R\,\delta$ has to exceed $\log(\text{number} \cdot \text{loss}/\text{gain})$, here by 5.
fn cone_radius(planted: &Planted, selection: &TokenSelection, svm: &MaxMargin) -> f64 {
    let data = &planted.data;
    let rows = AttSvmOperator::new(data.tokens(), data.queries(), selection.tokens());
    let scores = TokenScores::of(data, &planted.decoder).expect("a fitting decoder");
    let mut margins = vec![0.0; rows.nrows()];
    rows.apply(svm.direction(), &mut margins);
    let (mut gain, mut loss, mut delta) = (f64::INFINITY, 0.0f64, f64::INFINITY);
    for (j, margin) in margins.iter().enumerate() {
        let (i, t) = rows.row_token(j);
        let gamma = scores.sequence(i);
        let lead = gamma[selection.tokens()[i]] - gamma[t];
        if margin - 1.0 <= ACTIVE {
            gain = gain.min(lead);
        } else if lead < 0.0 {
            loss = loss.max(-lead);
            delta = delta.min(margin - 1.0);
        }
    }
    let against = (margins.len() as f64 * loss / gain).max(1.0).ln();
    10f64.max((against + 5.0) / delta)
}

#[test]
fn exactly_the_locally_optimal_selections_hold_a_run_on_their_ray() {
    for (p, iterations) in [(1.75, 4_000), (2.0, 6_000), (3.0, 40_000)] {
        let (mut kept, mut left, mut too_far) = (0, 0, 0);
        for seed in 1..=3 {
            let planted = SMALL.sample(Seed(seed)).expect("positive sizes");
            for selection in selections(&planted) {
                let svm = certified_svm(&planted.data, &selection, p);
                let locally_optimal =
                    optimality(&planted, &selection, &svm) != TokenOptimality::NotOptimal;
                let radius =
                    if locally_optimal { cone_radius(&planted, &selection, &svm) } else { 10.0 };
                if radius > MAX_RADIUS {
                    too_far += 1;
                    continue;
                }
                let mut start = as_key_query(&planted.data, &svm);
                start.as_mut_slice().iter_mut().for_each(|w| *w *= radius);
                let run = Settled::from(planted.clone(), start, p, iterations);
                let stays = run.selection == selection && run.divergence(p, &svm) < 1e-2;
                assert_eq!(
                    stays,
                    locally_optimal,
                    "p = {p}, seed {seed}, selection {:?}, radius {radius}: ended in {:?}, \
                     divergence {:e}",
                    selection.tokens(),
                    run.selection.tokens(),
                    run.divergence(p, &svm)
                );
                if stays { kept += 1 } else { left += 1 }
            }
        }
        // The globally optimal selection of each data set is among those that hold.
        assert!(kept >= 3 && left >= 3, "p = {p}: both kinds occur ({kept}, {left})");
        assert!(too_far <= 8, "p = {p}: {too_far} of 81 cones begin too far out to be tried");
    }
}
