//! The claims on data made hard: tokens that follow one another closely, heavy tails, a planted solution with
//! margins below the scatter of the tokens, and labels that contradict one another.
//!
//! Hypotheses: the selection is locally optimal (established from the certified SVM) and kept through the
//! last three quarters of the run. Another geometry, and a method that only sees signs, must fail.

use mirrorhead_attention::{
    AttentionWeights, CorrelatedTokens, Dataset, HeavyTailedTokens, KeyQueryRisk, Loss,
    NoisyLabels, Planted, PlantedMargin, PlantedSolution, Seed, TokenSelection, gaussian_matrix,
};
use mirrorhead_kernels::{LogScaled, Matrix, dot};
use mirrorhead_mirror::{Optimizer, directional_bregman};
use mirrorhead_svm::{Outcome, SvmSettings};
use mirrorhead_trainer::{
    SATURATED, Schedule, Snapshots, StoppingRule, TokenOptimality, max_margin_decoder,
    train_key_query,
};

use super::settled::{PAPER, certified_svm, lp, normalized, optimality};
use super::tampered::Tampered;

/// Exponents, with the number of steps that difficult data take.
const RUNS: [(f64, u64); 3] = [(1.5, 4_000), (2.0, 12_000), (3.0, 120_000)];

/// A run after a quarter of its steps and at its end.
struct FollowedRun {
    early: Matrix,
    late: Matrix,
}

impl FollowedRun {
    fn run<O: Optimizer>(planted: &Planted, start: Matrix, optimizer: &O, iterations: u64) -> Self {
        let risk = KeyQueryRisk::new(&planted.data, &planted.decoder, Loss::Logistic)
            .expect("a fitting decoder");
        let mut snapshots = Snapshots::new(Schedule::At(vec![iterations / 4, iterations]));
        let stopping = StoppingRule::after(iterations);
        train_key_query(&risk, start, optimizer, &stopping, &mut snapshots).expect("a finite run");
        let [early, late] = [0, 1].map(|k| snapshots.taken()[k].1[0].clone());
        Self { early, late }
    }

    /// The selection at the end, if it was that after a quarter of the steps.
    fn selection(&self, data: &Dataset) -> Option<TokenSelection> {
        let of = |w: &Matrix| {
            let weights = AttentionWeights::of(w, data).expect("finite");
            TokenSelection::from_saturated(&weights, SATURATED).ok()
        };
        of(&self.late).filter(|late| of(&self.early).as_ref() == Some(late))
    }

    /// Whether it goes to a direction: it comes three times nearer over three quarters of its steps, and
    /// those of the other geometries stay at least four times as far.
    fn goes_to(&self, p: f64, own: &[f64], others: &[Vec<f64>]) -> bool {
        let to =
            |direction: &[f64], w: &Matrix| directional_bregman(lp(p), direction, w.as_slice());
        let (early, late) = (to(own, &self.early), to(own, &self.late));
        late < early / 3.0 && others.iter().all(|other| to(other, &self.late) > 4.0 * late)
    }
}

/// A Gaussian start of norm one.
fn start(seed: u64, p: f64) -> Matrix {
    let mut start = gaussian_matrix(PAPER.dim, PAPER.dim, Seed(seed));
    let size = lp(p).of(start.as_slice());
    start.as_mut_slice().iter_mut().for_each(|w| *w /= size);
    start
}

/// The AttSVM directions of the exponents other than `p`.
fn others(data: &Dataset, selection: &TokenSelection, p: f64) -> Vec<Vec<f64>> {
    let other = RUNS.into_iter().map(|(other, _)| other).filter(|other| *other != p);
    other.map(|other| certified_svm(data, selection, other).direction().to_vec()).collect()
}

fn hard(seed: u64) -> [(&'static str, Planted); 2] {
    let correlated = CorrelatedTokens { sizes: PAPER, correlation: 0.9 };
    let heavy = HeavyTailedTokens { sizes: PAPER, degrees_of_freedom: 2 };
    [
        ("correlated", correlated.sample(Seed(seed)).expect("a correlation")),
        ("heavy tails", heavy.sample(Seed(seed)).expect("positive sizes")),
    ]
}

/// Mirror descent that only sees the signs of the gradient.
fn signs_only(p: f64) -> Tampered {
    Tampered {
        method: normalized(p),
        gradient: |g, _| {
            let value =
                Matrix::from_fn(g.value.nrows(), g.value.ncols(), |i, j| g.value[(i, j)].signum());
            LogScaled { log_scale: 0.0, value }
        },
    }
}

#[test]
fn correlated_and_heavy_tailed_data_go_to_their_own_max_margin_direction() {
    let mut counted = 0;
    for (p, iterations) in RUNS {
        for seed in 1..=3 {
            for (name, planted) in hard(seed) {
                let followed =
                    FollowedRun::run(&planted, start(seed, p), &normalized(p), iterations);
                let Some(selection) = followed.selection(&planted.data) else { continue };
                let own = certified_svm(&planted.data, &selection, p);
                if !optimality(&planted, &selection, lp(p), &own).is_locally_optimal() {
                    continue;
                }
                counted += 1;
                let others = others(&planted.data, &selection, p);
                let context = format!("{name}, p = {p}, seed {seed}");
                assert!(followed.goes_to(p, own.direction(), &others), "{context}");
                // What the same run would have to fail: the directions of another p.
                for (k, other) in others.iter().enumerate() {
                    let mut rest = others.clone();
                    rest[k] = own.direction().to_vec();
                    assert!(!followed.goes_to(p, other, &rest), "{context}: another p");
                }
            }
        }
    }
    assert!(counted >= 15, "the hypotheses hold in {counted} of 18 runs");
}

#[test]
fn a_method_that_only_sees_signs_is_caught() {
    let mut counted = 0;
    for (p, iterations) in RUNS {
        for seed in 1..=2 {
            for (name, planted) in hard(seed) {
                let followed =
                    FollowedRun::run(&planted, start(seed, p), &signs_only(p), iterations);
                let Some(selection) = followed.selection(&planted.data) else { continue };
                counted += 1;
                let own = certified_svm(&planted.data, &selection, p);
                let others = others(&planted.data, &selection, p);
                assert!(!followed.goes_to(p, own.direction(), &others), "{name}, p = {p}");
            }
        }
    }
    assert!(counted >= 6, "{counted} of 12 runs keep a selection that they could be judged by");
}

/// From beside the ray of a solution that no solver was asked for.
#[test]
fn runs_go_to_the_planted_solution_and_the_solver_certifies_it() {
    for (p, iterations) in RUNS {
        for seed in 1..=3 {
            let plant = PlantedMargin { sizes: PAPER, norm: lp(p), n_support: 4, signal: 0.3 };
            let known = plant.sample(Seed(seed)).expect("a solution");
            let PlantedSolution { planted, selection, key_query, margin, .. } = &known;
            let context = format!("p = {p}, seed {seed}");

            let svm = certified_svm(&planted.data, selection, p);
            let known_margin = (1.0 - 1e-12) * margin..=(1.0 + 1e-12) * margin;
            assert!(svm.interval.lower <= *known_margin.end(), "{context}: {:?}", svm.interval);
            assert!(svm.interval.upper >= *known_margin.start(), "{context}: {:?}", svm.interval);
            let found = optimality(planted, selection, lp(p), &svm);
            assert_eq!(found, TokenOptimality::Global, "{context}: hypothesis");

            let beside = start(seed, p);
            let size = lp(p).of(key_query.as_slice());
            let inside = Matrix::from_fn(PAPER.dim, PAPER.dim, |i, j| {
                2.0 * key_query[(i, j)] + 0.1 * size * beside[(i, j)]
            });
            let followed = FollowedRun::run(planted, inside, &normalized(p), iterations);
            assert_eq!(followed.selection(&planted.data).as_ref(), Some(selection), "{context}");
            let others = others(&planted.data, selection, p);
            assert!(followed.goes_to(p, key_query.as_slice(), &others), "{context}");
        }
    }
}

/// Whether the samples of an input together, at an output of `output`, ask for more of it or for less.
fn majority(labels: &[f64], output: f64) -> f64 {
    let pull = |y: &f64| y * Loss::Logistic.log_slope(y * output).exp();
    labels.iter().map(pull).sum::<f64>().signum()
}

/// No decoder separates samples that contradict one another, and a Farkas certificate says so; the tokens can be
/// selected all the same, and with a fixed decoder W goes to the AttSVM of those that the majority asks for.
#[test]
fn contradictory_labels_leave_the_att_svm_feasible_and_the_decoders_not() {
    let mut counted = 0;
    for (p, iterations) in RUNS {
        for seed in 2..=4 {
            let noisy = NoisyLabels { sizes: PAPER, annotators: 3, flipped: 0.2 };
            let Planted { data, decoder } = noisy.sample(Seed(seed)).expect("a probability");
            let planted = Planted { data: data.clone(), decoder: decoder.clone() };
            let followed = FollowedRun::run(&planted, start(seed, p), &normalized(p), iterations);
            let Some(selection) = followed.selection(&data) else { continue };

            let settings = SvmSettings::default();
            let of_decoder = max_margin_decoder(&data, &selection, lp(p), &settings);
            let contradicted = (0..6).any(|i| {
                let labels = &data.labels()[3 * i..3 * i + 3];
                labels[0] != labels[1] || labels[0] != labels[2]
            });
            let infeasible = matches!(of_decoder, Ok(Outcome::NotSeparable(_)));
            assert_eq!(infeasible, contradicted, "p = {p}, seed {seed}: {of_decoder:?}");

            let own = certified_svm(&data, &selection, p);
            let asked = (0..data.len()).map(|sample| {
                let token = data.tokens().token(sample, selection.tokens()[sample]);
                let labels = &data.labels()[sample / 3 * 3..sample / 3 * 3 + 3];
                majority(labels, dot(token, decoder.as_slice()))
            });
            let queries = data.queries().transposed();
            let merged = Dataset::new(data.tokens().clone(), &queries, asked.collect());
            let merged = Planted { data: merged.expect("the same shapes"), decoder };
            if !optimality(&merged, &selection, lp(p), &own).is_locally_optimal() {
                continue;
            }
            counted += usize::from(contradicted);
            let others = others(&data, &selection, p);
            assert!(followed.goes_to(p, own.direction(), &others), "p = {p}, seed {seed}");
        }
    }
    assert!(counted >= 6, "the hypotheses hold in {counted} runs with contradicted inputs");
}
