//! Local optimality: proven, refuted, tied or undecided, on small data whose answer is known by hand.

use mirrorhead_attention::{Dataset, KeyQueryRisk, Loss, TokenScores, TokenSelection};
use mirrorhead_kernels::{Matrix, TokenBatch};
use mirrorhead_mirror::{LpNorm, MirrorDescent, PowerPotential, StepSize};
use mirrorhead_svm::{Norm, Outcome, SvmSettings};
use mirrorhead_trainer::{
    Certification, CertifiedSelection, CertifySettings, KeyQueryNorm, Lead, OptimalityEvidence,
    StoppingRule, TiedSelection, TokenOptimality, TokenSupport, certify, certify_selection,
    train_key_query,
};

/// One sequence in the plane with the query `$e_1$` and label 1: its constraints are on the first column of `$W$`.
fn sequence(tokens: &[[f64; 2]]) -> Dataset {
    let values = tokens.iter().flatten().copied().collect();
    let batch = TokenBatch::new(2, &[tokens.len()], values).expect("tokens");
    Dataset::new(batch, &Matrix::from_rows(&[[1.0, 0.0]]).expect("finite"), vec![1.0])
        .expect("a data set")
}

fn column(v: [f64; 2]) -> Matrix {
    Matrix::column(v.to_vec()).expect("finite")
}

fn judged(tokens: &[[f64; 2]], decoder: [f64; 2], p: f64) -> CertifiedSelection {
    let data = sequence(tokens);
    let selection = TokenSelection::new(vec![0], &data).expect("a token");
    let (norm, settings) = (Norm::new(p).expect("p"), CertifySettings::default());
    match certify_selection(&data, &column(decoder), &selection, norm, &settings).expect("solved") {
        Certification::Certified(certified) => *certified,
        other => panic!("p = {p}: {other}"),
    }
}

const EXPONENTS: [f64; 10] = [1.0, 1.05, 1.5, 2.0, 3.0, 4.0, 5.0, 8.0, 10.0, f64::INFINITY];

/// The constraint of token 2, `$w_1 + w_2 \ge 1$`, is met with equality at the solution `$(1, 0)$` and has no multiplier: no
/// interval can tell whether it is active, and no computed slack may.
#[test]
fn a_rival_whose_slack_vanishes_without_a_multiplier_is_undecided_at_every_p() {
    for p in EXPONENTS {
        let found = judged(&[[0.0, 0.0], [-1.0, 0.0], [-1.0, -1.0]], [1.0, -3.0], p);
        assert_eq!(found.evidence.optimality, TokenOptimality::Undecided, "p = {p}: {found}");
    }
}

/// The same with a slack of `$h$` at the solution `$(1, 0)$` without the rival. The potential is flat there for `$p > 2$`: a gap `$g$`
/// leaves the second entry open to `$(p g)^{1/p}$`, so that much of a slack can't be seen. What can be is proven.
#[test]
fn a_small_slack_is_proven_as_far_as_the_gap_allows_and_a_small_violation_refutes() {
    for p in EXPONENTS.into_iter().filter(|p| (1.0..=f64::MAX).contains(p)) {
        let power = p.max(2.0);
        let open = 5.0 * (power * 1e-12f64).powf(power.recip());
        for h in [1e-3, 1e-2, 0.1, 0.5] {
            let tokens = |h: f64| [[0.0, 0.0], [-1.0, 0.0], [-1.0 - h, -1.0]];
            let met = judged(&tokens(h), [1.0, -3.0], p);
            assert!(!met.evidence.optimality.is_refuted(), "p = {p}, h = {h}: {met}");
            match met.evidence.rivals[0].support {
                TokenSupport::Inactive { slack } => {
                    assert!(slack <= h * (1.0 + 1e-12), "p = {p}, h = {h}: {slack}");
                }
                _ => assert!(h <= open, "p = {p}, h = {h}: {met}"),
            }
        }
        // At large p the violated constraint is met at nearly no cost: the widening is h^p/p or so.
        let h = if p <= 4.0 { 1e-2 } else { 0.5 };
        let broken = judged(&[[0.0, 0.0], [-1.0, 0.0], [-1.0 + h, -1.0]], [1.0, -3.0], p);
        assert_eq!(broken.evidence.optimality, TokenOptimality::NotOptimal, "p = {p}: {broken}");
    }
}

/// In the nuclear norm no bound on the distance helps, and neither does the cap of a ball with flat faces: a solve with the
/// rival held near active does.
#[test]
fn a_slack_is_proven_in_the_nuclear_norm_too() {
    let settings = CertifySettings::default();
    for norm in [KeyQueryNorm::SingularValues(Norm::L1), KeyQueryNorm::Entries(Norm::L1)] {
        for (h, expected) in [
            (0.3, TokenOptimality::Local),
            (0.0, TokenOptimality::Undecided),
            (-0.3, TokenOptimality::NotOptimal),
        ] {
            let data = sequence(&[[0.0, 0.0], [-1.0, 0.0], [-1.0 - h, -1.0]]);
            let selection = TokenSelection::new(vec![0], &data).expect("a token");
            let found = certify_selection(&data, &column([1.0, -3.0]), &selection, norm, &settings);
            let Ok(Certification::Certified(found)) = found else { panic!("{norm:?}") };
            assert_eq!(found.evidence.optimality, expected, "{norm:?}, h = {h}: {found}");
        }
    }
}

/// At p = infinity the solutions `$(1, t)$` with `$t \in [1/2, 1]$` are as good as each other, and only the first
/// of them is held by the rival.
#[test]
fn at_infinity_a_rival_that_some_solutions_meet_is_undecided() {
    let tokens = [[0.0, 0.0], [-1.0, 0.0], [-0.5, -1.0]];
    let undecided = judged(&tokens, [0.5, -1.0], f64::INFINITY);
    assert_eq!(undecided.evidence.optimality, TokenOptimality::Undecided, "{undecided}");
    let refuted = judged(&tokens, [0.5, -1.0], 1.0);
    assert_eq!(refuted.evidence.optimality, TokenOptimality::NotOptimal, "{refuted}");
}

/// Several rivals that hold the solution only together: leaving out one of two equal tokens changes nothing.
#[test]
fn rivals_that_support_only_together_refute_together() {
    let found = judged(&[[0.0, 0.0], [-1.0, 0.0], [0.0, -1.0], [0.0, -1.0]], [1.0, -1.0], 2.0);
    assert_eq!(found.evidence.optimality, TokenOptimality::NotOptimal);
    let widening = found.evidence.joint_widening.expect("no single one is active");
    assert!((widening - (2f64.sqrt() - 1.0)).abs() < 1e-9, "{widening}");
}

const TIE: [[f64; 2]; 3] = [[1.0, 1.0], [1.0, -1.0], [-1.0, 0.2]];

#[test]
fn a_token_that_ties_and_supports_makes_a_selection_tied_and_the_sets_are_solved() {
    for p in EXPONENTS {
        let found = judged(&TIE, [1.0, 0.0], p);
        assert_eq!(found.evidence.optimality, TokenOptimality::Tied, "p = {p}: {found}");
        let tied = found.tied.expect("the sets are solved");
        assert_eq!(tied.sets, [[0, 1]]);
        // The margins of (2, 0.8) and of (2, -1.2) are their dual norms; at p = 1 these are the same.
        let dual = |x: [f64; 2]| Norm::new(p).expect("p").dual_of(&x);
        let widest = dual([2.0, -1.2]);
        let interval = tied.svm.interval;
        assert!(interval.lower <= widest * (1.0 + 1e-14), "p = {p}: {interval:?}");
        assert!(interval.upper >= widest * (1.0 - 1e-14), "p = {p}: {interval:?}");
        if p > 1.0 {
            assert_eq!((tied.leaders.tokens(), tied.attracts()), (&[1][..], true), "p = {p}");
        }
    }
}

/// From `$W = 0$` no AttSVM of a single token attracts; the solution for the set does.
#[test]
fn training_on_tied_tokens_goes_to_the_solution_of_their_set() {
    let (data, decoder) = (sequence(&TIE), column([1.0, 0.0]));
    let risk = KeyQueryRisk::new(&data, &decoder, Loss::Logistic).expect("fits");
    for (p, iterations) in [(1.5, 20_000), (2.0, 20_000), (3.0, 200_000)] {
        let norm = LpNorm::new(p).expect("p");
        let method = MirrorDescent::new(PowerPotential::new(norm), StepSize::DualNormalized(0.1));
        let stopping = StoppingRule::after(iterations);
        let trained = train_key_query(&risk, Matrix::zeros(2, 2), &method, &stopping, &mut ())
            .expect("a finite run");
        let settings = CertifySettings::default();
        let found = certify(&data, &decoder, &trained.key_query, norm, &settings).expect("solved");
        let Certification::Certified(found) = found else { panic!("p = {p}: {found}") };
        assert_eq!(found.evidence.optimality, TokenOptimality::Tied, "p = {p}: {found}");
        let tied = found.tied.as_ref().expect("the set is solved");
        assert!(tied.attracts(), "p = {p}: {tied}");
        let distances = found.distances.expect("trained");
        let to_set = distances.divergence_to_tied.expect("of the set");
        assert!(to_set < 1e-4 && distances.divergence > 1e3 * to_set, "p = {p}: {distances}");
        let direction = tied.svm.direction();
        assert!((direction[1] / direction[0] + 0.6f64.powf(1.0 / (p - 1.0))).abs() < 1e-5);
    }
}

/// Attention stays on both of two equal tokens, and the set of the two is what is selected.
#[test]
fn equal_tokens_are_selected_as_a_set() {
    let data = sequence(&[[1.0, 0.5], [1.0, 0.5], [-1.0, 0.2]]);
    let decoder = column([1.0, 0.0]);
    let risk = KeyQueryRisk::new(&data, &decoder, Loss::Logistic).expect("fits");
    let method = MirrorDescent::gradient_descent(StepSize::DualNormalized(0.1));
    let stopping = StoppingRule::after(5_000);
    let trained = train_key_query(&risk, Matrix::zeros(2, 2), &method, &stopping, &mut ())
        .expect("a finite run");
    let (norm, settings) = (LpNorm::new(2.0).expect("p"), CertifySettings::default());
    let found = certify(&data, &decoder, &trained.key_query, norm, &settings).expect("solved");
    let Certification::Tied { tied, distances } = found else { panic!("{found}") };
    assert_eq!((&tied.sets[0][..], tied.lead, tied.attracts()), (&[0, 1][..], Lead::Proven, true));
    assert!(distances.divergence < 1e-6 && distances.margin_share > 0.999, "{distances}");
}

/// Where the other token of a set has the larger logit at the solution of a leader, that leader attracts
/// nothing.
#[test]
fn a_leader_that_does_not_lead_is_found_out() {
    let data = sequence(&[[1.0, 0.0], [1.0, 2.0], [-1.0, -1.0]]);
    let leaders = TokenSelection::new(vec![0], &data).expect("a token");
    let (norm, settings) = (LpNorm::new(2.0).expect("p"), SvmSettings::default());
    let tied = TiedSelection::led_by(&data, &column([1.0, 0.0]), &leaders, norm, &settings)
        .expect("no misuse")
        .expect("solved");
    // Along x_0 - x_2 = (2, 1), the logits of the set are 2 and 4.
    assert_eq!((tied.lead, tied.attracts()), (Lead::Refuted, false));
}

#[test]
fn every_token_that_scores_less_is_no_rival_whatever_its_slack() {
    let data = sequence(&[[0.0, 0.0], [-1.0, 0.0], [0.0, -1.0]]);
    let selection = TokenSelection::new(vec![0], &data).expect("a token");
    let scores = TokenScores::of(&data, &column([1.0, 1.0])).expect("fits");
    let norm = KeyQueryNorm::SingularValues(Norm::L1);
    let settings = SvmSettings::default();
    let Ok(Outcome::MaxMargin(svm)) = norm.max_margin(&data, &selection, &settings) else {
        panic!("separable")
    };
    let found = OptimalityEvidence::of(&data, &selection, &scores, norm, &svm, &settings);
    let found = found.expect("no misuse");
    assert_eq!((found.optimality, found.rivals.len()), (TokenOptimality::Global, 0));
    // Against the same tokens with the second scoring higher, in the nuclear norm.
    let scores = TokenScores::of(&data, &column([1.0, -1.0])).expect("fits");
    let found = OptimalityEvidence::of(&data, &selection, &scores, norm, &svm, &settings);
    assert_eq!(found.expect("no misuse").optimality, TokenOptimality::NotOptimal);
}
