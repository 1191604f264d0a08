//! Bitwise the same results whatever the number of threads: training and the SVM.

use mirrorhead_attention::{
    KeyQueryRisk, Loss, Seed, SphereTokens, TokenScores, TokenSelection, gaussian_matrix,
};
use mirrorhead_mirror::{LpNorm, MirrorDescent, PowerPotential, StepSize};
use mirrorhead_svm::{Outcome, SvmSettings};
use mirrorhead_trainer::{StoppingRule, max_margin_key_query, train_key_query};

/// The bits of what `task` computes on 1, 2 and 5 threads.
fn on_threads(task: impl Fn() -> Vec<f64> + Sync) -> [Vec<u64>; 3] {
    [1, 2, 5].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        pool.install(&task).into_iter().map(f64::to_bits).collect()
    })
}

#[test]
fn a_trajectory_does_not_depend_on_the_number_of_threads() {
    // Large enough that samples and products are shared among threads.
    let sizes = SphereTokens { n_sequences: 40, n_tokens: 100, dim: 160 };
    let planted = sizes.sample(Seed(3)).expect("positive sizes");
    let risk = KeyQueryRisk::new(&planted.data, &planted.decoder, Loss::Logistic).expect("valid");
    let psi = PowerPotential::new(LpNorm::new(1.75).expect("an exponent"));
    let method = MirrorDescent::new(psi, StepSize::DualNormalized(0.1));
    let [one, two, five] = on_threads(|| {
        let start = gaussian_matrix(sizes.dim, sizes.dim, Seed(3));
        let trained = train_key_query(&risk, start, &method, &StoppingRule::after(20), &mut ())
            .expect("a finite run");
        trained.key_query.as_slice().to_vec()
    });
    assert_eq!(one, two);
    assert_eq!(one, five);
}

#[test]
fn a_certified_solution_does_not_depend_on_the_number_of_threads() {
    // Hundreds of active rows: the Newton matrix is factored in parallel.
    let sizes = SphereTokens { n_sequences: 50, n_tokens: 20, dim: 32 };
    let planted = sizes.sample(Seed(3)).expect("positive sizes");
    let scores = TokenScores::of(&planted.data, &planted.decoder).expect("a fitting decoder");
    let selection = TokenSelection::optimal(&scores);
    for p in [1.5, 3.0] {
        let norm = LpNorm::new(p).expect("an exponent");
        let [one, two, five] = on_threads(|| {
            let settings = SvmSettings::default();
            match max_margin_key_query(&planted.data, &selection, norm, &settings) {
                Ok(Outcome::MaxMargin(svm)) => [svm.w, svm.multipliers].concat(),
                other => panic!("separable and certified: {other:?}"),
            }
        });
        assert_eq!(one, two, "p = {p}");
        assert_eq!(one, five, "p = {p}");
    }
}
