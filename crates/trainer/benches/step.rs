//! Cost of one normalized ℓp-AttGD step (gradient and mirror step) by size and exponent.
//!
//! `cargo bench -p mirrorhead-trainer --bench step`; a peer's figure for (6, 8, 10) in double
//! precision (`crates/peers/peer/jax_step.py`) is 3 to 6 microseconds on one idle core.

use divan::Bencher;
use mirrorhead_attention::{KeyQueryRisk, Loss, Risk, Seed, SphereTokens, gaussian_matrix};
use mirrorhead_mirror::{LpNorm, MirrorDescent, Optimizer, PowerPotential, StepSize};

fn main() {
    divan::main();
}

/// (n, T, d) and p.
const SMALL: [((usize, usize, usize), f64); 5] = [
    ((6, 8, 10), 1.1),
    ((6, 8, 10), 1.6),
    ((6, 8, 10), 1.75),
    ((6, 8, 10), 2.0),
    ((6, 8, 10), 3.0),
];

const LARGE: [((usize, usize, usize), f64); 4] =
    [((50, 20, 32), 1.75), ((50, 20, 32), 3.0), ((200, 64, 128), 1.75), ((64, 512, 768), 1.75)];

#[divan::bench(args = SMALL.map(Case::from))]
fn small(bencher: Bencher<'_, '_>, case: &Case) {
    step(bencher, case);
}

#[divan::bench(args = LARGE.map(Case::from), sample_count = 20)]
fn large(bencher: Bencher<'_, '_>, case: &Case) {
    step(bencher, case);
}

/// Sizes and exponent of one benchmark.
struct Case {
    sizes: SphereTokens,
    p: f64,
}

impl From<((usize, usize, usize), f64)> for Case {
    fn from(((n_sequences, n_tokens, dim), p): ((usize, usize, usize), f64)) -> Self {
        Self { sizes: SphereTokens { n_sequences, n_tokens, dim }, p }
    }
}

impl std::fmt::Display for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let SphereTokens { n_sequences, n_tokens, dim } = self.sizes;
        write!(f, "({n_sequences}, {n_tokens}, {dim}) p={}", self.p)
    }
}

fn step(bencher: Bencher<'_, '_>, case: &Case) {
    let planted = case.sizes.sample(Seed(1)).expect("positive sizes");
    let risk = KeyQueryRisk::new(&planted.data, &planted.decoder, Loss::Logistic).expect("valid");
    let psi = PowerPotential::new(LpNorm::new(case.p).expect("an exponent"));
    // Steps that lead nowhere: every one is measured at the paper's starting point.
    let method = MirrorDescent::new(psi, StepSize::DualNormalized(1e-12));
    let dim = case.sizes.dim;
    let mut parameters = vec![gaussian_matrix(dim, dim, Seed(1))];
    let mut state = method.init(&parameters).expect("a finite start");
    let (mut gradients, mut workspace) = (risk.zero_gradients(), risk.workspace());
    bencher.bench_local(|| {
        let value = risk
            .value_and_gradient(&parameters, &mut gradients, &mut workspace)
            .expect("shapes that fit");
        method.step(&mut state, &mut parameters, &gradients, value).expect("a finite step")
    });
}
