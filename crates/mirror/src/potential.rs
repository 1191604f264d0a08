//! Potentials $\psi$, whose gradient is the mirror map.

use mirrorhead_kernels::Matrix;

use crate::{LpNorm, OutsideDomain};

/// A strictly convex, differentiable $\psi$ whose gradient is a bijection between its domain and the
/// dual points: the geometry of a mirror descent.
///
/// Points are flat slices: an entrywise geometry does not care for shape, and one that does
/// ([`SchattenPotential`](crate::SchattenPotential)) knows its own. On a domain of lower dimension
/// ([`EntropyPotential`](crate::EntropyPotential)) dual points that differ by a normal of the domain
/// are the same, and the mirror map gives one of them.
///
/// `docs/add-a-mirror-map.md` adds one, step by step.
pub trait Potential: Sync {
    /// Whether a tensor is a point of the domain of $\psi$; by default, every one is.
    ///
    /// # Errors
    /// What keeps it from being one.
    fn require_domain(&self, _w: &Matrix) -> Result<(), OutsideDomain> {
        Ok(())
    }

    /// $\psi(w)$.
    fn value(&self, w: &[f64]) -> f64;

    /// The convex conjugate $\psi^*(u) = \sup_w \langle u, w\rangle - \psi(w)$.
    fn conjugate_value(&self, u: &[f64]) -> f64;

    /// `u` $= \nabla\psi(w)$.
    fn mirror_map(&self, w: &[f64], u: &mut [f64]);

    /// `w` $= \nabla\psi^*(u) = (\nabla\psi)^{-1}(u)$.
    fn inverse_mirror_map(&self, u: &[f64], w: &mut [f64]);

    /// The norm of the primal space, in which directions and margins are measured.
    fn norm(&self, w: &[f64]) -> f64;

    /// Its dual norm, in which gradients are measured and normalized.
    fn dual_norm(&self, gradient: &[f64]) -> f64;

    /// The dual norm of several tensors together, given that of each; by default the dual norm of
    /// these numbers, which is right for a norm of entries.
    fn joint_dual_norm(&self, norms: &[f64]) -> f64 {
        self.dual_norm(norms)
    }
}

/// The potential $\psi(w) = \tfrac1p\lVert w\rVert_p^p$ of lp mirror descent.
///
/// $\nabla\psi(w) = \operatorname{sign}(w)\lvert w\rvert^{p-1}$ entrywise,
/// $\psi^*(u) = \tfrac1q\lVert u\rVert_q^q$, $\nabla\psi^*(u) = \operatorname{sign}(u)\lvert u\rvert^{q-1}$.
/// At $p = 2$ both maps are the identity and mirror descent is gradient descent.
///
/// ```
/// use mirrorhead_mirror::{LpNorm, Potential, PowerPotential};
/// let psi = PowerPotential::new(LpNorm::new(3.0)?);
/// let (mut u, mut w) = ([0.0; 2], [0.0; 2]);
/// psi.mirror_map(&[2.0, -3.0], &mut u);
/// assert_eq!(u, [4.0, -9.0]);
/// psi.inverse_mirror_map(&u, &mut w);
/// assert_eq!(w, [2.0, -3.0]);
/// # Ok::<(), mirrorhead_mirror::MirrorError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PowerPotential {
    norm: LpNorm,
}

impl PowerPotential {
    /// The potential of `norm`.
    pub fn new(norm: LpNorm) -> Self {
        Self { norm }
    }

    /// The norm whose $p$-th power this is.
    pub fn lp_norm(&self) -> LpNorm {
        self.norm
    }
}

impl Potential for PowerPotential {
    fn value(&self, w: &[f64]) -> f64 {
        self.norm.power().sum_abs(w, 1.0) / self.norm.p()
    }

    fn conjugate_value(&self, u: &[f64]) -> f64 {
        self.norm.dual().power().sum_abs(u, 1.0) / self.norm.conjugate_exponent()
    }

    fn mirror_map(&self, w: &[f64], u: &mut [f64]) {
        self.norm.mirror_power().map(w, u);
    }

    fn inverse_mirror_map(&self, u: &[f64], w: &mut [f64]) {
        self.norm.inverse_mirror_power().map(u, w);
    }

    fn norm(&self, w: &[f64]) -> f64 {
        self.norm.of(w)
    }

    fn dual_norm(&self, gradient: &[f64]) -> f64 {
        self.norm.dual_of(gradient)
    }
}
