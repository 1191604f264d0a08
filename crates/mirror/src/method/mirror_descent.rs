//! Mirror descent, with the dual point as its iterate.

use super::{Dual, Gradient, Method};
use crate::{Geometry, LpNorm, PowerPotential, ScheduledStep};

/// Mirror descent in the geometry of a potential `$\psi$`:
///
/// `$$ u_{k+1} = u_k - \eta_k\, g_k, \qquad w_{k+1} = \nabla\psi^*(u_{k+1}). $$`
///
/// The iterate is the dual point `$u = \nabla\psi(w)$`: one inverse mirror map a step, no drift, and
/// nothing is lost where `$w = \nabla\psi^*(u)$` underflows (at `$p = 1.1$`, `$w = u^{10}$`). With the
/// [`PowerPotential`] and a fixed attention decoder this is ℓp-AttGD (Julistiono, Ataee Tarzanagh,
/// Azizan 2024, eq. 6); at `$p = 2$` it is gradient descent.
///
/// ```
/// use mirrorhead_kernels::{LogScaled, Matrix};
/// use mirrorhead_mirror::{LpNorm, MirrorDescent, Optimizer, PowerPotential, StepSize};
/// let method = MirrorDescent::new(PowerPotential::new(LpNorm::new(3.0)?), StepSize::Constant(1.0));
/// let mut w = [Matrix::column(vec![2.0, 0.0])?];
/// let gradient = [LogScaled { log_scale: 0.0, value: Matrix::column(vec![3.0, -4.0])? }];
/// let mut state = method.init(&w)?;
/// method.step(&mut state, &mut w, &gradient, 0.0)?;
/// assert_eq!(w[0].as_slice(), [1.0, 2.0]); // u: (4, 0) -> (1, 4); w = sqrt(u)
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type MirrorDescent<G = PowerPotential> = Method<Gradient, Dual<G>>;

impl<G: Geometry> Method<Gradient, Dual<G>> {
    /// Mirror descent in `geometry` (a potential, or one for each tensor) with steps of size `step`.
    pub fn new(geometry: G, step: impl Into<ScheduledStep>) -> Self {
        Self::compose(Gradient, step, Dual(geometry))
    }

    /// The potential, or the potentials.
    pub fn potential(&self) -> &G {
        &self.space.0
    }
}

impl Method<Gradient, Dual<PowerPotential>> {
    /// Gradient descent: mirror descent at `$p = 2$`.
    ///
    /// # Panics
    /// Never: 2 is a valid exponent.
    pub fn gradient_descent(step: impl Into<ScheduledStep>) -> Self {
        let norm = LpNorm::new(2.0).expect("2 is an exponent of a mirror map");
        Self::new(PowerPotential::new(norm), step)
    }
}
