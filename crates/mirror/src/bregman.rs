//! Bregman divergences, of points and of directions.

use mirrorhead_kernels::{dot, max_abs};

use crate::{LpNorm, Potential};

/// The Bregman divergence `$D_\psi(a, b) = \psi(a) - \psi(b) - \langle\nabla\psi(b), a - b\rangle
/// \ge 0$`, zero only at `$a = b$`. Where `$\psi$` has a kink at `$b$`, with the least subgradient in place of the gradient;
/// [`bregman_from_dual`] takes any.
///
/// ```
/// use mirrorhead_mirror::{LpNorm, PowerPotential, bregman_divergence};
/// let psi = PowerPotential::new(LpNorm::new(2.0)?);
/// assert_eq!(bregman_divergence(&psi, &[3.0, 0.0], &[0.0, 1.0]), 5.0); // half a squared distance
/// # Ok::<(), mirrorhead_mirror::MirrorError>(())
/// ```
///
/// # Panics
/// If the lengths differ.
pub fn bregman_divergence<P: Potential + ?Sized>(psi: &P, a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len(), "two points of one space");
    let mut dual = vec![0.0; b.len()];
    psi.mirror_map(b, &mut dual);
    // At the edge of a domain the slope is infinite, which is nothing where there is no way to go.
    let along = |u: f64, way: f64| if way == 0.0 { 0.0 } else { u * way };
    let linear: f64 = dual.iter().zip(a.iter().zip(b)).map(|(u, (a, b))| along(*u, a - b)).sum();
    psi.value(a) - psi.value(b) - linear
}

/// The Bregman divergence of `$a$` from the point whose dual point is `$u$`,
/// `$D_\psi^{u}(a) = \psi(a) + \psi^*(u) - \langle u, a\rangle \ge 0$`.
///
/// It is what mirror descent lessens: with `$w_0$` the start and `$w$` any weights that fit, gradients
/// `$g_k$` with `$\langle g_k, w_k - w\rangle \ge 0$` bring `$u_k$` nearer to `$w$`.
///
/// ```
/// use mirrorhead_mirror::{ElasticNetPotential, bregman_from_dual};
/// let psi = ElasticNetPotential::new(1.0)?;
/// // Both dual points stand for w = 0; the second is nearer to leaving it for positive numbers.
/// assert_eq!(bregman_from_dual(&psi, &[2.0], &[0.0]), 4.0);
/// assert_eq!(bregman_from_dual(&psi, &[2.0], &[1.0]), 2.0);
/// # Ok::<(), mirrorhead_mirror::MirrorError>(())
/// ```
///
/// # Panics
/// If the lengths differ.
pub fn bregman_from_dual<P: Potential + ?Sized>(psi: &P, a: &[f64], u: &[f64]) -> f64 {
    assert_eq!(a.len(), u.len(), "two points of one space");
    psi.value(a) + psi.conjugate_value(u) - dot(u, a)
}

/// The directional Bregman divergence between a target and an iterate,
///
/// `$$ D\!\left(\frac{A}{\lVert A\rVert_p}, \frac{B}{\lVert B\rVert_p}\right)
///    = 1 - \left\langle \nabla\psi\!\left(\frac{B}{\lVert B\rVert_p}\right), \frac{A}{\lVert A\rVert_p}\right\rangle
///    \in [0, 2], $$`
///
/// 0 for the same direction, 2 for opposite ones. NaN if one of the two is zero.
///
/// ```
/// use mirrorhead_mirror::{LpNorm, directional_bregman};
/// let norm = LpNorm::new(3.0)?;
/// assert!(directional_bregman(norm, &[1.0, 2.0], &[10.0, 20.0]).abs() < 1e-15);
/// assert!((directional_bregman(norm, &[1.0, 2.0], &[-1.0, -2.0]) - 2.0).abs() < 1e-15);
/// # Ok::<(), mirrorhead_mirror::MirrorError>(())
/// ```
///
/// # Panics
/// If the lengths differ.
pub fn directional_bregman(norm: LpNorm, target: &[f64], iterate: &[f64]) -> f64 {
    assert_eq!(target.len(), iterate.len(), "two directions of one space");
    let unit = |w: &[f64]| {
        // The largest entry first: the norm of a finite vector may lie beyond the range of f64.
        let largest = max_abs(w);
        let mut unit: Vec<_> = w.iter().map(|x| x / largest).collect();
        let length = norm.of(&unit);
        for x in &mut unit {
            *x /= length;
        }
        unit
    };
    let (target, mut iterate) = (unit(target), unit(iterate));
    for x in &mut iterate {
        *x = norm.mirror_power().eval(*x);
    }
    1.0 - dot(&iterate, &target)
}
