//! The regularization path: optimal on its spheres, independent of how it was reached.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use mirrorhead_attention::{
    JointRisk, KeyQueryRisk, Loss, Planted, Risk, Seed, SphereTokens, TokenSelection,
    gaussian_matrix, toy_pair,
};
use mirrorhead_kernels::{Matrix, Watched, max_abs};
use mirrorhead_svm::SvmSettings;
use mirrorhead_trainer::{
    PathProgress, PathSettings, PathStop, RegularizationPath, TrainError, as_key_query,
    max_margin_decoder, max_margin_key_query, regularization_path,
};

use crate::small::norm;

fn planted() -> Planted {
    SphereTokens { n_sequences: 4, n_tokens: 4, dim: 3 }.sample(Seed(5)).expect("positive sizes")
}

fn follow<R: Risk>(risk: &R, p: f64, start: &[Matrix], radii: &[f64]) -> RegularizationPath {
    let radii: Vec<_> = radii.iter().map(|radius| vec![*radius; start.len()]).collect();
    let path = regularization_path(risk, norm(p), start, &radii, &PathSettings::default());
    let path = path.expect("valid");
    assert_eq!(path.stop, PathStop::Reached, "p = {p}");
    path
}

#[test]
fn every_point_is_on_its_sphere_and_no_point_near_it_is_better() {
    let planted = planted();
    let risk = KeyQueryRisk::new(&planted.data, &planted.decoder, Loss::Logistic).expect("fits");
    for p in [1.1, 1.5, 2.0, 3.0, 6.0] {
        let path = follow(&risk, p, &[Matrix::zeros(3, 3)], &[0.5, 1.0, 3.0, 8.0]);
        for point in &path.points {
            let (w, radius) = (&point.parameters[0], point.radii[0]);
            assert!((norm(p).of(w.as_slice()) / radius - 1.0).abs() < 1e-13);
            assert!(point.residuals[0].abs() < 1e-12, "p = {p}, R = {radius}: {point:?}");
            assert_eq!(point.risk, risk.value(std::slice::from_ref(w)).expect("W fits"));
            for direction in 0..60 {
                let toward = gaussian_matrix(3, 3, Seed(direction));
                for size in [1e-3, 1e-2, 1e-1] {
                    let mut near = w.clone();
                    for (w, d) in near.as_mut_slice().iter_mut().zip(toward.as_slice()) {
                        *w += size * radius * d;
                    }
                    let shrink = (radius / norm(p).of(near.as_slice())).min(1.0);
                    near.as_mut_slice().iter_mut().for_each(|w| *w *= shrink);
                    let there = risk.value(&[near]).expect("W fits");
                    assert!(there >= point.risk - 1e-14, "p = {p}, R = {radius}, {size}");
                }
            }
        }
    }
}

#[test]
fn the_point_does_not_depend_on_the_way_there() {
    let planted = planted();
    let risk = KeyQueryRisk::new(&planted.data, &planted.decoder, Loss::Logistic).expect("fits");
    for p in [1.25, 2.0, 3.0] {
        let start = [Matrix::zeros(3, 3)];
        let ends = [
            &[1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 1e3, 1e4][..],
            &[1.0, 1e2, 1e4],
            &[1.0, 1e4, 1e5, 1e4],
        ]
        .map(|radii| {
            let mut path = follow(&risk, p, &start, radii);
            // Behind a fold there is a choice of branches.
            assert_eq!(path.work.jumps, 0, "p = {p}: hypothesis");
            path.points.pop().expect("a point")
        });
        let [w, x, y] = ends.each_ref().map(|end| end.parameters[0].as_slice());
        for other in [x, y] {
            let off: Vec<f64> = w.iter().zip(other).map(|(a, b)| a - b).collect();
            assert!(max_abs(&off) < 1e-8 * max_abs(w), "p = {p}: {:e}", max_abs(&off));
        }
    }
}

#[test]
fn misuse_is_an_error_and_an_interrupt_an_outcome() {
    let data = toy_pair();
    let risk = JointRisk::new(&data, Loss::Logistic);
    let start = [Matrix::zeros(2, 2), Matrix::zeros(2, 1)];
    let run = |start: &[Matrix],
               radii: &[Vec<f64>],
               settings: &Watched<'_, PathSettings, PathProgress>| {
        regularization_path(&risk, norm(2.0), start, radii, settings)
    };
    let default = Watched::from(PathSettings::default());
    for radii in [vec![1.0], vec![1.0, 0.0], vec![1.0, f64::NAN], vec![f64::INFINITY, 1.0]] {
        let refused = run(&start, std::slice::from_ref(&radii), &default);
        assert!(matches!(refused, Err(TrainError::InvalidSetting(_))), "{radii:?}");
    }
    let strict = default.with_settings(default.with_tolerance(0.0));
    assert!(run(&start, &[vec![1.0, 1.0]], &strict).is_err());
    assert!(matches!(run(&start[..1], &[], &default), Err(TrainError::StartShape { .. })));
    let nan = [Matrix::from_fn(2, 2, |_, _| f64::NAN), Matrix::zeros(2, 1)];
    assert!(run(&nan, &[vec![1.0, 1.0]], &default).is_err());

    let interrupted = default.with_interrupt(&|| true);
    let path = run(&start, &[vec![1.0, 1.0]], &interrupted).expect("valid");
    assert_eq!((path.stop, path.points.len()), (PathStop::Interrupted, 0));
    assert_eq!(run(&start, &[], &default).expect("valid").points, []);
}

#[test]
fn a_path_tells_how_far_it_is_and_ends_between_two_points_when_told() {
    let planted = planted();
    let risk = KeyQueryRisk::new(&planted.data, &planted.decoder, Loss::Logistic).expect("fits");
    let start = [Matrix::zeros(3, 3)];
    let radii: Vec<_> = [1.0, 10.0, 100.0].map(|radius| vec![radius]).into();
    let told = Mutex::new(Vec::<PathProgress>::new());
    let note = |at| told.lock().expect("not poisoned").push(at);
    let watched = PathSettings::default().with_progress(&note);
    let whole = regularization_path(&risk, norm(3.0), &start, &radii, &watched).expect("valid");
    assert_eq!((whole.stop, whole.points.len()), (PathStop::Reached, 3));

    let told = std::mem::take(&mut *told.lock().expect("not poisoned"));
    let last = told.last().expect("told");
    assert_eq!((last.points, last.radius), (3, 100.0));
    assert_eq!(last.newton_iterations, whole.work.newton_iterations);
    assert!(told.is_sorted_by_key(|at| (at.points, at.newton_iterations)));
    assert!(whole.work.newton_iterations > 3 && told.len() as u64 > whole.work.newton_iterations);

    // In the midst of the second point: not at the last time that it was looked for.
    let of_second = told.iter().filter(|at| at.points == 1).count();
    let first = told.iter().filter(|at| at.points == 0).count();
    assert!(of_second >= 3);
    let asked = AtomicUsize::new(0);
    // Once only: a caller's answer is kept.
    let interrupt = || asked.fetch_add(1, Ordering::Relaxed) == first + of_second / 2;
    let watched = PathSettings::default().with_interrupt(&interrupt);
    let part = regularization_path(&risk, norm(3.0), &start, &radii, &watched).expect("valid");
    assert_eq!((part.stop, &part.points[..]), (PathStop::Interrupted, &whole.points[..1]));
    assert_eq!(asked.into_inner(), first + of_second / 2 + 1);
}

/// A sample off the decoder's support keeps its attention between two tokens, and a decoder of length `$10^5$` magnifies
/// what little that changes: the gradient there turns within a move of W of `$10^{-7}$` of itself.
#[test]
fn a_sample_that_is_stiff_is_followed() {
    let data = SphereTokens { n_sequences: 3, n_tokens: 3, dim: 4 }.sample(Seed(105));
    let data = data.expect("positive sizes").data;
    let selection = TokenSelection::new(vec![0, 1, 1], &data).expect("3 tokens");
    let settings = SvmSettings::default();
    let key_query = max_margin_key_query(&data, &selection, norm(2.0), &settings);
    let decoder = max_margin_decoder(&data, &selection, norm(2.0), &settings);
    let [key_query, decoder] =
        [key_query, decoder].map(|svm| svm.expect("valid").max_margin().expect("separable"));
    let start = [
        as_key_query(&data, &key_query),
        Matrix::column(decoder.direction().to_vec()).expect("finite"),
    ];
    let radii: Vec<_> = [56.0, 178.0, 562.0, 1_000.0].map(|r| vec![r, 100.0 * r]).into();
    let risk = JointRisk::new(&data, Loss::Logistic);
    let path = regularization_path(&risk, norm(2.0), &start, &radii, &PathSettings::default());
    let path = path.expect("valid");
    assert_eq!((path.stop, path.work.jumps), (PathStop::Reached, 0));
    let residuals = path.points.iter().flat_map(|point| &point.residuals);
    assert!(residuals.copied().fold(0.0, f64::max) < 1e-12);
}

#[test]
fn a_minimum_inside_the_ball_has_no_path() {
    // Two tokens with the same score: the risk is constant, and its gradient zero.
    let tokens = mirrorhead_kernels::TokenBatch::from_rows(&[vec![vec![1.0, 0.0], vec![1.0, 1.0]]]);
    let query = Matrix::from_rows(&[[1.0, 0.0]]).expect("finite");
    let data = mirrorhead_attention::Dataset::new(tokens.expect("valid"), &query, vec![1.0]);
    let data = data.expect("valid");
    let decoder = Matrix::column(vec![1.0, 0.0]).expect("finite");
    let risk = KeyQueryRisk::new(&data, &decoder, Loss::Logistic).expect("fits");
    let start = [gaussian_matrix(2, 2, Seed(1))];
    let path =
        regularization_path(&risk, norm(2.0), &start, &[vec![1.0]], &PathSettings::default());
    assert_eq!(path.expect("valid").stop, PathStop::Stalled);
}
