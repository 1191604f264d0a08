//! Mirror maps at points where their values are known: closed forms, symmetries, and the ends of
//! the range.

use crate::geometries::{BETA, P, geometries, hypentropy, matrix, norm, schatten, times};
use crate::grid::{inner, potential, smooth_vector};
use mirrorhead_kernels::{InvalidSetting, Matrix};
use mirrorhead_mirror::{
    EntropyPotential, HypentropyPotential, MirrorError, OutsideDomain, Potential,
    SchattenPotential, SquaredNormPotential, bregman_divergence,
};
use proptest::prelude::*;

fn image(psi: &impl Potential, w: &[f64]) -> Vec<f64> {
    let mut u = vec![0.0; w.len()];
    psi.mirror_map(w, &mut u);
    u
}

fn preimage(psi: &impl Potential, u: &[f64]) -> Vec<f64> {
    let mut w = vec![0.0; u.len()];
    psi.inverse_mirror_map(u, &mut w);
    w
}

fn assert_near(a: &[f64], b: &[f64], tolerance: f64, what: &str) {
    for (a, b) in a.iter().zip(b) {
        assert!((a - b).abs() <= tolerance, "{what}: {a} and {b}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn the_squared_norm_maps_rays_to_the_rays_of_the_power(w in smooth_vector(6)) {
        for p in P {
            let (squared, power) = (SquaredNormPotential::new(norm(p)), potential(p));
            let factor = power.norm(&w).powf(2.0 - p);
            let expected: Vec<_> = image(&power, &w).iter().map(|u| factor * u).collect();
            assert_near(&image(&squared, &w), &expected, 1e-12, "p");
            // The dual potential is the squared dual norm: same maps, the other way round.
            let dual = SquaredNormPotential::new(norm(p).dual());
            prop_assert_eq!(image(&dual, &w), preimage(&squared, &w));
            prop_assert_eq!(dual.value(&w), squared.conjugate_value(&w));
        }
    }

    #[test]
    fn schatten_is_orthogonally_invariant_and_the_power_on_diagonals(raw in smooth_vector(6), angle in -3.0..3.0f64) {
        let turn = Matrix::from_rows(&[[angle.cos(), -angle.sin()], [angle.sin(), angle.cos()]]).expect("finite");
        let w = matrix(&raw);
        let turned = times(&turn, &w);
        for p in P {
            let psi = schatten(p);
            let value = psi.value(w.as_slice());
            prop_assert!((psi.value(turned.as_slice()) / value - 1.0).abs() < 1e-12, "p = {p}");
            let u = Matrix::from_columns(2, 3, image(&psi, w.as_slice())).expect("finite");
            assert_near(&image(&psi, turned.as_slice()), times(&turn, &u).as_slice(), 1e-12, "turned");
            // On a diagonal, and on a column, where it is the Euclidean norm to the p.
            let diagonal = [raw[0], 0.0, 0.0, raw[1], 0.0, 0.0];
            assert_near(&image(&psi, &diagonal), &image(&potential(p), &diagonal), 1e-12, "diagonal");
            let column = SchattenPotential::new(norm(p), 6, 1);
            let length = inner(&raw, &raw).sqrt();
            prop_assert!((column.value(&raw) * p / length.powf(p) - 1.0).abs() < 1e-12);
            let expected: Vec<_> = raw.iter().map(|x| x * length.powf(p - 2.0)).collect();
            assert_near(&image(&column, &raw), &expected, 1e-11, "column");
        }
        prop_assert_eq!(image(&schatten(2.0), w.as_slice()), w.as_slice());
    }

    #[test]
    fn hypentropy_is_between_gradient_descent_and_exponentiated_gradient(w in smooth_vector(6), step in smooth_vector(6)) {
        // Large beta: beta times the map is the identity. Small beta: a step multiplies.
        let flat = hypentropy(1e6);
        let scaled: Vec<_> = image(&flat, &w).iter().map(|u| 1e6 * u).collect();
        assert_near(&scaled, &w, 1e-11, "flat");
        let steep = hypentropy(1e-9);
        let towards: Vec<_> = step.iter().zip(&w).map(|(s, w)| s.abs().copysign(*w)).collect();
        let moved: Vec<_> = image(&steep, &w).iter().zip(&towards).map(|(u, s)| u + s).collect();
        let expected: Vec<_> = w.iter().zip(&towards).map(|(w, s)| w * s.abs().exp()).collect();
        assert_near(&preimage(&steep, &moved), &expected, 1e-12 * 20.0, "steep");
        // Its definition, where nothing cancels.
        let psi = hypentropy(0.3);
        let plain: f64 = w.iter().map(|w| w * (w / 0.3).asinh() - (w * w + 0.09).sqrt() + 0.3).sum();
        prop_assert!((psi.value(&w) - plain).abs() < 1e-13 * (1.0 + plain.abs()) * 6.0);
        let plain: f64 = w.iter().map(|u| 0.3 * (u.cosh() - 1.0)).sum();
        prop_assert!((psi.conjugate_value(&w) - plain).abs() < 1e-13 * (1.0 + plain));
    }

    #[test]
    fn entropy_diverges_by_kullback_and_leibler_and_steps_by_factors(a in smooth_vector(6), b in smooth_vector(6)) {
        let unit = |x: &[f64]| {
            let sum: f64 = x.iter().map(|x| x.abs()).sum();
            x.iter().map(|x| x.abs() / sum).collect::<Vec<_>>()
        };
        let (p, r) = (unit(&a), unit(&b));
        let expected: f64 = p.iter().zip(&r).map(|(p, r)| p * (p / r).ln()).sum();
        let found = bregman_divergence(&EntropyPotential, &p, &r);
        prop_assert!((found - expected).abs() < 1e-14, "{found} and {expected}");
        let odds: Vec<_> = p.iter().zip(&b).map(|(p, g)| p * (-g).exp()).collect();
        let moved: Vec<_> = image(&EntropyPotential, &p).iter().zip(&b).map(|(u, g)| u - g).collect();
        assert_near(&preimage(&EntropyPotential, &moved), &unit(&odds), 1e-14, "exponentiated gradient");
        // Dual points and gradients matter up to a constant.
        let shifted: Vec<_> = moved.iter().map(|u| u + 3.0).collect();
        assert_near(&preimage(&EntropyPotential, &shifted), &unit(&odds), 1e-14, "shifted");
        let constant = EntropyPotential.dual_norm(&[7.0; 6]);
        prop_assert_eq!(constant, 0.0);
    }
}

#[test]
fn the_ends_of_the_range_come_back() {
    let w = [1e150, -1e-150, 0.0, 3.0, -0.0, 2e-150];
    for p in P {
        // Powers go where powers go; squares keep the size.
        let back = preimage(
            &SquaredNormPotential::new(norm(p)),
            &image(&SquaredNormPotential::new(norm(p)), &w),
        );
        assert!((back[0] / w[0] - 1.0).abs() < 1e-13, "p = {p}: {back:?}");
        for scale in [1e-150, 1e150] {
            let psi = SquaredNormPotential::new(norm(p));
            let scaled = [scale, -2.0 * scale, 0.0, 0.5 * scale, scale, scale];
            for (back, w) in preimage(&psi, &image(&psi, &scaled)).iter().zip(scaled) {
                assert!((back - w).abs() <= 1e-13 * w.abs(), "p = {p}: {w} -> {back}");
            }
        }
    }
    for p in [1.1, 1.5, 2.0, 3.0] {
        // (1e-150)^(p-1) and back: rank two, the third direction of no singular value.
        for scale in [1e-100, 1e100] {
            let psi = schatten(p);
            let scaled = [scale, 0.0, -2.0 * scale, 0.5 * scale, scale, scale];
            for (back, w) in preimage(&psi, &image(&psi, &scaled)).iter().zip(scaled) {
                assert!((back - w).abs() <= 1e-12 * scale, "p = {p}: {w} -> {back}");
            }
        }
    }
    for beta in BETA.into_iter().chain([1e-300, 1e300]) {
        let psi = hypentropy(beta);
        for (back, w) in preimage(&psi, &image(&psi, &w)).iter().zip(w) {
            // w/beta below the range is nothing; elsewhere the logarithm has 700 units to round.
            let lost = (w / beta).abs() < f64::MIN_POSITIVE;
            let bound = if lost { w.abs() } else { 1e-12 * w.abs() };
            assert!((back - w).abs() <= bound, "beta = {beta}: {w} -> {back}");
        }
        assert!(psi.value(&w).is_finite() && psi.value(&[0.0]) == 0.0);
        assert_eq!(image(&psi, &[-0.0])[0].to_bits(), (-0.0f64).to_bits());
    }
    let mut u = [0.0, 1e300, -1e300];
    let far = preimage(&EntropyPotential, &u);
    assert_eq!(far, [0.0, 1.0, 0.0]);
    u[1] = f64::INFINITY;
    assert!(preimage(&EntropyPotential, &u).iter().all(|w| w.is_nan()), "lost, not guessed");
    let odds = image(&EntropyPotential, &[1e-150, 1.0 - 1e-150]);
    assert!((preimage(&EntropyPotential, &odds)[0] / 1e-150 - 1.0).abs() < 1e-13);
}

#[test]
fn zero_is_zero_and_nan_is_never_passed_over() {
    for geometry in geometries() {
        if geometry.name != "entropy" && !geometry.name.contains("around") {
            assert_eq!(geometry.image(&[0.0; 6]), [0.0; 6], "{}", geometry.name);
            assert_eq!(geometry.preimage(&[0.0; 6]), [0.0; 6], "{}", geometry.name);
            assert_eq!(geometry.psi.value(&[0.0; 6]), 0.0, "{}", geometry.name);
        }
        assert_eq!(geometry.psi.dual_norm(&[0.0; 6]), 0.0, "{}", geometry.name);
        for bad in [f64::NAN, f64::INFINITY] {
            let u = [1.0, 2.0, bad, -1.0, 0.5, 0.0];
            let w = geometry.preimage(&u);
            assert!(w.iter().any(|w| !w.is_finite()), "{}: {w:?}", geometry.name);
            assert!(!geometry.psi.dual_norm(&u).is_finite(), "{}", geometry.name);
        }
    }
}

#[test]
fn repeated_singular_values_have_one_image_and_low_rank_stays_low() {
    for p in P {
        // Twice a partial isometry: every singular value is two.
        let w = [1.2, -1.6, 1.6, 1.2, 0.0, 0.0];
        let expected: Vec<_> = w.iter().map(|w| w * 2f64.powf(p - 2.0)).collect();
        assert_near(&image(&schatten(p), &w), &expected, 1e-13, "repeated");
        // Rank one, both ways.
        let w: Vec<_> = (0..6).map(|k| [1.0, 2.0][k % 2] * [0.5, -1.0, 3.0][k / 2]).collect();
        let size = inner(&w, &w).sqrt();
        for (map, power) in [
            (image(&schatten(p), &w), p - 2.0),
            (preimage(&schatten(p), &w), 1.0 / (p - 1.0) - 1.0),
        ] {
            let expected: Vec<_> = w.iter().map(|w| w * size.powf(power)).collect();
            assert_near(&map, &expected, 1e-12 * size.powf(power + 1.0), "rank one");
        }
    }
}

#[test]
fn parameters_and_points_out_of_their_domain_are_refused() {
    for beta in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e-310, f64::MAX] {
        let refused = HypentropyPotential::new(beta);
        assert!(
            matches!(
                refused,
                Err(MirrorError::InvalidSetting(InvalidSetting { name: "beta", .. }))
            ),
            "{beta}"
        );
    }
    let column = |x: &[f64]| Matrix::column(x.to_vec()).expect("finite");
    let entropy = |x: &[f64]| EntropyPotential.require_domain(&column(x));
    assert_eq!(entropy(&[0.25; 4]), Ok(()));
    assert_eq!(entropy(&[0.1; 10]), Ok(()));
    assert_eq!(entropy(&[1.0, 0.0]), Err(OutsideDomain::NotPositive { index: 1, value: 0.0 }));
    assert_eq!(entropy(&[-0.5, 1.5]), Err(OutsideDomain::NotPositive { index: 0, value: -0.5 }));
    assert_eq!(entropy(&[0.5, 0.6]), Err(OutsideDomain::SumNotOne { sum: 1.1 }));
    assert_eq!(entropy(&[]), Err(OutsideDomain::SumNotOne { sum: 0.0 }));
    assert_eq!(schatten(3.0).require_domain(&Matrix::zeros(2, 3)), Ok(()));
    assert_eq!(
        schatten(3.0).require_domain(&Matrix::zeros(3, 2)),
        Err(OutsideDomain::Shape { expected: (2, 3), found: (3, 2) })
    );
}

#[test]
fn the_divergence_at_the_edge_of_the_simplex() {
    let (corner, middle) = ([1.0, 0.0, 0.0], [0.5, 0.5, 0.0]);
    assert_eq!(bregman_divergence(&EntropyPotential, &corner, &corner), 0.0);
    let inside = bregman_divergence(&EntropyPotential, &corner, &middle);
    assert!((inside - 2f64.ln()).abs() < 1e-15);
    assert_eq!(bregman_divergence(&EntropyPotential, &middle, &corner), f64::INFINITY);
}
