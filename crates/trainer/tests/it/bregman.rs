//! The lemmas on Bregman divergences that the paper's proofs stand on, and the two inequalities of uniform convexity
//! that certificates of directions stand on, as properties.

use mirrorhead_kernels::dot;
use mirrorhead_mirror::{
    LpNorm, Potential, PowerPotential, bregman_divergence, directional_bregman,
};
use proptest::prelude::*;

fn lp(p: f64) -> PowerPotential {
    PowerPotential::new(LpNorm::new(p).expect("an exponent"))
}

fn mirror(p: f64, w: &[f64]) -> Vec<f64> {
    let mut u = vec![0.0; w.len()];
    lp(p).mirror_map(w, &mut u);
    u
}

fn minus(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a - b).collect()
}

fn times(a: &[f64], factor: f64) -> Vec<f64> {
    a.iter().map(|a| a * factor).collect()
}

/// `$\sum_k \lvert x_k\rvert^p$`.
fn power(x: &[f64], p: f64) -> f64 {
    x.iter().map(|x| x.abs().powf(p)).sum()
}

fn vectors() -> impl Strategy<Value = (Vec<f64>, Vec<f64>, Vec<f64>)> {
    let vector = || prop::collection::vec(-3.0..3.0f64, 6);
    (vector(), vector(), vector())
}

/// An equality or inequality of sums of a few hundred in size.
const ROUNDING: f64 = 1e-10;

proptest! {
    /// `$D(a, c) = D(a, b) + D(b, c) + \langle\nabla\psi(b) - \nabla\psi(c), a - b\rangle$`.
    #[test]
    fn three_points((a, b, c) in vectors(), p in 1.05..5.0f64) {
        let d = |a: &[f64], b: &[f64]| bregman_divergence(&lp(p), a, b);
        let cross = dot(&minus(&mirror(p, &b), &mirror(p, &c)), &minus(&a, &b));
        let size = 1.0 + d(&a, &c).abs() + d(&a, &b) + d(&b, &c);
        prop_assert!((d(&a, &c) - d(&a, &b) - d(&b, &c) - cross).abs() <= ROUNDING * size);
    }

    /// `$D(a, b) + D(b, a) = \langle\nabla\psi(a) - \nabla\psi(b), a - b\rangle \ge 0$`.
    #[test]
    fn the_symmetric_divergence((a, b, _) in vectors(), p in 1.05..5.0f64) {
        let both = bregman_divergence(&lp(p), &a, &b) + bregman_divergence(&lp(p), &b, &a);
        let slopes = dot(&minus(&mirror(p, &a), &mirror(p, &b)), &minus(&a, &b));
        prop_assert!((both - slopes).abs() <= ROUNDING * (1.0 + both.abs()));
        prop_assert!(slopes >= 0.0);
    }

    /// `$\lVert\nabla\psi(w)\rVert_q = \lVert w\rVert_p^{p-1}$` and `$\langle\nabla\psi(w), w\rangle = \lVert w\rVert_p^p$`: equality in Hölder's.
    #[test]
    fn the_mirror_map_is_where_hoelder_is_an_equality((w, _, _) in vectors(), p in 1.05..5.0f64) {
        let norm = LpNorm::new(p).expect("an exponent");
        let (u, size) = (mirror(p, &w), norm.of(&w));
        prop_assert!((norm.dual_of(&u) - size.powf(p - 1.0)).abs() <= ROUNDING * (1.0 + size.powf(p - 1.0)));
        prop_assert!((dot(&u, &w) - size.powf(p)).abs() <= ROUNDING * (1.0 + size.powf(p)));
    }

    /// Between unit vectors the divergence is `$1 - \langle\nabla\psi(b), a\rangle$`, from 0 to 2, and the
    /// directional one is that whatever the lengths.
    #[test]
    fn between_directions((a, b, _) in vectors(), p in 1.05..5.0f64, scale in 1e-3..1e3f64) {
        let norm = LpNorm::new(p).expect("an exponent");
        prop_assume!(norm.of(&a) > 0.1 && norm.of(&b) > 0.1);
        let (a, b) = (times(&a, 1.0 / norm.of(&a)), times(&b, 1.0 / norm.of(&b)));
        let d = bregman_divergence(&lp(p), &a, &b);
        prop_assert!((d - (1.0 - dot(&mirror(p, &b), &a))).abs() <= ROUNDING);
        prop_assert!((-ROUNDING..=2.0 + ROUNDING).contains(&d));
        let directional = directional_bregman(norm, &times(&a, scale), &times(&b, 1.0 / scale));
        prop_assert!((directional - d).abs() <= ROUNDING);
    }

    /// For `$p \ge 2$` and entries up to `$R$`: `$\frac{1}{p\,2^{p-1}}\lVert a-b\rVert_p^p \le D(a, b) \le \frac{p-1}{2} R^{p-2} \lVert a - b\rVert_2^2$`.
    #[test]
    fn bounds_from_two_on((a, b, _) in vectors(), p in 2.0..5.0f64) {
        let (d, apart) = (bregman_divergence(&lp(p), &a, &b), minus(&a, &b));
        let largest = a.iter().chain(&b).fold(0.0f64, |r, x| r.max(x.abs()));
        let size = ROUNDING * (1.0 + power(&a, p) + power(&b, p));
        prop_assert!(power(&apart, p) / (p * 2f64.powf(p - 1.0)) <= d + size);
        prop_assert!(d <= 0.5 * (p - 1.0) * largest.powf(p - 2.0) * dot(&apart, &apart) + size);
    }

    /// For `$1 < p \le 2$` and entries up to `$R$`: `$\frac{p-1}{2} R^{p-2} \lVert a - b\rVert_2^2 \le D(a, b) \le \frac{2^{2-p}}{p}\lVert a-b\rVert_p^p$`.
    #[test]
    fn bounds_up_to_two((a, b, _) in vectors(), p in 1.05..2.0f64) {
        let (d, apart) = (bregman_divergence(&lp(p), &a, &b), minus(&a, &b));
        let largest = a.iter().chain(&b).fold(0.0f64, |r, x| r.max(x.abs()));
        let size = ROUNDING * (1.0 + power(&a, p) + power(&b, p));
        prop_assert!(0.5 * (p - 1.0) * largest.powf(p - 2.0) * dot(&apart, &apart) <= d + size);
        prop_assert!(d <= 2f64.powf(2.0 - p) / p * power(&apart, p) + size);
    }

    /// Clarkson for `$p \ge 2$`, and Ball, Carlen and Lieb below: how short the mean of two unit vectors is that are apart.
    #[test]
    fn the_mean_of_unit_vectors_is_short_if_they_are_apart((a, b, _) in vectors(), p in 1.05..8.0f64) {
        let norm = LpNorm::new(p).expect("an exponent");
        prop_assume!(norm.of(&a) > 0.1 && norm.of(&b) > 0.1);
        let (a, b) = (times(&a, 1.0 / norm.of(&a)), times(&b, 1.0 / norm.of(&b)));
        let mean: Vec<f64> = a.iter().zip(&b).map(|(a, b)| 0.5 * (a + b)).collect();
        let (mean, half) = (norm.of(&mean), 0.5 * norm.of(&minus(&a, &b)));
        if p >= 2.0 {
            prop_assert!(mean.powf(p) + half.powf(p) <= 1.0 + ROUNDING);
        } else {
            prop_assert!(mean * mean + (p - 1.0) * half * half <= 1.0 + ROUNDING);
        }
    }
}
