//! Potentials around another centre than zero.

use mirrorhead_kernels::Matrix;

use crate::{OutsideDomain, Potential};

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
