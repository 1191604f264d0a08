//! The curve that ties primal and dual: a power for $1 < p < \infty$, a staircase at either end.

use mirrorhead_mirror::LpNorm;

use crate::Norm;
use crate::direction::Direction;
use crate::iterate::Iterate;
use crate::staircase::Staircase;
use crate::tangents::Tangents;

/// The curve on which every entry of $(w, u)$ must end, with what its points need besides $w$ and $u$.
#[derive(Debug, Clone)]
pub(crate) enum Curve {
    /// $u = \kappa\nabla\psi(w)$.
    Power(LpNorm),
    /// $u \in \kappa\,\partial\lVert w\rVert$.
    Staircase(Box<Staircase>),
}

impl Curve {
    /// The straight line $u = \kappa w$ of $p = 2$, where the method starts.
    pub fn line() -> Self {
        Self::Power(LpNorm::new(2.0).expect("2 is a valid exponent"))
    }

    /// The curve of `norm` at `iterate`, whose relative gap is `gap`.
    pub fn at(norm: Norm, iterate: &mut Iterate, gap: f64) -> Self {
        match norm {
            Norm::Lp(norm) => Self::Power(norm),
            Norm::L1 | Norm::LInfinity => {
                Self::Staircase(Box::new(Staircase::at(norm, iterate, gap)))
            }
        }
    }

    /// The norm whose curve it is.
    pub fn norm(&self) -> Norm {
        match self {
            Self::Power(norm) => Norm::Lp(*norm),
            Self::Staircase(staircase) => staircase.norm(),
        }
    }

    /// Brings `at` to the scale of the curve. Returns $\kappa$.
    pub fn rescale(&self, at: &mut Iterate) -> f64 {
        if let Self::Power(_) = self {
            at.normalize(self.norm());
        }
        self.norm().dual_of(&at.forces)
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
            Self::Power(norm) => tangents.linearize(*norm, kappa, &at.w, &at.forces, damping),
            Self::Staircase(staircase) => {
                staircase.linearize(at, tangents);
                0.0
            }
        }
    }

    /// Corrects the tangents for the second-order error of the last direction, towards
    /// complementarity `mu`. False if there is nothing to correct.
    pub fn correct(&mut self, at: &Iterate, mu: f64, tangents: &mut Tangents) -> bool {
        match self {
            Self::Power(_) => false,
            Self::Staircase(staircase) => {
                staircase.correct(at, mu, tangents);
                true
            }
        }
    }

    /// Sets the directions of the curve's own variables that go with `direction`.
    pub fn follow(&mut self, at: &Iterate, direction: &Direction) {
        if let Self::Staircase(staircase) = self {
            staircase.follow(at, direction);
        }
    }

    /// Goes `step` of the way.
    pub fn advance(&mut self, step: f64) {
        if let Self::Staircase(staircase) = self {
            staircase.advance(step);
        }
    }

    /// The largest share by which a full step would shrink one of the curve's positive variables.
    pub fn blocking(&self) -> f64 {
        match self {
            Self::Power(_) => 0.0,
            Self::Staircase(staircase) => staircase.blocking(),
        }
    }

    /// Number of complementary pairs of the curve's own.
    pub fn n_pairs(&self) -> usize {
        match self {
            Self::Power(_) => 0,
            Self::Staircase(staircase) => staircase.n_pairs(),
        }
    }

    /// The sum of their products after a step of length `step`.
    pub fn complementarity_after(&self, step: f64) -> f64 {
        match self {
            Self::Power(_) => 0.0,
            Self::Staircase(staircase) => staircase.complementarity_after(step),
        }
    }
}
