//! Claims `heads-own-direction`, `heads-sizes` and `classes-direction`: several heads trained together
//! go each to the ℓp-AttSVM of its own selection, at relative sizes that the step rule decides; a head
//! over several classes goes to that of the token that dominates.
//!
//! Hypotheses: every head's selection is saturated and locally optimal under its own decoder, from its
//! certified SVM; in the data of several classes one token of each sequence beats all others against
//! every rival. Another p must fail, and so must the sizes of the other step rule.

use mirrorhead_attention::{
    AttentionWeights, ClassMargins, ClassTokens, Dataset, Loss, MultiClassRisk, MultiHeadRisk,
    Planted, Seed, TokenScores, TokenSelection, gaussian_matrix,
};
use mirrorhead_kernels::{Matrix, TokenBatch};
use mirrorhead_mirror::{MirrorDescent, PowerPotential, StepSize, directional_bregman};
use mirrorhead_svm::MaxMargin;
use mirrorhead_trainer::{SATURATED, StoppingRule, train_classes, train_heads};

use super::settled::{PAPER, certified_svm, judged, lp, normalized};

const RUNS: [(f64, u64); 3] = [(1.75, 6_000), (2.0, 8_000), (3.0, 60_000)];

/// A matrix that attention has settled with, and the certified SVM of its selection.
struct Head {
    key_query: Matrix,
    selection: TokenSelection,
    svm: MaxMargin,
}

impl Head {
    /// Establishes that attention is saturated on a selection that is locally optimal under `scores`.
    fn settled(
        data: &Dataset,
        key_query: Matrix,
        p: f64,
        scores: impl Fn(&TokenSelection) -> TokenScores,
    ) -> Self {
        let weights = AttentionWeights::of(&key_query, data).expect("finite");
        let selection = TokenSelection::from_saturated(&weights, SATURATED).expect("saturated");
        let svm = certified_svm(data, &selection, p);
        let found = judged(data, &selection, &scores(&selection), lp(p), &svm);
        assert!(found.is_locally_optimal(), "p = {p}: hypothesis");
        Self { key_query, selection, svm }
    }

    /// Near its own SVM, and away from those of the other p.
    fn goes_to_its_own_svm(&self, data: &Dataset, p: f64, name: &str) {
        let divergence = |svm: &MaxMargin| {
            directional_bregman(lp(p), svm.direction(), self.key_query.as_slice())
        };
        let own = divergence(&self.svm);
        assert!(own < 3e-3, "{name}: {own:e}");
        for (other, _) in RUNS.into_iter().filter(|(other, _)| *other != p) {
            let svm = certified_svm(data, &self.selection, other);
            let between = directional_bregman(lp(p), svm.direction(), self.svm.direction());
            let far = divergence(&svm);
            assert!(far > 3.0 * own, "{name}, p' = {other}: {far:e} against {own:e}");
            assert!(
                (far / between - 1.0).abs() < 0.5,
                "{name}, p' = {other}: {far:e}, {between:e}"
            );
        }
    }

    fn size(&self, p: f64) -> f64 {
        lp(p).of(self.key_query.as_slice())
    }
}

/// Two heads on data with one token of each sequence made to stand out: head 0 is worth most there, and
/// has an easier SVM than head 1, whose decoder is random.
fn two_heads(seed: u64, p: f64, (iterations, step): (u64, StepSize)) -> (Dataset, Vec<Head>) {
    let tokens = ClassTokens { sizes: PAPER, n_classes: 2, boost: 3.0 };
    let planted = tokens.sample(Seed(seed)).expect("positive sizes");
    let Planted { data, decoder } = planted.as_signs().expect("two classes");
    let decoders = [decoder, gaussian_matrix(PAPER.dim, 1, Seed(100 + seed))];
    let side_by_side = Matrix::from_fn(PAPER.dim, 2, |i, h| decoders[h][(i, 0)]);
    let risk = MultiHeadRisk::new(&data, &side_by_side, Loss::Logistic).expect("fitting decoders");
    let start = (1..=2).map(|h| gaussian_matrix(PAPER.dim, PAPER.dim, Seed(1_000 * h + seed)));
    let method = MirrorDescent::new(PowerPotential::new(lp(p)), step);
    let stopping = StoppingRule::after(iterations);
    let trained =
        train_heads(&risk, start.collect(), &method, &stopping, &mut ()).expect("a finite run");
    let heads = trained.key_queries.into_iter().zip(&decoders).map(|(key_query, decoder)| {
        Head::settled(&data, key_query, p, |_| TokenScores::of(&data, decoder).expect("fits"))
    });
    let heads: Vec<_> = heads.collect();
    assert_ne!(heads[0].selection, heads[1].selection, "hypothesis: two different selections");
    (data, heads)
}

/// Every head by its own norm, and the stack by one: it shares a step among its heads, and is given
/// twice as many.
fn rules(iterations: u64) -> [(u64, StepSize); 2] {
    let step = 0.1;
    [
        (iterations, StepSize::DualNormalized(step)),
        (2 * iterations, StepSize::GloballyNormalized(step)),
    ]
}

/// Normalized together, the stack goes to the SVM of the stack: sizes are in the ratio of the SVMs'
/// norms, so that margins are equal. Normalized each, heads are of one size, whatever their margins.
#[test]
fn each_head_goes_to_its_own_svm_and_the_step_rule_decides_the_sizes() {
    for (p, iterations) in RUNS {
        for seed in 1..=2 {
            let [(each, _), (stack, norms)] = rules(iterations).map(|rule| {
                let (data, heads) = two_heads(seed, p, rule);
                for (h, head) in heads.iter().enumerate() {
                    let name = format!("p = {p}, seed {seed}, {rule:?}, head {h}");
                    head.goes_to_its_own_svm(&data, p, &name);
                    let other = heads[1 - h].svm.direction();
                    let crossed = directional_bregman(lp(p), other, head.key_query.as_slice());
                    assert!(crossed > 0.1, "{name}: not the other head's, {crossed:e}");
                }
                let ratio = |of: fn(&Head, f64) -> f64| (of(&heads[1], p) / of(&heads[0], p)).ln();
                (ratio(Head::size), ratio(|head, _| head.svm.norm()))
            });
            let name = format!("p = {p}, seed {seed}: each {each}, stack {stack}, norms {norms}");
            assert!(norms > 1.0, "{name}: hypothesis, the ratio of norms is above e");
            assert!(each.abs() < 0.1 * norms, "{name}: normalized each, sizes are equal");
            assert!((stack / norms - 1.0).abs() < 0.1, "{name}: the stack's are those of the SVMs");
        }
    }
}

#[test]
fn over_classes_the_head_goes_to_the_svm_of_the_token_that_dominates() {
    let tokens = ClassTokens { sizes: PAPER, n_classes: 3, boost: 3.0 };
    for (p, iterations) in RUNS {
        for seed in 1..=3 {
            let planted = tokens.sample(Seed(seed)).expect("positive sizes");
            let data = &planted.data;
            let margins =
                ClassMargins::of(data, &planted.classes, &planted.decoders).expect("fits");
            let dominant = margins.dominant().expect("hypothesis: one token dominates");
            let risk =
                MultiClassRisk::new(data, &planted.classes, &planted.decoders).expect("fits");
            let start = Matrix::zeros(PAPER.dim, PAPER.dim);
            let stopping = StoppingRule::after(iterations);
            let trained = train_classes(&risk, start, &normalized(p), &stopping, &mut ())
                .expect("a finite run");
            let at = |selection: &TokenSelection| margins.scores_at(selection).expect("fits");
            let head = Head::settled(data, trained.key_query, p, at);
            assert_eq!(head.selection, dominant, "p = {p}, seed {seed}: the token that dominates");
            head.goes_to_its_own_svm(data, p, &format!("classes, p = {p}, seed {seed}"));
        }
    }
}

/// Of two tokens, each is the better against one rival: half of each is a lower loss than either, and
/// attention goes there instead of saturating. No two classes can do this.
#[test]
fn where_tokens_share_the_rivals_attention_does_not_saturate() {
    let tokens = TokenBatch::from_rows(&[vec![vec![1.0, -1.0], vec![-1.0, 1.0]]]).expect("valid");
    let queries = Matrix::from_rows(&[[1.0, 0.0]]).expect("valid");
    let data = Dataset::new(tokens, &queries, vec![1.0]).expect("valid");
    let decoders = Matrix::from_rows(&[[0.0, -1.0, 0.0], [0.0, 0.0, -1.0]]).expect("valid");
    let margins = ClassMargins::of(&data, &[0], &decoders).expect("fits");
    assert_eq!(margins.dominant(), None);
    for token in 0..2 {
        let selection = TokenSelection::new(vec![token], &data).expect("a token");
        let scores = margins.scores_at(&selection).expect("fits");
        let best = TokenSelection::optimal(&scores);
        assert_ne!(best, selection, "the loss falls away from token {token}");
    }
    let risk = MultiClassRisk::new(&data, &[0], &decoders).expect("fits");
    let start = Matrix::from_rows(&[[2.0, 0.0], [0.0, 0.0]]).expect("valid");
    let method = MirrorDescent::gradient_descent(StepSize::Constant(1.0));
    let trained = train_classes(&risk, start, &method, &StoppingRule::after(500), &mut ())
        .expect("a finite run");
    let weights = AttentionWeights::of(&trained.key_query, &data).expect("finite");
    assert!((weights.sequence(0)[0] - 0.5).abs() < 1e-9, "{:?}", weights.sequence(0));
    assert!((trained.risk - 3f64.ln()).abs() < 1e-12);
}
