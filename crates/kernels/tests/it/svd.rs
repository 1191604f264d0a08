//! Singular values and functions of them: against their definition, at the ends of the range, and
//! where values repeat or vanish.

use mirrorhead_kernels::{Matrix, Svd, singular_values};
use proptest::prelude::*;

const EPS: f64 = f64::EPSILON;

/// `$A B^\top$`.
fn times_transposed(a: &Matrix, b: &Matrix) -> Matrix {
    Matrix::from_fn(a.nrows(), b.nrows(), |i, j| {
        (0..a.ncols()).map(|k| a[(i, k)] * b[(j, k)]).sum()
    })
}

/// `$U f(\Sigma) V^\top$`.
fn image(a: &Matrix, f: impl Fn(f64) -> f64) -> Matrix {
    let svd = Svd::new(a.as_slice(), a.nrows(), a.ncols()).expect("finite");
    let mut out = Matrix::zeros(a.nrows(), a.ncols());
    svd.with_values(f, out.as_mut_slice());
    out
}

fn assert_near(a: &Matrix, b: &Matrix, tolerance: f64) {
    for (a, b) in a.as_slice().iter().zip(b.as_slice()) {
        assert!((a - b).abs() <= tolerance, "{a} and {b}, not within {tolerance:e}");
    }
}

/// A matrix of small size, of any shape.
fn matrix() -> impl Strategy<Value = Matrix> {
    (1..7usize, 1..7usize).prop_flat_map(|(m, n)| {
        prop::collection::vec(-2.0..2.0f64, m * n)
            .prop_map(move |x| Matrix::from_columns(m, n, x).expect("finite"))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn identity_cube_and_sign_are_what_products_say(a in matrix(), scale in -300i32..300) {
        // U S V^T = A and U S^3 V^T = A A^T A; the polar factor Q has Q Q^T A = A.
        assert_near(&image(&a, |s| s), &a, 200.0 * EPS);
        let cube = times_transposed(&times_transposed(&a, &a), &a.transposed());
        assert_near(&image(&a, |s| s.powi(3)), &cube, 1e-11);
        let polar = image(&a, |_| 1.0);
        let again = times_transposed(&times_transposed(&polar, &polar), &a.transposed());
        assert_near(&again, &a, 1e-12);
        // The values alone, at any scale.
        let s = 10f64.powi(scale);
        let scaled: Vec<_> = a.as_slice().iter().map(|x| x * s).collect();
        let alone = singular_values(&scaled, a.nrows(), a.ncols()).expect("finite");
        let svd = Svd::new(a.as_slice(), a.nrows(), a.ncols()).expect("finite");
        for (alone, value) in alone.iter().zip(svd.singular_values()) {
            prop_assert!((alone / s - value).abs() <= 100.0 * EPS * svd.singular_values()[0], "{alone} {value}");
        }
        prop_assert!(svd.singular_values().is_sorted_by(|a, b| a >= b && *b >= 0.0));
        let squares: f64 = svd.singular_values().iter().map(|s| s * s).sum();
        let frobenius: f64 = a.as_slice().iter().map(|x| x * x).sum();
        prop_assert!((squares - frobenius).abs() <= 100.0 * EPS * frobenius);
    }

    #[test]
    fn low_rank_stays_low_rank_however_steep_the_function(
        x in prop::collection::vec(0.5..2.0f64, 5), y in prop::collection::vec(0.5..2.0f64, 4),
    ) {
        // At the root of rank one, x y^T / sqrt(|x| |y|), rounding at 1e-17 would weigh 1e-2 after ^(1/8).
        let a = Matrix::from_fn(5, 4, |i, j| x[i] * y[j]);
        let svd = Svd::new(a.as_slice(), 5, 4).expect("finite");
        prop_assert!(svd.singular_values()[1..].iter().all(|s| *s == 0.0), "{:?}", svd.singular_values());
        let size = svd.singular_values()[0];
        let expected = Matrix::from_fn(5, 4, |i, j| a[(i, j)] / size * size.powf(0.125));
        assert_near(&image(&a, |s| s.powf(0.125)), &expected, 100.0 * EPS * size);
    }
}

#[test]
fn repeated_values_and_zero() {
    // A rotation times two: every singular value is two, any basis would do, the image is one.
    let (c, s) = (0.6, 0.8);
    let rotation = Matrix::from_rows(&[[2.0 * c, -2.0 * s], [2.0 * s, 2.0 * c]]).expect("finite");
    let expected = Matrix::from_rows(&[[8.0 * c, -8.0 * s], [8.0 * s, 8.0 * c]]).expect("finite");
    assert_near(&image(&rotation, |s| s.powi(3)), &expected, 1e-14 * 8.0);
    let zero = Matrix::zeros(3, 2);
    assert_eq!(image(&zero, |_| f64::NAN), zero, "f is not asked about zero");
    assert_eq!(singular_values(&[], 0, 3), Some(vec![]));
    assert_eq!(singular_values(&[5e-324], 1, 1), Some(vec![5e-324]));
    assert_eq!(singular_values(&[-f64::MAX], 1, 1), Some(vec![f64::MAX]));
}

#[test]
fn what_is_not_finite_has_none() {
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert!(Svd::new(&[1.0, bad, 0.0, 2.0], 2, 2).is_none());
        assert!(singular_values(&[1.0, bad], 1, 2).is_none());
    }
}

#[test]
fn a_larger_matrix_is_decomposed_alike_by_any_number_of_threads() {
    let a = Matrix::from_fn(150, 140, |i, j| ((i * 7 + j * 13) as f64 * 0.37).sin());
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        pool.install(|| image(&a, |s| s))
    };
    let (one, three) = (run(1), run(3));
    assert_near(&one, &a, 1e-12);
    assert_eq!(one, three);
}
