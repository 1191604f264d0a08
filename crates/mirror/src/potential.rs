//! Potentials `$\psi$`, whose gradient is the mirror map.

use std::sync::Arc;

use mirrorhead_kernels::Matrix;

use crate::backend::EntrywiseMap;
use crate::{LpNorm, OutsideDomain};

/// A strictly convex `$\psi$`: the geometry of a mirror descent.
///
/// Strict convexity makes the inverse mirror map single-valued, and that is what a method needs: its
/// iterate is the dual point. Where `$\psi$` has kinks ([`ElasticNetPotential`](crate::ElasticNetPotential)) many
/// dual points stand for one `$w$`; the mirror map gives the least of them.
///
/// Points are flat slices: an entrywise geometry does not care for shape, and one that does
/// ([`SchattenPotential`](crate::SchattenPotential)) knows its own. On a domain of lower dimension
/// ([`EntropyPotential`](crate::EntropyPotential)) dual points that differ by a normal of the domain
/// are the same, and the mirror map gives one of them.
///
/// `docs/add-a-mirror-map.md` adds one, step by step.
pub trait Potential: Sync {
    /// Whether a tensor is a point of the domain of `$\psi$`; by default, every one is.
    ///
    /// # Errors
    /// What keeps it from being one.
    fn require_domain(&self, _w: &Matrix) -> Result<(), OutsideDomain> {
        Ok(())
    }

    /// `$\psi(w)$`.
    fn value(&self, w: &[f64]) -> f64;

    /// The convex conjugate `$\psi^*(u) = \sup_w \langle u, w\rangle - \psi(w)$`.
    fn conjugate_value(&self, u: &[f64]) -> f64;

    /// `u` `$= \nabla\psi(w)$`, or the least subgradient where there are several.
    fn mirror_map(&self, w: &[f64], u: &mut [f64]);

    /// `w` `$= \nabla\psi^*(u)$`, the `$w$` with `$u \in \partial\psi(w)$`: `inverse_mirror_map` takes back
    /// `mirror_map`.
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

    /// The modulus `$\sigma$` of strong convexity in [`norm`](Self::norm), if there is one:
    /// `$\psi(a) \ge \psi(b) + \langle\nabla\psi(b), a - b\rangle + \tfrac\sigma2\lVert a - b\rVert^2$` for all points of
    /// the domain. [`StepSize::Polyak`](crate::StepSize::Polyak) multiplies by it. None by default.
    fn modulus(&self) -> Option<f64> {
        None
    }

    /// The mirror map in terms of what every [`Backend`](crate::Backend) can do by itself, if it is such a one: then it runs
    /// in the precision and on the device of the numbers. None by default: it runs in double precision, in the
    /// processor's memory, wherever the numbers are.
    fn entrywise(&self) -> Option<EntrywiseMap> {
        None
    }

    /// The same potential around another centre than zero, `$\psi(w - c)$`.
    fn around(self, centre: &Matrix) -> CentredPotential<Self>
    where
        Self: Sized,
    {
        CentredPotential::new(self, centre.clone())
    }
}

/// A boxed or shared potential is one: lists may hold several kinds.
macro_rules! forward {
    ($pointer:ident) => {
        impl<P: Potential + ?Sized> Potential for $pointer<P>
        where
            Self: Sync,
        {
            fn require_domain(&self, w: &Matrix) -> Result<(), OutsideDomain> {
                (**self).require_domain(w)
            }

            fn value(&self, w: &[f64]) -> f64 {
                (**self).value(w)
            }

            fn conjugate_value(&self, u: &[f64]) -> f64 {
                (**self).conjugate_value(u)
            }

            fn mirror_map(&self, w: &[f64], u: &mut [f64]) {
                (**self).mirror_map(w, u);
            }

            fn inverse_mirror_map(&self, u: &[f64], w: &mut [f64]) {
                (**self).inverse_mirror_map(u, w);
            }

            fn norm(&self, w: &[f64]) -> f64 {
                (**self).norm(w)
            }

            fn dual_norm(&self, gradient: &[f64]) -> f64 {
                (**self).dual_norm(gradient)
            }

            fn joint_dual_norm(&self, norms: &[f64]) -> f64 {
                (**self).joint_dual_norm(norms)
            }

            fn modulus(&self) -> Option<f64> {
                (**self).modulus()
            }

            fn entrywise(&self) -> Option<EntrywiseMap> {
                (**self).entrywise()
            }
        }
    };
}

forward!(Box);
forward!(Arc);

/// The potential `$\psi(w) = \tfrac1p\lVert w\rVert_p^p$` of ℓp mirror descent.
///
/// `$\nabla\psi(w) = \operatorname{sign}(w)\lvert w\rvert^{p-1}$` entrywise,
/// `$\psi^*(u) = \tfrac1q\lVert u\rVert_q^q$`, `$\nabla\psi^*(u) = \operatorname{sign}(u)\lvert u\rvert^{q-1}$`.
/// At `$p = 2$` both maps are the identity and mirror descent is gradient descent.
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

    /// The norm whose `$p$`-th power this is.
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

    fn entrywise(&self) -> Option<EntrywiseMap> {
        Some(EntrywiseMap::Power(self.norm))
    }

    /// One at `$p = 2$`. At any other `$p$` there is none: the curvature of `$\lvert w\rvert^p$` vanishes at zero
    /// (`$p > 2$`) or far out (`$p < 2$`).
    fn modulus(&self) -> Option<f64> {
        (self.norm.p() == 2.0).then_some(1.0)
    }
}

/// The potential `$\psi_c(w) = \psi(w - c)$` around a centre `$c$`:
///
/// `$$ \nabla\psi_c(w) = \nabla\psi(w - c), \qquad \psi_c^*(u) = \psi^*(u) + \langle u, c\rangle, \qquad
///    \nabla\psi_c^*(u) = c + \nabla\psi^*(u). $$`
///
/// Among the weights that fit equally well, mirror descent goes to the one nearest to its start in
/// Bregman divergence, `$\arg\min D_\psi(w, w_0)$` (Azizan, Hassibi 2019). That is the one of least `$\psi(w)$`
/// only from the minimum of `$\psi$`, which is zero. From pretrained weights `$w_0$` the potential *around* `$w_0$`
/// has its minimum at the start: what is least is then `$\psi(w - w_0)$`, the change. With `$p$` near 1, or
/// the [`ElasticNetPotential`](crate::ElasticNetPotential), few weights change.
///
/// [`Potential::around`] makes one; [`PotentialOfEach::around`](crate::PotentialOfEach::around) makes them
/// for a list of tensors.
///
/// ```
/// use mirrorhead_kernels::Matrix;
/// use mirrorhead_mirror::{LpNorm, Potential, PowerPotential};
/// let start = Matrix::column(vec![5.0, -7.0])?;
/// let psi = PowerPotential::new(LpNorm::new(3.0)?).around(&start);
/// let (mut u, mut w) = ([9.0; 2], [0.0; 2]);
/// psi.mirror_map(start.as_slice(), &mut u);
/// assert_eq!(u, [0.0; 2]);
/// psi.inverse_mirror_map(&[4.0, 0.0], &mut w);
/// assert_eq!(w, [7.0, -7.0]); // what nothing pulls on stays, to the last bit
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Panics
/// All its methods do on slices of another number of entries than the centre.
#[derive(Debug, Clone, PartialEq)]
pub struct CentredPotential<P> {
    potential: P,
    centre: Matrix,
}

impl<P: Potential> CentredPotential<P> {
    pub(crate) fn new(potential: P, centre: Matrix) -> Self {
        Self { potential, centre }
    }

    /// The centre `$c$`.
    pub fn centre(&self) -> &Matrix {
        &self.centre
    }

    /// The potential `$\psi$` that is centred here.
    pub fn potential(&self) -> &P {
        &self.potential
    }

    /// `$w - c$`.
    fn change(&self, w: &[f64]) -> Vec<f64> {
        assert_eq!(w.len(), self.centre.len(), "a point of the space of the centre");
        w.iter().zip(self.centre.as_slice()).map(|(w, c)| w - c).collect()
    }
}

impl<P: Potential> Potential for CentredPotential<P> {
    fn require_domain(&self, w: &Matrix) -> Result<(), OutsideDomain> {
        let shape = |w: &Matrix| (w.nrows(), w.ncols());
        let (expected, found) = (shape(&self.centre), shape(w));
        if expected != found {
            return Err(OutsideDomain::Shape { expected, found });
        }
        let mut change = Matrix::zeros(expected.0, expected.1);
        change.as_mut_slice().copy_from_slice(&self.change(w.as_slice()));
        self.potential.require_domain(&change)
    }

    fn value(&self, w: &[f64]) -> f64 {
        self.potential.value(&self.change(w))
    }

    fn conjugate_value(&self, u: &[f64]) -> f64 {
        self.potential.conjugate_value(u) + mirrorhead_kernels::dot(u, self.centre.as_slice())
    }

    fn mirror_map(&self, w: &[f64], u: &mut [f64]) {
        self.potential.mirror_map(&self.change(w), u);
    }

    fn inverse_mirror_map(&self, u: &[f64], w: &mut [f64]) {
        assert_eq!(w.len(), self.centre.len(), "a point of the space of the centre");
        self.potential.inverse_mirror_map(u, w);
        for (w, c) in w.iter_mut().zip(self.centre.as_slice()) {
            *w += c;
        }
    }

    fn norm(&self, w: &[f64]) -> f64 {
        self.potential.norm(w)
    }

    fn dual_norm(&self, gradient: &[f64]) -> f64 {
        self.potential.dual_norm(gradient)
    }

    fn joint_dual_norm(&self, norms: &[f64]) -> f64 {
        self.potential.joint_dual_norm(norms)
    }

    fn modulus(&self) -> Option<f64> {
        self.potential.modulus()
    }
}
