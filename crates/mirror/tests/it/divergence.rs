//! Bregman divergences: sign, zeros, the three-point identity, and that directions have no length.

use crate::grid;
use crate::grid::{P, close, inner, norm, potential, signed_power, smooth_vector, vector};
use mirrorhead_mirror::{Potential, bregman_divergence, directional_bregman};
use proptest::prelude::*;

const EPS: f64 = f64::EPSILON;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn it_is_never_negative_and_zero_only_where_the_points_meet(a in vector(6), b in vector(6)) {
        for p in P {
            let psi = potential(p);
            let size = p * (psi.value(&a) + psi.value(&b));
            let divergence = bregman_divergence(&psi, &a, &b);
            prop_assert!(divergence >= -32.0 * EPS * size, "p = {p}: {divergence}");
            prop_assert_eq!(bregman_divergence(&psi, &a, &a), 0.0);
            if a.iter().zip(&b).any(|(a, b)| (a - b).abs() > 0.5) {
                prop_assert!(divergence > 0.0, "p = {p}: {a:?} and {b:?}");
            }
        }
    }

    #[test]
    fn three_points(a in vector(5), b in vector(5), c in vector(5)) {
        // D(a, c) = D(a, b) + D(b, c) + <grad psi(b) - grad psi(c), a - b>.
        for p in P {
            let psi = potential(p);
            let (mut at_b, mut at_c) = ([0.0; 5], [0.0; 5]);
            psi.mirror_map(&b, &mut at_b);
            psi.mirror_map(&c, &mut at_c);
            let slope: Vec<_> = at_b.iter().zip(at_c).map(|(b, c)| b - c).collect();
            let way: Vec<_> = a.iter().zip(&b).map(|(a, b)| a - b).collect();
            let parts = bregman_divergence(&psi, &a, &b) + bregman_divergence(&psi, &b, &c) + inner(&slope, &way);
            let whole = bregman_divergence(&psi, &a, &c);
            let size = 10.0 * (1.0 + p * (psi.value(&a) + psi.value(&b) + psi.value(&c)));
            prop_assert!(close(whole, parts, 16.0 * EPS, size), "p = {p}: {whole} and {parts}");
        }
    }

    #[test]
    fn at_two_it_is_half_the_squared_distance(a in vector(6), b in vector(6)) {
        let half: f64 = a.iter().zip(&b).map(|(a, b)| (a - b).powi(2) / 2.0).sum();
        prop_assert!(close(bregman_divergence(&potential(2.0), &a, &b), half, 64.0 * EPS, 10.0));
    }

    #[test]
    fn directions_have_no_length(a in smooth_vector(6), b in smooth_vector(6), s in -300i32..300, t in -300i32..300) {
        let scaled = |x: &[f64], by: f64| x.iter().map(|x| x * by).collect::<Vec<_>>();
        for p in P {
            let n = norm(p);
            let divergence = directional_bregman(n, &a, &b);
            prop_assert!((-1e-14..=2.0 + 1e-14).contains(&divergence), "p = {p}: {divergence}");
            prop_assert!(directional_bregman(n, &a, &a).abs() <= 1e-14, "p = {p}");
            prop_assert!(close(directional_bregman(n, &a, &scaled(&a, -1.0)), 2.0, 1e-14, 1.0));
            let longer = directional_bregman(n, &scaled(&a, 10f64.powi(s)), &scaled(&b, 10f64.powi(t)));
            prop_assert!(close(longer, divergence, 1e-13, 1.0), "p = {p}: {divergence}, {longer}");
        }
    }

    #[test]
    fn it_is_the_divergence_of_the_unit_vectors(a in smooth_vector(6), b in smooth_vector(6)) {
        for p in P {
            let n = norm(p);
            let unit = |x: &[f64]| x.iter().map(|y| y / grid::plain_norm(x, p)).collect::<Vec<_>>();
            let between = bregman_divergence(&potential(p), &unit(&a), &unit(&b));
            let direct = directional_bregman(n, &a, &b);
            prop_assert!(close(between, direct, 1e-13, 1.0), "p = {p}: {between} and {direct}");
            let image: Vec<_> = unit(&b).iter().map(|x| signed_power(*x, p - 1.0)).collect();
            prop_assert!(close(1.0 - inner(&image, &unit(&a)), direct, 1e-13, 1.0), "p = {p}");
        }
    }
}

#[test]
fn vectors_at_the_ends_of_the_range_have_directions_too() {
    for p in P {
        for scale in [f64::MAX, 1e-320, f64::MIN_POSITIVE] {
            let (a, b) = ([scale, scale, scale], [scale, -scale, scale]);
            let expected = directional_bregman(norm(p), &[1.0; 3], &[1.0, -1.0, 1.0]);
            assert!(close(expected, 2.0 / 3.0, 1e-14, 1.0), "p = {p}: {expected}");
            let found = directional_bregman(norm(p), &a, &b);
            assert!(close(found, expected, 1e-14, 1.0), "p = {p}, {scale:e}: {found}");
        }
    }
}

#[test]
fn zero_has_no_direction() {
    for p in P {
        assert!(directional_bregman(norm(p), &[0.0; 2], &[1.0, 2.0]).is_nan());
        assert!(directional_bregman(norm(p), &[1.0, 2.0], &[0.0; 2]).is_nan());
    }
}
