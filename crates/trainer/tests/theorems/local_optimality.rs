//! Claim `local-optimality`: a selection attracts ℓp-AttGD exactly if each selected token out-scores
//! its own support tokens.
//!
//! Every selection of small data sets is enumerated, solved and classified. Runs from random starts
//! settle only in locally optimal selections; a run started beside the ray of a selection's own SVM, in
//! the cone, keeps to it and comes nearer if, and only if, the selection is locally optimal.

use mirrorhead_attention::{
    AttSvmOperator, AttentionWeights, Dataset, KeyQueryRisk, Loss, Planted, Seed, SphereTokens,
    TokenSelection, gaussian_matrix, toy_pair,
};
use mirrorhead_kernels::{LinearOperator, Matrix};
use mirrorhead_mirror::{MirrorDescent, PowerPotential, StepSize, directional_bregman};
use mirrorhead_trainer::{
    EnumeratedSelection, Enumeration, EnumerationSettings, SATURATED, StoppingRule,
    TokenOptimality, TrainingState, as_key_query, enumerate_selections, train,
};

use super::in_cone::InCone;
use super::settled::{certified_svm, lp};

const SMALL: SphereTokens = SphereTokens { n_sequences: 3, n_tokens: 3, dim: 5 };
/// More queries than dimensions: not every selection is separable.
const CROWDED: SphereTokens = SphereTokens { n_sequences: 4, n_tokens: 3, dim: 2 };

/// How far out a run is started at most.
const MAX_RADIUS: f64 = 300.0;

fn sampled(sizes: SphereTokens, seed: u64) -> Planted {
    sizes.sample(Seed(seed)).expect("positive sizes")
}

/// The toy pair under a decoder that scores by the second coordinate.
fn toy() -> Planted {
    Planted { data: toy_pair(), decoder: Matrix::column(vec![0.3, 1.0]).expect("finite") }
}

/// The list of selections, each of them solved to the gap or proven not to be separable.
fn enumerated(planted: &Planted, p: f64) -> Enumeration {
    let settings = EnumerationSettings::default();
    let all = enumerate_selections(&planted.data, &planted.decoder, lp(p), &settings)
        .expect("a few proper problems");
    assert_eq!(all.inconclusive, [], "p = {p}");
    assert_eq!(
        all.undecided().count(),
        0,
        "p = {p}: every selection is proven to be one or the other"
    );
    assert!(all.separable.iter().all(|entry| entry.svm.relative_gap() <= 1e-12));
    all
}

/// A run that can be continued.
struct Run<'a> {
    risk: KeyQueryRisk<'a>,
    planted: &'a Planted,
    method: MirrorDescent<PowerPotential>,
    state: TrainingState<<MirrorDescent<PowerPotential> as mirrorhead_mirror::Optimizer>::State>,
}

impl<'a> Run<'a> {
    fn new(planted: &'a Planted, start: Matrix, p: f64, step: f64) -> Self {
        let risk = KeyQueryRisk::new(&planted.data, &planted.decoder, Loss::Logistic)
            .expect("a fitting decoder");
        let method = MirrorDescent::new(PowerPotential::new(lp(p)), StepSize::DualNormalized(step));
        let state = TrainingState::new(&risk, &method, vec![start]).expect("a fitting start");
        Self { risk, planted, method, state }
    }

    fn go_on(&mut self, steps: u64) {
        let stopping = StoppingRule::after(self.state.iteration + steps);
        train(&self.risk, &self.method, &mut self.state, &stopping, &mut ()).expect("a finite run");
    }

    fn key_query(&self) -> &Matrix {
        &self.state.parameters[0]
    }

    /// The selection, where attention is saturated.
    fn selection(&self) -> Option<TokenSelection> {
        let weights = AttentionWeights::of(self.key_query(), &self.planted.data).expect("finite");
        TokenSelection::from_saturated(&weights, SATURATED).ok()
    }

    /// The divergence from the solution of a selection, in the geometry of `p`.
    fn divergence(&self, p: f64, to: &EnumeratedSelection) -> f64 {
        directional_bregman(lp(p), to.svm.direction(), self.key_query().as_slice())
    }
}

#[test]
fn random_starts_settle_only_in_locally_optimal_selections() {
    let data: Vec<_> = [toy()]
        .into_iter()
        .chain((1..=3).map(|seed| sampled(SMALL, seed)))
        .chain((1..=3).map(|seed| sampled(CROWDED, seed)))
        .collect();
    for (p, iterations) in [(1.5, 1_500), (2.0, 3_000), (3.0, 10_000)] {
        let (mut ended, mut listed, mut separable, mut not_separable) = (0, 0, 0, 0);
        for (k, planted) in data.iter().enumerate() {
            let all = enumerated(planted, p);
            listed += all.locally_optimal().count();
            separable += all.separable.len();
            not_separable += all.n_not_separable();
            for start in 0..6 {
                let dim = planted.data.dim();
                let start = gaussian_matrix(dim, dim, Seed(100 * k as u64 + start));
                let mut run = Run::new(planted, start, p, 0.1);
                // A run at a selection that does not attract is given the time to leave it.
                let settled = |run: &Run<'_>| {
                    let entry = all.get(&run.selection()?).expect("saturated, hence separable");
                    Some(entry.optimality.is_locally_optimal())
                };
                for _ in 0..20 {
                    run.go_on(iterations);
                    if settled(&run) == Some(true) {
                        break;
                    }
                }
                assert_ne!(settled(&run), Some(false), "p = {p}, data {k}: {:?}", run.selection());
                ended += usize::from(settled(&run) == Some(true));
            }
        }
        assert!(ended >= 30, "p = {p}: {ended} of 42 runs settle");
        assert!(3 * listed < 2 * separable, "p = {p}: {listed} of {separable} are optimal");
        assert!(not_separable > 0);
    }
}

#[test]
fn exactly_the_locally_optimal_selections_hold_a_run_in_their_cone() {
    let data: Vec<_> =
        [toy()].into_iter().chain((1..=8).map(|seed| sampled(SMALL, seed))).collect();
    for p in [1.5, 2.0, 3.0] {
        let (mut kept, mut left, mut too_far) = (0, 0, 0);
        for (k, planted) in data.iter().enumerate() {
            for (seed, entry) in enumerated(planted, p).separable.iter().enumerate() {
                let cone = InCone::of(planted, entry, seed as u64);
                if cone.radius > MAX_RADIUS {
                    too_far += 1;
                    continue;
                }
                // Steps that move W by about 0.1, whatever p and however far out.
                let size = lp(p).of(cone.start.as_slice());
                let step = 0.1 * (p - 1.0) * size.powf(p - 2.0);
                let mut run = Run::new(planted, cone.start, p, step);
                let before = run.divergence(p, entry);
                let mut stays = true;
                for _ in 0..20 {
                    run.go_on(2_000);
                    stays &= run.selection().as_ref() == Some(&entry.selection);
                    if !stays {
                        break;
                    }
                }
                let locally_optimal = entry.optimality.is_locally_optimal();
                let after = run.divergence(p, entry);
                let context = format!(
                    "p = {p}, data {k}, {:?}, {:?}, radius {}, divergence {before:e} to {after:e}",
                    entry.optimality,
                    entry.selection.tokens(),
                    cone.radius,
                );
                assert_eq!(stays, locally_optimal, "{context}");
                assert!(!stays || after < 0.1 * before, "{context}");
                if stays { kept += 1 } else { left += 1 }
            }
        }
        assert!(kept >= 10 && left >= 100, "p = {p}: both kinds occur ({kept}, {left})");
        assert!(too_far <= 2, "p = {p}: {too_far} cones begin too far out to be tried");
    }
}

/// The data without one token, and a selection of them that keeps its tokens.
fn without(data: &Dataset, selection: &TokenSelection, out: (usize, usize)) -> EnumeratedSelection {
    let keep = |i: usize, t: usize| (i, t) != out;
    let rest = data.thinned(keep).expect("no sequence is empty");
    let selection = selection.thinned(keep);
    let svm = certified_svm(&rest, &selection, 1.1);
    EnumeratedSelection { selection, optimality: TokenOptimality::NotOptimal, svm }
}

/// A token that out-scores the selected one, but whose constraint hardly narrows the margin: the run first goes to
/// the solution without it, as if it were not there, and leaves only when its slack has vanished on the way.
#[test]
fn a_selection_that_is_forbidden_by_a_hair_is_left_late() {
    let planted = sampled(SphereTokens { n_sequences: 4, n_tokens: 3, dim: 4 }, 3);
    let selection = TokenSelection::new(vec![2, 1, 1, 2], &planted.data).expect("3 tokens");
    let offender = (2, 0);
    let all = enumerated(&planted, 1.1);
    let entry = all.get(&selection).expect("separable");
    assert_eq!(entry.optimality, TokenOptimality::NotOptimal);
    let without = without(&planted.data, &selection, offender);
    let wider = entry.svm.norm() / without.svm.norm() - 1.0;
    assert!((1e-6..1e-5).contains(&wider), "the margin without it is wider by {wider:e}");

    let start = gaussian_matrix(4, 4, Seed((3 << 32) + 14));
    let mut run = Run::new(&planted, start, 1.1, 0.02);
    let rows =
        AttSvmOperator::new(planted.data.tokens(), planted.data.queries(), selection.tokens());
    let offending = (0..rows.nrows()).find(|j| rows.row_token(*j) == offender).expect("a row");
    let slack = |w: &Matrix| {
        let mut margins = vec![0.0; rows.nrows()];
        rows.apply(w.as_slice(), &mut margins);
        let offending = margins.swap_remove(offending);
        offending / margins.iter().copied().fold(f64::INFINITY, f64::min) - 1.0
    };
    let mut slacks = Vec::new();
    for _ in 0..3 {
        run.go_on(20_000);
        assert_eq!(run.selection().as_ref(), Some(&selection));
        slacks.push(slack(run.key_query()));
    }
    assert!(slacks[0] < 0.1 && slacks.windows(2).all(|pair| 0.0 < pair[1] && pair[1] < pair[0]));
    assert!(slack(&as_key_query(&planted.data, &without.svm)) < -0.01, "it ends on the other side");
    run.go_on(340_000);
    let left = run.selection().expect("saturated");
    assert_eq!(all.get(&left).expect("separable").optimality, TokenOptimality::Global);
}
