//! The power potential: its maps, its conjugate and its norms, as convex analysis ties them.

use crate::grid::{P, close, inner, norm, plain_norm, potential, smooth_vector, vector};
use mirrorhead_mirror::{InvalidExponent, LpNorm, Potential};
use proptest::prelude::*;

const EPS: f64 = f64::EPSILON;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_inverse_map_takes_back_the_map(w in vector(7)) {
        for p in P {
            let (psi, mut u, mut back) = (potential(p), [0.0; 7], [0.0; 7]);
            psi.mirror_map(&w, &mut u);
            psi.inverse_mirror_map(&u, &mut back);
            for (w, back) in w.iter().zip(back) {
                // The rounding of |w|^(p-1), magnified by 1/(p-1); |log w| by unequal exponents.
                let bound = EPS * (16.0 + 8.0 * p + 8.0 / (p - 1.0)) * (1.0 + w.abs().ln().abs());
                prop_assert!(*w == back || close(*w, back, bound, w.abs()), "p = {p}: {w} -> {back}");
            }
        }
    }

    #[test]
    fn fenchel_young_holds_with_equality_at_the_image_only(w in smooth_vector(6), u in smooth_vector(6)) {
        for p in P {
            let (psi, mut image) = (potential(p), [0.0; 6]);
            psi.mirror_map(&w, &mut image);
            let gap = |u: &[f64]| {
                let terms = [psi.value(&w), psi.conjugate_value(u), -inner(u, &w)];
                (terms.iter().sum::<f64>(), terms.iter().map(|x| x.abs()).sum::<f64>())
            };
            let (at_image, size) = gap(&image);
            prop_assert!(at_image.abs() <= 64.0 * EPS * p.max(1.0 / (p - 1.0)) * size, "p = {p}");
            let (elsewhere, size) = gap(&u);
            prop_assert!(elsewhere >= -64.0 * EPS * size, "p = {p}: {elsewhere}");
            // Strictly: psi*(u) - psi*(image) - <w, u - image> grows as soon as u is another point.
            if u.iter().zip(&image).any(|(a, b)| (a - b).abs() > 0.5) {
                prop_assert!(elsewhere > 1e-9 * size, "p = {p}: {elsewhere} beside {size}");
            }
        }
    }

    #[test]
    fn the_maps_are_the_gradients_of_value_and_conjugate(w in smooth_vector(5)) {
        for p in P {
            let (psi, mut u, mut back) = (potential(p), [0.0; 5], [0.0; 5]);
            psi.mirror_map(&w, &mut u);
            psi.inverse_mirror_map(&w, &mut back);
            let h = 1e-5;
            let slope = |f: &dyn Fn(&[f64]) -> f64, k: usize| {
                let moved = |by: f64| { let mut x = w.clone(); x[k] += by; f(&x) };
                (moved(h) - moved(-h)) / (2.0 * h)
            };
            for k in 0..5 {
                // h^2/6 times the third derivative, and eps/h times the value. q = 21 at p = 1.05.
                for (map, f, e) in [
                    (u[k], &(|x: &[f64]| psi.value(x)) as &dyn Fn(&[f64]) -> f64, p),
                    (back[k], &|x: &[f64]| psi.conjugate_value(x), norm(p).conjugate_exponent()),
                ] {
                    let third = (e - 1.0) * (e - 2.0).abs() * w[k].abs().powf(e - 3.0);
                    let bound = h * h * third + 4.0 * EPS / h * f(&w) + 1e-10;
                    let found = slope(f, k);
                    prop_assert!((found - map).abs() <= bound, "p = {p}: {found} and {map}");
                }
            }
        }
    }

    #[test]
    fn the_potential_is_strictly_convex(a in vector(5), b in vector(5), t in 0.1..0.9f64) {
        prop_assume!(a.iter().zip(&b).any(|(a, b)| (a - b).abs() > 0.1));
        let between: Vec<_> = a.iter().zip(&b).map(|(a, b)| t * a + (1.0 - t) * b).collect();
        for p in P {
            let psi = potential(p);
            let chord = t * psi.value(&a) + (1.0 - t) * psi.value(&b);
            prop_assert!(psi.value(&between) < chord + 8.0 * EPS * chord, "p = {p}");
        }
    }

    #[test]
    fn the_norms_are_dual(w in smooth_vector(6), u in vector(6)) {
        for p in P {
            let psi = potential(p);
            let (q, (length, dual)) = (p / (p - 1.0), (psi.norm(&w), psi.dual_norm(&u)));
            prop_assert!(close(length, plain_norm(&w, p), 1e-13, length), "p = {p}");
            prop_assert!(close(dual, plain_norm(&u, q), 1e-12, dual), "p = {p}");
            prop_assert!(inner(&w, &u) <= length * dual * (1.0 + 1e-14), "Hoelder at p = {p}");
            // Equality at the image: <grad psi(w), w> = ||w||_p^p = ||w||_p ||grad psi(w)||_q.
            let mut image = [0.0; 6];
            psi.mirror_map(&w, &mut image);
            let product = length * psi.dual_norm(&image);
            prop_assert!(close(inner(&w, &image), product, 1e-13, product), "p = {p}");
            prop_assert!(close(p * psi.value(&w), product, 1e-13, product), "p = {p}");
        }
    }
}

#[test]
fn the_dual_norm_is_a_norm_of_its_own() {
    for p in P {
        let (n, dual) = (norm(p), norm(p).dual());
        assert_eq!(
            (dual.p().to_bits(), dual.conjugate_exponent().to_bits()),
            (n.conjugate_exponent().to_bits(), n.p().to_bits())
        );
        assert_eq!(dual.mirror_power(), n.inverse_mirror_power());
        assert_eq!(dual.dual(), n);
        assert!(close(1.0 / n.p() + 1.0 / n.conjugate_exponent(), 1.0, 4.0 * EPS, 1.0), "p = {p}");
    }
}

#[test]
fn what_is_no_exponent_of_a_mirror_map_is_refused() {
    let near_one = [1.0_f64.next_up(), 1.0 + 5e-15, 1e16, 1e300];
    for p in [1.0, 0.5, 0.0, -2.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX]
        .into_iter()
        .chain(near_one)
    {
        match LpNorm::new(p) {
            Err(InvalidExponent { p: named, .. }) => {
                assert_eq!(named.to_bits(), p.to_bits());
            }
            other => panic!("p = {p}: {other:?}"),
        }
    }
    assert!(serde_json::from_str::<LpNorm>("1.0").is_err());
}

proptest! {
    #[test]
    fn whatever_is_accepted_has_two_exponents_above_one_and_can_be_saved(excess in -40.0..40.0f64) {
        if let Ok(norm) = LpNorm::new(1.0 + excess.exp()) {
            prop_assert!(norm.p() > 1.0 && norm.conjugate_exponent() > 1.0, "{norm:?}");
            let text = serde_json::to_string(&norm).expect("serialises");
            let read: LpNorm = serde_json::from_str(&text).expect("reads what it wrote");
            prop_assert_eq!(read.p().to_bits(), norm.p().to_bits());
        }
    }
}
