//! A run whose hypotheses are established: saturated, selection locally optimal, SVM certified.

use mirrorhead_attention::{
    AttentionWeights, Dataset, KeyQueryRisk, Loss, Planted, Seed, SphereTokens, TokenScores,
    TokenSelection, gaussian_matrix,
};
use mirrorhead_kernels::Matrix;
use mirrorhead_mirror::{LpNorm, MirrorDescent, PowerPotential, StepSize, directional_bregman};
use mirrorhead_svm::{MaxMargin, Norm, Outcome, SvmError, SvmSettings};
use mirrorhead_trainer::{
    KeyQueryNorm, OptimalityEvidence, SATURATED, Schedule, Snapshots, StoppingRule,
    TokenOptimality, max_margin_key_query, schatten_max_margin_key_query, train_key_query,
};

/// The paper's sizes.
pub const PAPER: SphereTokens = SphereTokens { n_sequences: 6, n_tokens: 8, dim: 10 };

/// The norm with exponent `p`.
pub fn lp(p: f64) -> LpNorm {
    LpNorm::new(p).expect("an exponent greater than 1")
}

/// Normalized ℓp-AttGD with the paper's step.
pub fn normalized(p: f64) -> MirrorDescent<PowerPotential> {
    MirrorDescent::new(PowerPotential::new(lp(p)), StepSize::DualNormalized(0.1))
}

/// The certified SVM of a selection.
pub fn certified_svm(data: &Dataset, selection: &TokenSelection, p: f64) -> MaxMargin {
    certified(max_margin_key_query(data, selection, lp(p), &settings()))
}

/// The certified SVM of a selection in the nuclear norm.
pub fn certified_nuclear_svm(data: &Dataset, selection: &TokenSelection) -> MaxMargin {
    certified(schatten_max_margin_key_query(data, selection, Norm::L1, &settings()))
}

fn settings() -> SvmSettings {
    SvmSettings::default().with_relative_gap(1e-10)
}

fn certified(outcome: Result<Outcome, SvmError>) -> MaxMargin {
    match outcome.expect("a proper problem") {
        Outcome::MaxMargin(svm) => {
            assert!(svm.relative_gap() <= 1e-10);
            svm
        }
        Outcome::NotSeparable(farkas) => panic!("not separable: {farkas}"),
        Outcome::Inconclusive(stalled) => panic!("inconclusive: {stalled}"),
    }
}

/// Whether the selection is proven to be locally optimal, given the solution of its SVM in `norm`.
pub fn optimality(
    planted: &Planted,
    selection: &TokenSelection,
    norm: impl Into<KeyQueryNorm>,
    svm: &MaxMargin,
) -> TokenOptimality {
    let scores = TokenScores::of(&planted.data, &planted.decoder).expect("a fitting decoder");
    judged(&planted.data, selection, &scores, norm, svm)
}

/// The same under any scores.
pub fn judged(
    data: &Dataset,
    selection: &TokenSelection,
    scores: &TokenScores,
    norm: impl Into<KeyQueryNorm>,
    svm: &MaxMargin,
) -> TokenOptimality {
    OptimalityEvidence::of(data, selection, scores, norm, svm, &settings())
        .expect("a proper problem")
        .optimality
}

/// A normalized run with its selection.
pub struct Settled {
    pub planted: Planted,
    pub selection: TokenSelection,
    /// Iterations with their key-query matrices.
    pub path: Vec<(u64, Matrix)>,
}

impl Settled {
    /// Runs the paper's setting for `iterations` steps from a Gaussian start.
    pub fn run(seed: u64, p: f64, iterations: u64) -> Self {
        let planted = PAPER.sample(Seed(seed)).expect("positive sizes");
        let start = gaussian_matrix(PAPER.dim, PAPER.dim, Seed(seed));
        Self::from(planted, start, p, iterations)
    }

    /// Runs normalized ℓp-AttGD from `start`.
    ///
    /// # Panics
    /// If the run does not settle on a selection.
    pub fn from(planted: Planted, start: Matrix, p: f64, iterations: u64) -> Self {
        let risk = KeyQueryRisk::new(&planted.data, &planted.decoder, Loss::Logistic)
            .expect("a fitting decoder");
        let mut snapshots = Snapshots::new(Schedule::log_spaced(iterations, 2));
        let stopping = StoppingRule::after(iterations);
        let trained = train_key_query(&risk, start, &normalized(p), &stopping, &mut snapshots)
            .expect("a finite run");
        let weights = AttentionWeights::of(&trained.key_query, &planted.data).expect("finite");
        let selection =
            TokenSelection::from_saturated(&weights, SATURATED).expect("hypothesis: saturated");
        let path = snapshots.taken().iter().map(|(k, tensors)| (*k, tensors[0].clone())).collect();
        Self { planted, selection, path }
    }

    /// The last iterate.
    pub fn last(&self) -> &Matrix {
        &self.path.last().expect("a run has iterates").1
    }

    /// Directional Bregman divergence of the last iterate from `target`, in the geometry of `p`.
    pub fn divergence(&self, p: f64, target: &MaxMargin) -> f64 {
        directional_bregman(lp(p), target.direction(), self.last().as_slice())
    }
}
