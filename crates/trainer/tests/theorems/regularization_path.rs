//! Claims `reg-path` and `joint-path`: the regularization path converges in direction to the AttSVM of
//! the globally optimal selection; jointly, to the decoder's SVM and the AttSVM, or to the relaxed
//! AttSVM where a selected token does not support the decoder's SVM.
//!
//! Hypotheses: the point followed is a global minimizer at the end (its risk is within rounding of that
//! of perfect attention, which no attention undercuts; jointly, the selection has the largest label
//! margin of all, by enumeration), and optimal on its sphere (residual recomputed from the risk).

use mirrorhead_attention::{
    Dataset, JointRisk, KeyQueryRisk, Loss, Seed, SphereTokens, TokenScores, TokenSelection,
};
use mirrorhead_kernels::Matrix;
use mirrorhead_mirror::directional_bregman;
use mirrorhead_svm::{MaxMargin, Outcome, SvmSettings};
use mirrorhead_trainer::{
    PathPoint, PathSettings, PathStop, as_key_query, max_margin_decoder, regularization_path,
    relaxed_max_margin_key_query,
};

use super::settled::{PAPER, certified_svm, lp};

const RADII: [f64; 5] = [100.0, 300.0, 1e3, 1e4, 1e5];

#[test]
fn the_path_converges_to_the_max_margin_solution_of_the_best_tokens() {
    for p in [1.1, 1.5, 2.0, 3.0, 5.0] {
        for seed in 1..=3 {
            let planted = PAPER.sample(Seed(seed)).expect("positive sizes");
            let scores = TokenScores::of(&planted.data, &planted.decoder).expect("fits");
            let optimal = TokenSelection::optimal(&scores);
            let svm = certified_svm(&planted.data, &optimal, p);
            let risk = KeyQueryRisk::new(&planted.data, &planted.decoder, Loss::Logistic);
            let risk = risk.expect("a fitting decoder");
            let radii: Vec<_> = RADII.iter().map(|radius| vec![*radius]).collect();
            // The direction of another geometry that selects the best tokens too: the path is on the
            // branch of the global minimizer, and has to find its own direction.
            let mut start = as_key_query(&planted.data, &svm);
            let other =
                as_key_query(&planted.data, &certified_svm(&planted.data, &optimal, p + 0.7));
            for (w, x) in start.as_mut_slice().iter_mut().zip(other.as_slice()) {
                *w = 0.2 * *w + 0.8 * x;
            }
            let settings = PathSettings::default();
            let path = regularization_path(&risk, lp(p), &[start], &radii, &settings);
            let path = path.expect("valid");
            let name = format!("p = {p}, seed {seed}");
            assert_eq!(path.stop, PathStop::Reached, "{name}");
            let outer = &path.points[4];
            let least = |i: usize| {
                let best = scores.sequence(i).iter().copied().fold(f64::NEG_INFINITY, f64::max);
                Loss::Logistic.value(best)
            };
            let bound = (0..6).map(least).sum::<f64>() / 6.0;
            assert!((outer.risk - bound).abs() < 1e-14, "{name}: a global minimizer");
            assert!(path.points.iter().all(|point| point.residuals[0] < 1e-9), "{name}");

            let to = |target: &MaxMargin, point: &PathPoint| {
                directional_bregman(lp(p), target.direction(), point.parameters[0].as_slice())
            };
            let own: Vec<f64> = path.points.iter().map(|point| to(&svm, point)).collect();
            // From R = 1e3 on the divergence falls as 1/R^2, a little later at small p.
            assert!(own[4] < 1e-6, "{name}: {own:?}");
            assert!(own[4] < own[3] / 40.0 && own[3] < own[2] / 20.0, "{name}: {own:?}");
            let wrong = certified_svm(&planted.data, &optimal, p + 0.7);
            assert!(to(&wrong, outer) > 1e3 * own[4], "{name}: {:e}", to(&wrong, outer));
        }
    }
}

/// The selection of largest label margin among all 27, with its SVM.
fn best_selection(data: &Dataset, p: f64) -> (TokenSelection, MaxMargin) {
    let settings = SvmSettings::default().with_relative_gap(1e-12);
    (0..27)
        .map(|k| TokenSelection::new(vec![k / 9, k / 3 % 3, k % 3], data).expect("valid"))
        .filter_map(|selection| {
            let outcome = max_margin_decoder(data, &selection, lp(p), &settings).expect("proper");
            let Outcome::MaxMargin(svm) = outcome else { return None };
            Some((selection, svm))
        })
        .min_by(|(_, a), (_, b)| lp(p).of(a.direction()).total_cmp(&lp(p).of(b.direction())))
        .expect("some selection is separable")
}

/// The joint path with the radius of v `ratio` times that of W, along the branch of `start`.
fn joint_path(data: &Dataset, p: f64, ratio: f64, start: &[Matrix]) -> Vec<PathPoint> {
    let radii: Vec<_> =
        [30.0, 100.0, 300.0, 600.0].map(|radius| vec![radius, ratio * radius]).into();
    let risk = JointRisk::new(data, Loss::Logistic);
    let path = regularization_path(&risk, lp(p), start, &radii, &PathSettings::default());
    let path = path.expect("valid");
    assert_eq!(path.stop, PathStop::Reached);
    assert!(path.points.iter().flat_map(|point| &point.residuals).all(|r| *r < 1e-9));
    path.points
}

const JOINT: SphereTokens = SphereTokens { n_sequences: 3, n_tokens: 3, dim: 4 };

#[test]
fn jointly_it_converges_to_both_max_margin_solutions_or_to_the_relaxed_one() {
    let (mut all_support, mut some_off) = (0, 0);
    for p in [1.5, 2.0, 3.0] {
        for seed in 1..=6 {
            let data = JOINT.sample(Seed(seed)).expect("positive sizes").data;
            let (selection, decoder) = best_selection(&data, p);
            let support = decoder.support(1e-6);
            let full = certified_svm(&data, &selection, p);
            let settings = SvmSettings::default().with_relative_gap(1e-12);
            let relaxed =
                relaxed_max_margin_key_query(&data, &selection, &support, lp(p), &settings);
            let Ok(Outcome::MaxMargin(relaxed)) = relaxed else { panic!("separable") };
            let v = Matrix::column(decoder.direction().to_vec()).expect("finite");
            let start = [as_key_query(&data, &full), v];
            let points = joint_path(&data, p, 30.0, &start);
            let ends = |target: &MaxMargin, tensor: usize| {
                let at = |k: usize| {
                    let w = points[k].parameters[tensor].as_slice();
                    directional_bregman(lp(p), target.direction(), w)
                };
                (at(1), at(3))
            };
            let name = format!("p = {p}, seed {seed}, support {support:?}");
            assert!(ends(&decoder, 1).1 < 1e-3, "{name}: v is {:e} away", ends(&decoder, 1).1);
            if support.len() == 3 {
                let (early, late) = ends(&full, 0);
                assert!(late < 1e-3 && late < early / 5.0, "{name}: {early:e} to {late:e}");
                all_support += 1;
            } else if slack(&data, &selection, &decoder, p) * 30.0
                > lp(p).of(full.direction()).recip()
            {
                // v is large enough for the other samples to need no margin.
                let ((early, late), (_, to_full)) = (ends(&relaxed, 0), ends(&full, 0));
                assert!(late < 1e-3 && late < early / 5.0, "{name}: {early:e} to {late:e}");
                assert!(to_full > 10.0 * late, "{name}: {to_full:e} to the full AttSVM");
                some_off += 1;
            }
        }
    }
    assert!(all_support >= 6 && some_off >= 2, "both occur ({all_support}, {some_off})");
}

/// The least label slack of a sample off the support, for the decoder of norm 1.
fn slack(data: &Dataset, selection: &TokenSelection, decoder: &MaxMargin, p: f64) -> f64 {
    let v = decoder.direction();
    let margins = selection.tokens().iter().enumerate().map(|(i, token)| {
        let x = data.tokens().token(i, *token);
        data.labels()[i] * x.iter().zip(v).map(|(x, v)| x * v).sum::<f64>() - 1.0
    });
    let off = margins.filter(|slack| *slack > 1e-6).fold(f64::INFINITY, f64::min);
    off / lp(p).of(v)
}
