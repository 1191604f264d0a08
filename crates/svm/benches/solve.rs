//! The SVM solve, on stored rows: random AttSVM problems and plain classifiers.

use mirrorhead_kernels::{DenseRows, Matrix};
use mirrorhead_mirror::LpNorm;
use mirrorhead_svm::{
    EqualityOutcome, HardMarginProblem, Norm, Outcome, SchattenNorm, SchattenProblem, SvmSettings,
    solve, solve_from, solve_schatten, solve_with_equalities,
};

#[path = "../tests/it/common.rs"]
#[allow(dead_code, clippy::disallowed_methods)] // Shared with the tests.
mod common;

fn main() {
    divan::main();
}

fn stored(rows: &[Vec<f64>]) -> DenseRows {
    DenseRows::new(&Matrix::from_rows(rows).expect("finite rows"))
}

fn bench_rows(bencher: divan::Bencher<'_, '_>, rows: &DenseRows, p: f64) {
    let norm = LpNorm::new(p).expect("a valid exponent");
    let problem = HardMarginProblem::new(rows, norm).expect("a valid problem");
    bencher.bench_local(|| {
        let found = solve(divan::black_box(&problem), &SvmSettings::default());
        assert!(matches!(found, Ok(Outcome::MaxMargin(_))));
    });
}

#[divan::bench(args = [1.05, 1.5, 2.0, 3.0, 10.0, 50.0])]
fn attention_6_8_10(bencher: divan::Bencher<'_, '_>, p: f64) {
    bench_rows(bencher, &stored(&common::att_svm_rows(6, 8, 10, 1)), p);
}

#[divan::bench(args = [1.5, 2.0, 3.0, 10.0, 50.0], sample_count = 20)]
fn attention_20_16_16(bencher: divan::Bencher<'_, '_>, p: f64) {
    bench_rows(bencher, &stored(&common::att_svm_rows(20, 16, 16, 1)), p);
}

#[divan::bench(args = [1.5, 2.0, 3.0], sample_count = 20)]
fn classifier_2000_by_20(bencher: divan::Bencher<'_, '_>, p: f64) {
    bench_rows(bencher, &stored(&common::separable_rows(2000, 20, 1)), p);
}

#[divan::bench(args = [(6, 8, 10), (20, 8, 20)], sample_count = 20)]
fn nuclear(bencher: divan::Bencher<'_, '_>, (n, len, dim): (usize, usize, usize)) {
    let rows = stored(&common::att_svm_rows(n, len, dim, 1));
    let norm = SchattenNorm::new(Norm::L1, dim, dim);
    let problem = SchattenProblem::new(&rows, norm).expect("a valid problem");
    bencher.bench_local(|| {
        let found = solve_schatten(divan::black_box(&problem), &SvmSettings::default());
        assert!(matches!(found, Ok(Outcome::MaxMargin(_))));
    });
}

/// 30 rows of 40 columns under half as many equalities, and the same problem without these.
#[divan::bench(args = [(0, 2.0), (20, 1.0), (20, 1.5), (20, 2.0), (20, 3.0)], sample_count = 20)]
fn under_equalities(bencher: divan::Bencher<'_, '_>, (count, p): (usize, f64)) {
    let all = common::separable_rows(30, 40, 1);
    let mut stream = common::Stream::new(2);
    let equalities: Vec<Vec<f64>> = (0..count.max(1)).map(|_| stream.vector(40)).collect();
    let (rows, equalities) = (stored(&all), stored(&equalities));
    let problem = HardMarginProblem::new(&rows, p).expect("a valid problem");
    if count == 0 {
        return bencher.bench_local(|| solve(divan::black_box(&problem), &SvmSettings::default()));
    }
    let problem = problem.with_equalities(&equalities).expect("valid equalities");
    bencher.bench_local(|| {
        let found = solve_with_equalities(divan::black_box(&problem), &SvmSettings::default());
        assert!(matches!(found, Ok(EqualityOutcome::MaxMargin(_))));
    });
}

#[divan::bench]
fn next_point_of_a_path(bencher: divan::Bencher<'_, '_>) {
    let rows = stored(&common::att_svm_rows(6, 8, 10, 1));
    let at = |p| {
        let norm = LpNorm::new(p).expect("a valid exponent");
        HardMarginProblem::new(&rows, norm).expect("a valid problem")
    };
    let Ok(Outcome::MaxMargin(start)) = solve(&at(3.0), &SvmSettings::default()) else {
        panic!("a separable problem")
    };
    let next = at(3.3);
    bencher.bench_local(|| solve_from(divan::black_box(&next), &SvmSettings::default(), &start));
}
