//! Directions: where a step goes, given a gradient.

use mirrorhead_kernels::Matrix;

use super::Space;
use crate::DescentNorm;
use crate::backend::{Backend, DirectionForm, Shape, Slices};

/// Where a step of a [`Method`](crate::Method) goes, and the norm by which its length is measured.
pub trait Direction: Sync {
    /// The dual norm of the gradient of tensor number `tensor`, by which normalized steps divide;
    /// NaN if an entry is not finite.
    fn dual_norm(&self, space: &dyn Space, tensor: usize, gradient: &Matrix) -> f64;

    /// The dual norm of several tensors together, given that of each.
    fn joint_dual_norm(&self, space: &dyn Space, norms: &[f64]) -> f64;

    /// The modulus of strong convexity that Polyak's step has, if any.
    fn modulus(&self, space: &dyn Space) -> Option<f64>;

    /// `to` `$=$` `from` `$- c\,d(G)$`, where `dual_norm` is that of `$G$` and `factor` is `$c$`.
    fn advance(
        &self,
        gradient: &Matrix,
        dual_norm: f64,
        factor: f64,
        from: &Matrix,
        to: &mut Matrix,
    );

    /// The direction as backends run it, if they can: without one [`on_tensor`](crate::Method::on_tensor) refuses, and all
    /// else works.
    fn form(&self) -> Option<DirectionForm<'_>> {
        None
    }
}

/// The gradient itself, `$d(G) = G$`, in the dual norm of the space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gradient;

impl Direction for Gradient {
    fn dual_norm(&self, space: &dyn Space, tensor: usize, gradient: &Matrix) -> f64 {
        space.dual_norm(tensor, gradient.as_slice())
    }

    fn joint_dual_norm(&self, space: &dyn Space, norms: &[f64]) -> f64 {
        space.joint_dual_norm(norms)
    }

    fn modulus(&self, space: &dyn Space) -> Option<f64> {
        space.modulus()
    }

    fn advance(&self, gradient: &Matrix, _: f64, factor: f64, from: &Matrix, to: &mut Matrix) {
        let on = &mut Slices::new(Shape::vector(from.len()));
        on.combine(1.0, from.as_slice(), -factor, gradient.as_slice(), to.as_mut_slice());
    }

    fn form(&self) -> Option<DirectionForm<'_>> {
        Some(DirectionForm::Gradient)
    }
}

/// The steepest direction of a norm, times the dual norm of the gradient:
/// `$d(G) = \lVert G\rVert_*\,\arg\max_{\lVert d\rVert\le1}\langle G, d\rangle$`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Steepest<N>(
    /// The norm.
    pub N,
);

impl<N: DescentNorm> Direction for Steepest<N> {
    fn dual_norm(&self, _: &dyn Space, _: usize, gradient: &Matrix) -> f64 {
        self.0.dual_norm(gradient)
    }

    fn joint_dual_norm(&self, _: &dyn Space, norms: &[f64]) -> f64 {
        self.0.joint_dual_norm(norms)
    }

    /// One: its own norm measures both the gradient and the step.
    fn modulus(&self, _: &dyn Space) -> Option<f64> {
        Some(1.0)
    }

    fn advance(
        &self,
        gradient: &Matrix,
        dual_norm: f64,
        factor: f64,
        from: &Matrix,
        to: &mut Matrix,
    ) {
        to.clone_from(from);
        self.0.move_along(gradient, dual_norm, factor * dual_norm, to);
    }

    fn form(&self) -> Option<DirectionForm<'_>> {
        Some(self.0.entrywise().map_or(DirectionForm::Own(&self.0), DirectionForm::Entrywise))
    }
}
