//! Claim `factored`: gradient descent on the factors of `$W = K Q^\top$` goes in direction to the nuclear norm's
//! AttSVM of its selection, gradient descent on `$W$` to the Frobenius norm's.
//!
//! Hypotheses: a small start; attention saturates at a selection that is locally optimal (established from
//! the support tokens of both SVMs); both SVMs are certified, and their solutions differ. Each
//! parametrisation must fail the other's check, and so must factors of which one is not trained.

use mirrorhead_attention::{
    AttentionWeights, FactoredRisk, KeyQueryRisk, Loss, Planted, Risk, Seed, TokenSelection,
    gaussian_matrix,
};
use mirrorhead_kernels::{LogScaled, Matrix, dot, product, singular_values};
use mirrorhead_mirror::{MirrorDescent, StepSize};
use mirrorhead_svm::{MaxMargin, Norm};
use mirrorhead_trainer::{
    KeyQueryNorm, SATURATED, StoppingRule, TrainingState, least_margin, train,
};

use super::settled::{PAPER, certified_nuclear_svm, certified_svm, lp, optimality};
use super::tampered::TamperedRisk;

const ITERATIONS: u64 = 20_000;
/// The deviation of the entries of `$K(0)$` and `$Q(0)$`: attention starts nearly uniform.
const START: f64 = 0.1;
/// Seeds whose runs meet the hypotheses.
const SEEDS: [u64; 4] = [1, 3, 4, 5];

/// The end of a run with the two SVMs of its selection.
struct End {
    key_query: Matrix,
    /// The least margin of the selection.
    margin: f64,
    nuclear: MaxMargin,
    frobenius: MaxMargin,
}

impl End {
    /// # Panics
    /// If a hypothesis fails.
    fn of(planted: &Planted, key_query: Matrix) -> Self {
        let weights = AttentionWeights::of(&key_query, &planted.data).expect("finite");
        let selection =
            TokenSelection::from_saturated(&weights, SATURATED).expect("hypothesis: saturated");
        let nuclear = certified_nuclear_svm(&planted.data, &selection);
        let frobenius = certified_svm(&planted.data, &selection, 2.0);
        let norms = [KeyQueryNorm::SingularValues(Norm::L1), lp(2.0).into()];
        for (norm, svm) in norms.into_iter().zip([&nuclear, &frobenius]) {
            let found = optimality(planted, &selection, norm, svm);
            assert!(found.is_locally_optimal(), "hypothesis");
        }
        let apart = 1.0 - cosine(nuclear.direction(), frobenius.direction());
        assert!(apart > 0.1, "hypothesis: two directions, {apart} apart");
        let margin = least_margin(&planted.data, &selection, &key_query);
        Self { key_query, margin, nuclear, frobenius }
    }

    /// One minus the cosine to the nuclear and to the Frobenius solution.
    fn distances(&self) -> (f64, f64) {
        let to = |svm: &MaxMargin| 1.0 - cosine(self.key_query.as_slice(), svm.direction());
        (to(&self.nuclear), to(&self.frobenius))
    }

    /// The margin in the nuclear and in the Frobenius norm, as shares of the certified maxima.
    fn shares(&self) -> (f64, f64) {
        let nuclear: f64 = self.singular_values().iter().sum();
        let frobenius = norm2(self.key_query.as_slice());
        (
            self.margin / nuclear / self.nuclear.interval.upper,
            self.margin / frobenius / self.frobenius.interval.upper,
        )
    }

    fn singular_values(&self) -> Vec<f64> {
        singular_values(self.key_query.as_slice(), PAPER.dim, PAPER.dim).expect("finite")
    }

    /// The number of singular values above a twentieth of the largest.
    fn rank(&self) -> usize {
        let values = self.singular_values();
        values.iter().filter(|value| **value > 0.05 * values[0]).count()
    }

    fn is_nuclear(&self) -> bool {
        let ((nuclear, frobenius), shares) = (self.distances(), self.shares());
        nuclear < 0.01 && nuclear < frobenius / 10.0 && shares.0 > 0.99 && shares.1 < 0.95
    }

    fn is_frobenius(&self) -> bool {
        let ((nuclear, frobenius), shares) = (self.distances(), self.shares());
        frobenius < 0.001 && frobenius < nuclear / 100.0 && shares.1 > 0.99 && shares.0 < 0.95
    }
}

fn norm2(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}

fn cosine(a: &[f64], b: &[f64]) -> f64 {
    dot(a, b) / (norm2(a) * norm2(b))
}

fn planted(seed: u64) -> Planted {
    PAPER.sample(Seed(seed)).expect("positive sizes")
}

/// `$K(0)$` and `$Q(0)$`.
fn factors(seed: u64) -> [Matrix; 2] {
    [seed, seed + 1000].map(|seed| {
        let noise = gaussian_matrix(PAPER.dim, PAPER.dim, Seed(seed));
        Matrix::from_fn(PAPER.dim, PAPER.dim, |i, j| START * noise[(i, j)])
    })
}

fn product_of([keys, queries]: &[Matrix; 2]) -> Matrix {
    let mut key_query = Matrix::zeros(PAPER.dim, PAPER.dim);
    product(keys, queries.as_mat().transpose(), &mut key_query);
    key_query
}

/// The tensors after normalized gradient descent.
fn descend<const N: usize>(risk: &impl Risk, start: [Matrix; N]) -> [Matrix; N] {
    let method = MirrorDescent::gradient_descent(StepSize::GloballyNormalized(0.2));
    let mut state = TrainingState::new(risk, &method, start.into()).expect("a fitting start");
    let stopping = StoppingRule::after(ITERATIONS);
    train(risk, &method, &mut state, &stopping, &mut ()).expect("a finite run");
    state.parameters.try_into().expect("as many tensors")
}

fn factored(planted: &Planted) -> FactoredRisk<'_> {
    FactoredRisk::new(&planted.data, &planted.decoder, Loss::Logistic, PAPER.dim).expect("fits")
}

#[test]
fn factors_go_to_the_nuclear_norm_and_their_product_to_the_frobenius() {
    for seed in SEEDS {
        let planted = planted(seed);
        let factors = factors(seed);
        let whole =
            KeyQueryRisk::new(&planted.data, &planted.decoder, Loss::Logistic).expect("fits");
        let [whole] = descend(&whole, [product_of(&factors)]);
        let whole = End::of(&planted, whole);
        let factored = descend(&factored(&planted), factors);
        let factored = End::of(&planted, product_of(&factored));
        for (end, name) in [(&factored, "K, Q"), (&whole, "W")] {
            let (nuclear, frobenius) = end.shares();
            assert!(nuclear.max(frobenius) <= 1.0 + 1e-9, "seed {seed}: beyond the certificate");
            let found = format!("seed {seed}, {name}: {:?}, {:?}", end.distances(), end.shares());
            assert_eq!(end.is_nuclear(), name == "K, Q", "{found}");
            assert_eq!(end.is_frobenius(), name == "W", "{found}");
        }
        assert!(factored.rank() < whole.rank(), "seed {seed}");
    }
}

#[test]
fn keys_alone_do_not_find_the_nuclear_norm() {
    fn freeze_queries(gradients: &mut [LogScaled<Matrix>]) {
        gradients[1].value.as_mut_slice().fill(0.0);
    }
    for seed in [1, 2, 3, 5] {
        let planted = planted(seed);
        let risk = TamperedRisk { risk: factored(&planted), tamper: freeze_queries };
        let end = End::of(&planted, product_of(&descend(&risk, factors(seed))));
        assert!(!end.is_nuclear(), "seed {seed}: {:?}, {:?}", end.distances(), end.shares());
    }
}
