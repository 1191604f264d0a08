//! Spaces: where the iterate of a method lives.

use mirrorhead_kernels::Matrix;

use crate::backend::SpaceForm;
use crate::lp_norm::euclidean;
use crate::{Geometry, MirrorError, Potential};

/// Where the iterate of a [`Method`](crate::Method) lives, and how the parameters follow from it.
pub trait Space: Sync {
    /// The iterates at `parameters`. Empty where the parameters themselves are the iterates, unless
    /// `apart`: then they are kept apart from what the parameters show.
    ///
    /// # Errors
    /// Parameters outside the domain, or more of them than the space has tensors.
    fn start(&self, parameters: &[Matrix], apart: bool) -> Result<Vec<Matrix>, MirrorError>;

    /// `w` becomes the parameter of the iterate `point`.
    fn primal(&self, tensor: usize, point: &Matrix, w: &mut Matrix);

    /// The norm of the parameters.
    fn norm(&self, tensor: usize, w: &[f64]) -> f64;

    /// The norm of gradients.
    fn dual_norm(&self, tensor: usize, gradient: &[f64]) -> f64;

    /// The dual norm of several tensors together, given that of each.
    fn joint_dual_norm(&self, norms: &[f64]) -> f64;

    /// The modulus of strong convexity of the geometry, if it has one.
    fn modulus(&self) -> Option<f64>;

    /// The space of tensor number `tensor` of `count` as backends run it.
    ///
    /// # Errors
    /// A space of another number of tensors.
    fn form(&self, tensor: usize, count: usize) -> Result<SpaceForm<'_>, MirrorError>;
}

/// The parameters themselves, with Euclidean norms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Primal;

impl Space for Primal {
    fn start(&self, parameters: &[Matrix], apart: bool) -> Result<Vec<Matrix>, MirrorError> {
        Ok(if apart { parameters.to_vec() } else { Vec::new() })
    }

    fn primal(&self, _: usize, point: &Matrix, w: &mut Matrix) {
        w.clone_from(point);
    }

    fn norm(&self, _: usize, w: &[f64]) -> f64 {
        euclidean(w)
    }

    fn dual_norm(&self, _: usize, gradient: &[f64]) -> f64 {
        euclidean(gradient)
    }

    fn joint_dual_norm(&self, norms: &[f64]) -> f64 {
        euclidean(norms)
    }

    fn modulus(&self) -> Option<f64> {
        Some(1.0)
    }

    fn form(&self, _: usize, _: usize) -> Result<SpaceForm<'_>, MirrorError> {
        Ok(SpaceForm::Primal)
    }
}

/// The dual points `$u = \nabla\psi(w)$` of a geometry: one inverse mirror map a step, no drift, and nothing
/// is lost where `$w = \nabla\psi^*(u)$` underflows (at `$p = 1.1$`, `$w = u^{10}$`).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dual<G>(
    /// The geometry: a potential, or one for each tensor.
    pub G,
);

impl<G: Geometry> Space for Dual<G> {
    fn start(&self, parameters: &[Matrix], _: bool) -> Result<Vec<Matrix>, MirrorError> {
        self.0.require_tensors(parameters.len())?;
        for (tensor, w) in parameters.iter().enumerate() {
            let outside = |reason| MirrorError::OutsideDomain { tensor, reason };
            self.0.of_tensor(tensor).require_domain(w).map_err(outside)?;
        }
        let mut dual = parameters.to_vec();
        for (tensor, (u, w)) in dual.iter_mut().zip(parameters).enumerate() {
            self.0.of_tensor(tensor).mirror_map(w.as_slice(), u.as_mut_slice());
        }
        Ok(dual)
    }

    fn primal(&self, tensor: usize, point: &Matrix, w: &mut Matrix) {
        self.0.of_tensor(tensor).inverse_mirror_map(point.as_slice(), w.as_mut_slice());
    }

    fn norm(&self, tensor: usize, w: &[f64]) -> f64 {
        self.0.of_tensor(tensor).norm(w)
    }

    fn dual_norm(&self, tensor: usize, gradient: &[f64]) -> f64 {
        self.0.of_tensor(tensor).dual_norm(gradient)
    }

    fn joint_dual_norm(&self, norms: &[f64]) -> f64 {
        self.0.joint_dual_norm(norms)
    }

    fn modulus(&self) -> Option<f64> {
        self.0.modulus()
    }

    fn form(&self, tensor: usize, count: usize) -> Result<SpaceForm<'_>, MirrorError> {
        self.0.require_tensors(count.max(tensor + 1))?;
        let potential = self.0.of_tensor(tensor);
        Ok(potential.entrywise().map_or(SpaceForm::Own(potential), SpaceForm::Entrywise))
    }
}
