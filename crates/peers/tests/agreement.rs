//! Agreement with an independent solver: Clarabel's optimum lies in the margin interval we certify.

mod conic;

use conic::norm_ball::Powers;
use conic::program::Factorization;
use conic::{Formulation, Objective, Rows, Side, Storage};
use mirrorhead_attention::{
    AttSvmOperator, Dataset, Seed, SphereTokens, TokenScores, TokenSelection,
};
use mirrorhead_svm::{
    HardMarginProblem, MaxMargin, Norm, Outcome, SvmSettings, margin_interval, solve,
};

/// Clarabel's default tolerance is `$10^{-8}$` of each residual, which its objective may exceed somewhat.
const CLARABEL: f64 = 1e-6;

fn sample(seed: u64) -> (Dataset, Vec<usize>) {
    let planted = SphereTokens { n_sequences: 5, n_tokens: 6, dim: 6 }.sample(Seed(seed)).unwrap();
    let scores = TokenScores::of(&planted.data, &planted.decoder).unwrap();
    (planted.data, TokenSelection::optimal(&scores).tokens().to_vec())
}

fn ours(problem: &HardMarginProblem<'_>) -> MaxMargin {
    match solve(problem, &SvmSettings::default()).unwrap() {
        Outcome::MaxMargin(solution) => solution,
        other => panic!("{other:?}"),
    }
}

fn formulations(p: f64) -> Vec<Formulation> {
    let mut objectives = vec![Objective::Norm(Powers::PowerCones), Objective::Norm(Powers::Towers)];
    if p == 2.0 {
        objectives[1] = Objective::Quadratic;
    }
    let mut all = Vec::new();
    for side in [Side::Primal, Side::Dual] {
        for &objective in &objectives {
            for storage in [Storage::Stored, Storage::Factored] {
                let factorization = Factorization::Qdldl;
                all.push(Formulation { side, objective, storage, factorization });
            }
        }
    }
    all
}

#[test]
fn our_margins_are_those_of_an_independent_solver() {
    for seed in 0..3 {
        let (data, selection) = sample(seed);
        let operator = AttSvmOperator::new(data.tokens(), data.queries(), &selection);
        for p in [1.0, 1.5, 2.0, 3.0, f64::INFINITY] {
            let problem = HardMarginProblem::new(&operator, Norm::new(p).unwrap()).unwrap();
            let ours = ours(&problem);
            for formulation in formulations(p) {
                let rows = match formulation.storage {
                    Storage::Stored => Rows::stored(&operator),
                    Storage::Factored => Rows::factored(&data, &selection),
                };
                let peer = formulation.solve(&rows, p);
                let what = format!("seed {seed}, p = {p}, {formulation:?}: {peer:?}");
                assert!((peer.norm / ours.norm() - 1.0).abs() < CLARABEL, "{what}");
                // Its pair brackets the same margin, by our certificate.
                let theirs = margin_interval(&problem, &peer.w, &peer.multipliers);
                assert!(theirs.relative_gap() < CLARABEL, "{what}");
                let margin = ours.norm().recip();
                assert!(theirs.lower <= ours.interval.upper * (1.0 + 1e-12), "{what}");
                assert!(theirs.upper >= margin * (1.0 - 1e-12), "{what}");
            }
        }
    }
}
