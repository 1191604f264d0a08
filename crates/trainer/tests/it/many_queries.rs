//! Many queries a sequence, causal masks, cross-attention and low-rank updates: their AttSVMs against rows that are written
//! out and against solutions by hand, and training, which goes to its own.

use mirrorhead_attention::{
    AttSvmOperator, AttentionWeights, Dataset, KeyQueryRisk, Loss, Mask, Query, Rotation,
    TokenScores, TokenSelection, Triple,
};
use mirrorhead_kernels::{DenseRows, LinearOperator, Matrix, TokenBatch};
use mirrorhead_mirror::{LpNorm, MirrorDescent, PowerPotential, StepSize, directional_bregman};
use mirrorhead_svm::{HardMarginProblem, MaxMargin, SvmSettings, solve};
use mirrorhead_trainer::{
    SATURATED, StoppingRule, TrainingState, least_margin, max_margin_key_query, train,
};

const DIM: usize = 6;

fn entry(k: usize) -> f64 {
    (k as f64 * 12.9898 + 0.37).sin()
}

fn text(length: usize) -> TokenBatch {
    TokenBatch::new(DIM, &[length, 3], (0..(length + 3) * DIM).map(entry).collect())
        .expect("finite")
}

/// Every token of the first text as a causal query, and one from elsewhere that sees all of the second.
fn causal(turn: Option<&Rotation>) -> (Dataset, Matrix) {
    let text = text(5);
    let mut queries: Vec<_> = (0..5).map(|t| Query::of_token(&text, 0, t)).collect();
    let vector = (0..DIM).map(|k| entry(k + 200)).collect();
    queries.push(Query { vector, sequence: 1, position: 2 });
    let (text, queries) = match turn {
        None => (text, queries),
        Some(turn) => (
            turn.tokens(&text).expect("of its dimension"),
            queries.iter().map(|query| turn.query(query)).collect(),
        ),
    };
    let labels = vec![1.0, -1.0, 1.0, 1.0, -1.0, -1.0];
    let data = Dataset::attending(&text, &queries, &[Mask::Causal], labels).expect("data");
    assert_eq!(data.tokens().n_stored(), 8, "nothing is copied");
    let decoder = Matrix::column((0..DIM).map(|k| entry(k + 300)).collect()).expect("finite");
    (data, decoder)
}

fn solved(operator: &impl LinearOperator, p: f64, bounds: Vec<f64>) -> MaxMargin {
    let problem = HardMarginProblem::with_bounds(operator, p, bounds).expect("a problem");
    let solution = solve(&problem, &SvmSettings::default()).expect("valid settings");
    solution.max_margin().expect("separable")
}

fn assert_near(found: &[f64], expected: &[f64], tolerance: f64) {
    let size = expected.iter().fold(0.0f64, |size, x| size.max(x.abs()));
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() <= tolerance * size, "{found} is not {expected}");
    }
}

#[test]
fn one_constraint_is_solved_by_hand_in_every_norm() {
    // min ||W||_p with <G, W> >= b, G = (x_a - x_t) z^T: W = b |G|^(q-1) sign G / ||G||_q^q.
    let text = text(2);
    let z: Vec<_> = (0..DIM).map(|k| entry(k + 50)).collect();
    let queries = Matrix::column(z.clone()).expect("finite");
    let triple = Triple { preferred: (0, 1), other: (1, 2), query: 0 };
    let operator = AttSvmOperator::of_triples(&text, &queries, &[triple]).expect("in range");
    let delta: Vec<_> = text.token(0, 1).iter().zip(text.token(1, 2)).map(|(a, t)| a - t).collect();
    let g = |k: usize| delta[k % DIM] * z[k / DIM];
    let base = Matrix::from_fn(DIM, DIM, |i, j| 0.1 * entry(i + 7 * j));
    let lacking = operator.bounds_after(&base, &[1.0]).expect("fits");
    let held: f64 = (0..DIM * DIM).map(|k| g(k) * base.as_slice()[k]).sum();
    assert!((lacking[0] - (1.0 - held)).abs() < 1e-14 && lacking[0] > 0.0);
    for p in [1.5, 2.0, 3.0] {
        let q = p / (p - 1.0);
        let total: f64 = (0..DIM * DIM).map(|k| g(k).abs().powf(q)).sum();
        for bound in [1.0, lacking[0]] {
            let by_hand: Vec<_> = (0..DIM * DIM)
                .map(|k| bound * g(k).abs().powf(q - 1.0) * g(k).signum() / total)
                .collect();
            // A relative gap g fixes the solution to a root of it: the potential is uniformly convex.
            let solution = solved(&operator, p, vec![bound]);
            let gap = 4.0 * solution.relative_gap() / (p - 1.0).min(1.0);
            let norm = LpNorm::new(p).expect("an exponent");
            let bound = gap.powf(1.0 / p.max(2.0)) * norm.of(&by_hand) + 1e-12;
            for (found, expected) in solution.w.iter().zip(&by_hand) {
                assert!((found - expected).abs() <= bound, "p = {p}: {found}, {expected}");
            }
            assert!(bound < 1e-2 * norm.of(&by_hand), "p = {p}: a bound that says something");
        }
    }
}

#[test]
fn queries_at_right_angles_do_not_see_each_other() {
    // With orthonormal queries W Z separates into one vector a query; at p = 2 each is a problem of its own.
    let text = text(3);
    let queries = Matrix::from_fn(DIM, 2, |k, q| if k == q { 1.0 } else { 0.0 });
    let triple =
        |preferred, other, query| Triple { preferred: (0, preferred), other: (0, other), query };
    let both = [triple(0, 1, 0), triple(0, 2, 0), triple(1, 0, 1), triple(1, 2, 1)];
    let of = |triples: &[Triple]| {
        let operator = AttSvmOperator::of_triples(&text, &queries, triples).expect("in range");
        solved(&operator, 2.0, vec![1.0; triples.len()]).w
    };
    let (joint, first, second) = (of(&both), of(&both[..2]), of(&both[2..]));
    let sum: Vec<_> = first.iter().zip(&second).map(|(a, b)| a + b).collect();
    assert_near(&joint, &sum, 1e-6);
}

#[test]
fn the_svm_of_a_causal_text_is_that_of_its_rows_written_out() {
    let turn = Rotation::new(DIM, 100.0).expect("an even dimension");
    for turn in [None, Some(&turn)] {
        let (data, decoder) = causal(turn);
        let scores = TokenScores::of(&data, &decoder).expect("fits");
        let selection = TokenSelection::optimal(&scores);
        let operator = AttSvmOperator::new(data.tokens(), data.queries(), selection.tokens());
        let rows = DenseRows::new(&Matrix::from_fn(operator.nrows(), DIM * DIM, |j, k| {
            let (i, t) = operator.row_token(j);
            let chosen = data.tokens().token(i, selection.tokens()[i]);
            (chosen[k % DIM] - data.tokens().token(i, t)[k % DIM]) * data.queries()[(k / DIM, i)]
        }));
        for p in [1.5, 2.0, 3.0] {
            let ones = vec![1.0; operator.nrows()];
            let (shared, written) =
                (solved(&operator, p, ones.clone()), solved(&rows, p, ones.clone()));
            assert_near(&shared.w, &written.w, 1e-5);
            // A change of pretrained weights, of which the same is asked.
            let base = Matrix::from_fn(DIM, DIM, |i, j| 0.2 * entry(i + 5 * j + 1));
            let lacking = operator.bounds_after(&base, &ones).expect("fits");
            let change = solved(&operator, p, lacking.clone());
            assert_near(&change.w, &solved(&rows, p, lacking).w, 1e-5);
            let mut margins = vec![0.0; operator.nrows()];
            let updated: Vec<_> =
                base.as_slice().iter().zip(&change.w).map(|(a, b)| a + b).collect();
            operator.apply(&updated, &mut margins);
            assert!(margins.iter().all(|margin| *margin > 1.0 - 1e-6));
        }
    }
}

/// Theorem: from zero, attention settles on the best token that each query may see, and the direction of W goes to the
/// AttSVM of that very selection, in the norm of the method and in no other.
#[test]
fn training_on_many_causal_queries_goes_to_its_own_att_svm() {
    let (data, decoder) = causal(None);
    let risk = KeyQueryRisk::new(&data, &decoder, Loss::Logistic).expect("fits");
    for (p, other) in [(2.0, 3.0), (3.0, 2.0)] {
        let norm = LpNorm::new(p).expect("an exponent");
        let steps = StepSize::DualNormalized(0.1);
        let method = MirrorDescent::new(PowerPotential::new(norm), steps);
        let start = vec![Matrix::from_fn(DIM, DIM, |i, j| 0.01 * entry(i + DIM * j + 400))];
        let mut state = TrainingState::new(&risk, &method, start).expect("fits");
        let (mut divergences, mut sizes) = (Vec::new(), Vec::new());
        for steps in [10_000, 40_000] {
            train(&risk, &method, &mut state, &StoppingRule::after(steps), &mut ())
                .expect("finite");
            let w = &state.parameters[0];
            let weights = AttentionWeights::of(w, &data).expect("finite");
            let selection = TokenSelection::from_saturated(&weights, SATURATED).expect("settled");
            let scores = TokenScores::of(&data, &decoder).expect("fits");
            assert_eq!(selection, TokenSelection::optimal(&scores), "p = {p}: hypothesis");
            assert!(least_margin(&data, &selection, w) > 0.0);
            let target = |p: f64| {
                let outcome = max_margin_key_query(&data, &selection, p, &SvmSettings::default());
                outcome.expect("valid").max_margin().expect("separable").w
            };
            let own = directional_bregman(norm, &target(p), w.as_slice());
            let far = directional_bregman(norm, &target(other), w.as_slice());
            assert!(far > 4.0 * own, "p = {p}: {own:e} to its own, {far:e} to that of {other}");
            divergences.push(own);
            sizes.push(norm.of(w.as_slice()));
        }
        // What is off stays bounded, up to logarithms, while W grows: the divergence, of second order, falls as the square of
        // the share.
        let grown = sizes[1] / sizes[0];
        let allowed = 1.5 * grown.powi(-2) * divergences[0];
        assert!(grown > 1.5 && divergences[1] < allowed, "p = {p}, {grown}: {divergences:?}");
    }
}
