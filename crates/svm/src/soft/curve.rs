//! The curve on which every entry of `$(w, u)$` must end: a power for `$1 < p < \infty$`, a staircase at the ends.

use mirrorhead_mirror::LpNorm;

use crate::Norm;
use crate::soft::direction::Direction;
use crate::soft::iterate::Iterate;
use crate::soft::linearization::Linearization;
use crate::soft::power_tangents;
use crate::soft::subdifferential::Subdifferential;
use crate::strip::Confined;

/// The curve that the method follows at the moment.
#[derive(Debug, Clone)]
pub(crate) enum Curve {
    /// `$u = \kappa\nabla\varphi(w)$`.
    Power { norm: LpNorm, kappa: f64 },
    /// `$u \in \partial\lVert w\rVert$`.
    Subdifferential(Box<Subdifferential>),
}

impl Curve {
    /// The straight line `$u = \kappa w$` of `$p = 2$`, where the method starts.
    pub fn line(kappa: f64) -> Self {
        Self::Power { norm: LpNorm::new(2.0).expect("2 is a valid exponent"), kappa }
    }

    /// The staircase of `norm`, which must be one of the ends, at `at`, whose objective is `objective`.
    pub fn subdifferential(norm: Norm, at: &Iterate, objective: f64) -> Self {
        let confined = if norm == Norm::L1 { Confined::Dual } else { Confined::Primal };
        Self::Subdifferential(Box::new(Subdifferential::at(
            confined,
            at,
            at.complementarity(),
            objective,
        )))
    }

    /// The tangents at `at`, for complementarity zero.
    pub fn linearize(&mut self, at: &Iterate, objective: f64, damping: f64) -> Linearization {
        match self {
            Self::Power { norm, kappa } => {
                power_tangents::linearize(*norm, *kappa, at, objective, damping)
            }
            Self::Subdifferential(subdifferential) => {
                subdifferential.aim_at_zero();
                subdifferential.linearize(at)
            }
        }
    }

    /// Corrects `tangents` for the second-order error of the last direction, towards complementarity `mu`.
    pub fn correct(&mut self, at: &Iterate, mu: f64, part: f64, tangents: &mut Linearization) {
        if let Self::Subdifferential(subdifferential) = self {
            subdifferential.aim(mu, part);
            *tangents = subdifferential.linearize(at);
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
        if let Self::Subdifferential(subdifferential) = self {
            subdifferential.blocking()
        } else {
            0.0
        }
    }

    /// Number of complementary pairs of the curve's own.
    pub fn n_pairs(&self) -> usize {
        if let Self::Subdifferential(subdifferential) = self {
            subdifferential.n_pairs()
        } else {
            0
        }
    }

    /// The sum of their products after a step of length `step`.
    pub fn complementarity_after(&self, step: f64) -> f64 {
        if let Self::Subdifferential(subdifferential) = self {
            subdifferential.complementarity_after(step)
        } else {
            0.0
        }
    }
}
