//! Claim `joint-direction`: under lp-JointGD, W converges in direction to the lp-AttSVM and v to the
//! lp-SVM of the selected tokens.
//!
//! Data: the paper's toy pair. Hypotheses: attention settles on the paper's selection; every selected
//! token supports the decoder's SVM (established from its certified solution), so that the AttSVM
//! needs no relaxing.

use mirrorhead_attention::{AttentionWeights, Dataset, JointRisk, Loss, TokenSelection, toy_pair};
use mirrorhead_kernels::Matrix;
use mirrorhead_mirror::directional_bregman;
use mirrorhead_svm::{MaxMargin, Outcome, SvmSettings};
use mirrorhead_trainer::{SATURATED, StoppingRule, TrainedJoint, max_margin_decoder, train_joint};

use super::settled::{certified_svm, lp, normalized};

/// Exponents, steps, and the paper's selections.
const RUNS: [(f64, u64, [usize; 2]); 3] =
    [(1.75, 4_000, [1, 0]), (2.0, 6_000, [1, 0]), (3.0, 60_000, [0, 0])];

fn certified_decoder(data: &Dataset, selection: &TokenSelection, p: f64) -> MaxMargin {
    let settings = SvmSettings { relative_gap: 1e-10, ..SvmSettings::default() };
    match max_margin_decoder(data, selection, lp(p), &settings).expect("a proper problem") {
        Outcome::MaxMargin(svm) => svm,
        other => panic!("the toy decoder is separable: {other:?}"),
    }
}

fn joint_run(data: &Dataset, p: f64, iterations: u64) -> (TrainedJoint, TokenSelection) {
    let start = (Matrix::zeros(2, 2), Matrix::zeros(2, 1));
    let risk = JointRisk::new(data, Loss::Logistic);
    let stopping = StoppingRule::after(iterations);
    let trained =
        train_joint(&risk, start, &normalized(p), &stopping, &mut ()).expect("a finite run");
    let weights = AttentionWeights::of(&trained.key_query, data).expect("finite");
    let selection =
        TokenSelection::from_saturated(&weights, SATURATED).expect("hypothesis: saturated");
    (trained, selection)
}

#[test]
fn key_query_and_decoder_converge_to_their_max_margin_solutions() {
    let data = toy_pair();
    for (p, iterations, tokens) in RUNS {
        let (trained, selection) = joint_run(&data, p, iterations);
        assert_eq!(selection.tokens(), tokens, "p = {p}");
        let decoder = certified_decoder(&data, &selection, p);
        assert_eq!(decoder.support(1e-6), [0, 1], "p = {p}: hypothesis, all tokens support");

        let key_query = certified_svm(&data, &selection, p);
        let w = directional_bregman(lp(p), key_query.direction(), trained.key_query.as_slice());
        let v = directional_bregman(lp(p), decoder.direction(), trained.decoder.as_slice());
        assert!(w < 1e-2, "p = {p}: W is {w:e} away");
        assert!(v < 1e-2, "p = {p}: v is {v:e} away");

        for (other, ..) in RUNS.into_iter().filter(|(other, ..)| *other != p) {
            let svm = certified_svm(&data, &selection, other);
            let wrong = directional_bregman(lp(p), svm.direction(), trained.key_query.as_slice());
            assert!(wrong > 2.0 * w, "p = {p}, p' = {other}: {wrong:e} against {w:e}");
        }
    }
}
