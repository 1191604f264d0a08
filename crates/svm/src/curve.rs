//! The curve that ties primal and dual: a power for `$1 < p < \infty$`, a staircase at either end.

use mirrorhead_kernels::dot;
use mirrorhead_mirror::LpNorm;

use crate::Norm;
use crate::direction::Direction;
use crate::iterate::Iterate;
use crate::subdifferential::Subdifferential;
use crate::tangents::Tangents;
use crate::units::Units;

/// The curve on which every entry of `$(w, u)$` must end, with what its points need besides `$w$` and `$u$`.
#[derive(Debug, Clone)]
pub(crate) enum Curve {
    /// `$u = \kappa\nabla\psi(w)$`, of the norm in these units.
    Power(LpNorm, Units),
    /// `$u \in \kappa\,\partial\lVert w\rVert$`.
    Subdifferential(Box<Subdifferential>),
}

impl Curve {
    /// The curve of `norm` in `units` at `iterate`, whose relative gap is `gap`.
    pub fn at(norm: Norm, units: Units, iterate: &mut Iterate, gap: f64) -> Self {
        match norm {
            Norm::Lp(norm) => Self::Power(norm, units),
            Norm::L1 | Norm::LInfinity => {
                Self::Subdifferential(Box::new(Subdifferential::at(norm, units, iterate, gap)))
            }
        }
    }

    /// The norm whose curve it is.
    pub fn norm(&self) -> Norm {
        match self {
            Self::Power(norm, _) => Norm::Lp(*norm),
            Self::Subdifferential(subdifferential) => subdifferential.norm(),
        }
    }

    /// The units in which its norm is that of the problem.
    pub fn units(&self) -> &Units {
        match self {
            Self::Power(_, units) => units,
            Self::Subdifferential(subdifferential) => subdifferential.units(),
        }
    }

    /// Brings `at` to the scale of the curve. Returns `$\kappa$`.
    pub fn rescale(&self, at: &mut Iterate) -> f64 {
        if let Self::Power(..) = self {
            at.normalize(self.norm(), self.units());
        }
        let size = self.units().dual_norm(self.norm(), &at.dual_point);
        // Where some unknown is nearly free of cost, its rounding error would count for everything.
        let shared = dot(&at.w, &at.dual_point);
        if self.units().get().is_some() && shared > 0.0 { shared.min(size) } else { size }
    }

    /// Sets the `tangents` at `at`, of this `kappa`. Returns how far the farthest entry is from the curve, as far as
    /// it is curved.
    pub fn linearize(
        &mut self,
        at: &Iterate,
        kappa: f64,
        damping: f64,
        tangents: &mut Tangents,
    ) -> f64 {
        match self {
            Self::Power(norm, units) => {
                tangents.linearize(*norm, units, kappa, (&at.w, &at.dual_point), damping)
            }
            Self::Subdifferential(subdifferential) => {
                subdifferential.linearize(at, tangents);
                0.0
            }
        }
    }

    /// Corrects the tangents for the second-order error of the last direction, towards
    /// complementarity `mu`. False if there is nothing to correct.
    pub fn correct(&mut self, at: &Iterate, mu: f64, tangents: &mut Tangents) -> bool {
        match self {
            Self::Power(..) => false,
            Self::Subdifferential(subdifferential) => {
                subdifferential.correct(at, mu, tangents);
                true
            }
        }
    }

    /// Sets the directions of the curve's own variables that go with `direction`.
    pub fn follow(&mut self, at: &Iterate, direction: &Direction) {
        if let Self::Subdifferential(subdifferential) = self {
            subdifferential.follow(at, direction);
        }
    }

    /// Goes `step` of the way.
    pub fn advance(&mut self, step: f64) {
        if let Self::Subdifferential(subdifferential) = self {
            subdifferential.advance(step);
        }
    }

    /// The largest share by which a full step would shrink one of the curve's positive variables.
    pub fn blocking(&self) -> f64 {
        match self {
            Self::Power(..) => 0.0,
            Self::Subdifferential(subdifferential) => subdifferential.blocking(),
        }
    }

    /// Number of complementary pairs of the curve's own.
    pub fn n_pairs(&self) -> usize {
        match self {
            Self::Power(..) => 0,
            Self::Subdifferential(subdifferential) => subdifferential.n_pairs(),
        }
    }

    /// The sum of their products after a step of length `step`.
    pub fn complementarity_after(&self, step: f64) -> f64 {
        match self {
            Self::Power(..) => 0.0,
            Self::Subdifferential(subdifferential) => subdifferential.complementarity_after(step),
        }
    }
}
