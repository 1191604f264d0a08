//! Every mirror map: its inverse, its conjugate, its norms and its Bregman divergence, as convex
//! analysis ties them.

use crate::geometries::{Domain, geometries};
use crate::grid::{inner, smooth_vector};
use mirrorhead_mirror::bregman_divergence;
use proptest::prelude::*;

const EPS: f64 = f64::EPSILON;

fn between(a: &[f64], b: &[f64], t: f64) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| t * a + (1.0 - t) * b).collect()
}

fn minus(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a - b).collect()
}

/// Central difference of `f` along `way`.
fn slope(f: impl Fn(&[f64]) -> f64, at: &[f64], way: &[f64]) -> f64 {
    let h = 1e-6;
    let moved = |by: f64| f(&at.iter().zip(way).map(|(x, d)| x + by * d).collect::<Vec<_>>());
    (moved(h) - moved(-h)) / (2.0 * h)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_inverse_map_takes_back_the_map(raw in smooth_vector(6)) {
        for geometry in geometries() {
            let w = geometry.point(&raw);
            let back = geometry.preimage(&geometry.image(&w));
            for (w, back) in w.iter().zip(&back) {
                // Singular values of 0.2 to 2 apart a hundredfold after a square: p = 4 loses two digits.
                prop_assert!((w - back).abs() <= 1e-12, "{}: {w} -> {back}", geometry.name);
            }
        }
    }

    #[test]
    fn the_maps_are_the_gradients_of_value_and_conjugate(raw in smooth_vector(6), way in smooth_vector(6)) {
        for geometry in geometries() {
            let (w, way) = (geometry.point(&raw), geometry.way(&way));
            let u = geometry.image(&w);
            for (map, found, size) in [
                (inner(&u, &way), slope(|w| geometry.psi.value(w), &w, &way), geometry.psi.value(&w)),
                (inner(&w, &way), slope(|u| geometry.psi.conjugate_value(u), &u, &way), geometry.psi.conjugate_value(&u)),
            ] {
                // h^2 times the third derivative, at most 1e5 (of u^(4/3) at a singular value of 0.2^3),
                // and eps/h times the value.
                let bound = 1e-7 * (1.0 + size.abs() + map.abs());
                prop_assert!((found - map).abs() <= bound, "{}: {found} and {map}", geometry.name);
            }
        }
    }

    #[test]
    fn fenchel_young_holds_with_equality_at_the_image_only(raw in smooth_vector(6), other in smooth_vector(6)) {
        for geometry in geometries() {
            let (w, elsewhere) = (geometry.point(&raw), geometry.image(&geometry.point(&other)));
            let gap = |u: &[f64]| {
                let terms = [geometry.psi.value(&w), geometry.psi.conjugate_value(u), -inner(u, &w)];
                (terms.iter().sum::<f64>(), terms.iter().map(|x| x.abs()).sum::<f64>())
            };
            let (at_image, size) = gap(&geometry.image(&w));
            prop_assert!(at_image.abs() <= 400.0 * EPS * size, "{}: {at_image}", geometry.name);
            let apart = minus(&w, &geometry.point(&other)).iter().any(|x| x.abs() > 0.2);
            let (away, size) = gap(&elsewhere);
            prop_assert!(away >= -400.0 * EPS * size, "{}: {away}", geometry.name);
            prop_assert!(!apart || away > 1e-9 * size, "{}: {away} beside {size}", geometry.name);
        }
    }

    #[test]
    fn the_divergence_is_its_definition_and_ties_three_points(
        a in smooth_vector(6), b in smooth_vector(6), c in smooth_vector(6), t in 0.1..0.9f64,
    ) {
        for geometry in geometries() {
            let (psi, name) = (&*geometry.psi, &geometry.name);
            let [a, b, c] = [&a, &b, &c].map(|raw| geometry.point(raw));
            let (at_b, at_c) = (geometry.image(&b), geometry.image(&c));
            let divergence = bregman_divergence(psi, &a, &b);
            let size = [&a, &b, &c].iter().map(|x| psi.value(x).abs() + inner(&geometry.image(x), x).abs())
                .sum::<f64>() * 10.0;
            // Its definition, through the conjugate: D(a, b) = psi(a) + psi*(grad psi(b)) - <., a>.
            let by_conjugate = psi.value(&a) + psi.conjugate_value(&at_b) - inner(&at_b, &a);
            prop_assert!((divergence - by_conjugate).abs() <= 400.0 * EPS * size, "{name}");
            prop_assert!(divergence >= -64.0 * EPS * size, "{name}: {divergence}");
            prop_assert_eq!(bregman_divergence(psi, &a, &a), 0.0);
            if minus(&a, &b).iter().any(|x| x.abs() > 0.2) {
                prop_assert!(divergence > 1e-9 * size, "{name}: {divergence}");
            }
            let parts = divergence + bregman_divergence(psi, &b, &c) + inner(&minus(&at_b, &at_c), &minus(&a, &b));
            let whole = bregman_divergence(psi, &a, &c);
            prop_assert!((whole - parts).abs() <= 64.0 * EPS * size, "{name}: {whole} and {parts}");
            // Convexity along the segment.
            let chord = t * psi.value(&a) + (1.0 - t) * psi.value(&b);
            prop_assert!(psi.value(&between(&a, &b, t)) <= chord + 64.0 * EPS * size, "{name}");
        }
    }

    #[test]
    fn the_norms_are_dual(raw in smooth_vector(6), other in smooth_vector(6), u in smooth_vector(6)) {
        for geometry in geometries() {
            let (psi, name) = (&*geometry.psi, &geometry.name);
            // On the simplex the dual norm is that of differences of points.
            let (w, v) = (geometry.point(&raw), geometry.point(&other));
            let way = if geometry.domain == Domain::Simplex { minus(&w, &v) } else { w.clone() };
            let product = psi.norm(&way) * psi.dual_norm(&u);
            prop_assert!(inner(&way, &u).abs() <= product * (1.0 + 1e-13), "Hoelder for {name}");
            if name.starts_with("squared") || name.starts_with("Schatten") {
                let image = geometry.image(&w);
                let attained = psi.norm(&w) * psi.dual_norm(&image);
                prop_assert!((inner(&w, &image) / attained - 1.0).abs() <= 1e-13, "{name}");
            }
            // Norms: positive homogeneity and the triangle inequality.
            prop_assert!((psi.dual_norm(&u.iter().map(|x| -3.0 * x).collect::<Vec<_>>()) - 3.0 * psi.dual_norm(&u)).abs() < 1e-12);
            let sum: Vec<_> = u.iter().zip(&v).map(|(a, b)| a + b).collect();
            prop_assert!(psi.dual_norm(&sum) <= (psi.dual_norm(&u) + psi.dual_norm(&v)) * (1.0 + 1e-13), "{name}");
        }
    }
}
