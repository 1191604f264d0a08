//! Cost of a certified AttSVM solve (relative gap 1e-9) by size and exponent, through the operator
//! that never forms its rows.
//!
//! `cargo bench -p mirrorhead-trainer --bench max_margin`

use divan::Bencher;
use mirrorhead_attention::{Seed, SphereTokens, TokenScores, TokenSelection};
use mirrorhead_mirror::LpNorm;
use mirrorhead_svm::{Outcome, SvmSettings};
use mirrorhead_trainer::max_margin_key_query;

fn main() {
    divan::main();
}

#[divan::bench(args = [1.1, 1.5, 1.75, 2.0, 3.0, 5.0])]
fn small_6_8_10(bencher: Bencher<'_, '_>, p: f64) {
    solve(bencher, (6, 8, 10), p);
}

#[divan::bench(args = [1.1, 1.5, 2.0, 3.0], sample_count = 20)]
fn middle_20_16_16(bencher: Bencher<'_, '_>, p: f64) {
    solve(bencher, (20, 16, 16), p);
}

#[divan::bench(args = [1.1, 1.5, 2.0, 3.0], sample_count = 10)]
fn large_50_20_32(bencher: Bencher<'_, '_>, p: f64) {
    solve(bencher, (50, 20, 32), p);
}

fn solve(bencher: Bencher<'_, '_>, sizes: (usize, usize, usize), p: f64) {
    let (n_sequences, n_tokens, dim) = sizes;
    let sizes = SphereTokens { n_sequences, n_tokens, dim };
    let planted = sizes.sample(Seed(1)).expect("positive sizes");
    let scores = TokenScores::of(&planted.data, &planted.decoder).expect("a fitting decoder");
    let selection = TokenSelection::optimal(&scores);
    let norm = LpNorm::new(p).expect("an exponent");
    bencher.bench_local(|| {
        let settings = SvmSettings::default();
        let outcome = max_margin_key_query(&planted.data, &selection, norm, &settings);
        assert!(matches!(outcome, Ok(Outcome::MaxMargin(_))), "certified");
    });
}
