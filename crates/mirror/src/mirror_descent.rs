//! Mirror descent, with the dual point as its iterate.

use mirrorhead_kernels::{LogScaled, Matrix, simd_dispatch};
use serde::{Deserialize, Serialize};

use crate::optimizer::{Spare, Stride, require_finite, require_shapes};
use crate::{LpNorm, MirrorError, Optimizer, Potential, PowerPotential, Progress, StepSize};

/// Mirror descent in the geometry of a potential $\psi$:
///
/// $$ u_{k+1} = u_k - \eta_k\, g_k, \qquad w_{k+1} = \nabla\psi^*(u_{k+1}). $$
///
/// The iterate is the dual point $u = \nabla\psi(w)$: one inverse mirror map a step, no drift, and
/// nothing is lost where $w = \nabla\psi^*(u)$ underflows (at $p = 1.1$, $w = u^{10}$). With the
/// [`PowerPotential`] and a fixed attention decoder this is lp-AttGD (Julistiono, Ataee Tarzanagh,
/// Azizan 2024, eq. 6); at $p = 2$ it is gradient descent.
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
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MirrorDescent<P> {
    potential: P,
    step: StepSize,
}

impl<P: Potential> MirrorDescent<P> {
    /// Mirror descent with `potential` and steps of size `step`.
    pub fn new(potential: P, step: StepSize) -> Self {
        Self { potential, step }
    }

    /// The potential.
    pub fn potential(&self) -> &P {
        &self.potential
    }

    /// The step-size rule.
    pub fn step_size(&self) -> StepSize {
        self.step
    }
}

impl MirrorDescent<PowerPotential> {
    /// Gradient descent: mirror descent at $p = 2$.
    ///
    /// # Panics
    /// Never: 2 is a valid exponent.
    pub fn gradient_descent(step: StepSize) -> Self {
        let norm = LpNorm::new(2.0).expect("2 is an exponent of a mirror map");
        Self::new(PowerPotential::new(norm), step)
    }
}

/// The dual iterate of [`MirrorDescent`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DualState {
    iteration: u64,
    dual: Vec<Matrix>,
    #[serde(skip)]
    stride: Stride,
    #[serde(skip)]
    spare_dual: Spare,
    #[serde(skip)]
    spare: Spare,
}

impl DualState {
    /// Number of steps taken.
    pub fn iteration(&self) -> u64 {
        self.iteration
    }

    /// The dual points $u_b = \nabla\psi(w_b)$, one a tensor.
    pub fn dual(&self) -> &[Matrix] {
        &self.dual
    }
}

impl<P: Potential> Optimizer for MirrorDescent<P> {
    type State = DualState;

    fn init(&self, parameters: &[Matrix]) -> Result<DualState, MirrorError> {
        self.step.validate()?;
        require_finite("parameter", 0, parameters)?;
        for (tensor, w) in parameters.iter().enumerate() {
            let outside = |reason| MirrorError::OutsideDomain { tensor, reason };
            self.potential.require_domain(w).map_err(outside)?;
        }
        let mut dual = parameters.to_vec();
        for (u, w) in dual.iter_mut().zip(parameters) {
            self.potential.mirror_map(w.as_slice(), u.as_mut_slice());
        }
        require_finite("mirror image", 0, &dual)?;
        Ok(DualState {
            iteration: 0,
            dual,
            stride: Stride::default(),
            spare_dual: Spare::default(),
            spare: Spare::default(),
        })
    }

    fn step(
        &self,
        state: &mut DualState,
        parameters: &mut [Matrix],
        gradients: &[LogScaled<Matrix>],
        risk: f64,
    ) -> Result<Progress, MirrorError> {
        require_shapes(parameters, gradients, &state.dual)?;
        let DualState { iteration, dual, stride, spare_dual, spare } = state;
        let progress = stride.measure(
            self.step,
            *iteration,
            gradients,
            risk,
            |g| self.potential.dual_norm(g.as_slice()),
            |norms| self.potential.joint_dual_norm(norms),
        )?;
        if progress == Progress::Stationary {
            return Ok(progress);
        }
        let (next_dual, next) = (spare_dual.like(dual), spare.like(parameters));
        for (tensor, (u, w)) in next_dual.iter_mut().zip(next.iter_mut()).enumerate() {
            let factor = stride.factors[tensor];
            if factor == 0.0 {
                // Nothing pulls on it: it stays, to the last bit.
                u.clone_from(&dual[tensor]);
                w.clone_from(&parameters[tensor]);
                continue;
            }
            let gradient = gradients[tensor].value.as_slice();
            descend(dual[tensor].as_slice(), factor, gradient, u.as_mut_slice());
            self.potential.inverse_mirror_map(u.as_slice(), w.as_mut_slice());
            if !all_finite(w.as_slice()) {
                return Err(MirrorError::Overflow { tensor, iteration: *iteration });
            }
        }
        spare_dual.exchange(dual);
        spare.exchange(parameters);
        *iteration += 1;
        Ok(progress)
    }

    fn undo(&self, state: &mut DualState, parameters: &mut [Matrix]) -> bool {
        let DualState { iteration, dual, spare_dual, spare, .. } = state;
        let undone = spare_dual.take_back(dual) && spare.take_back(parameters);
        *iteration -= u64::from(undone);
        undone
    }
}

/// `out` $= u - c\,G$.
fn descend(u: &[f64], factor: f64, gradient: &[f64], out: &mut [f64]) {
    simd_dispatch(
        #[inline(always)]
        || {
            for (out, (u, g)) in out.iter_mut().zip(u.iter().zip(gradient)) {
                *out = u - factor * g;
            }
        },
    );
}

/// Whether all entries are finite: a finite entry times zero is zero, anything else is NaN.
pub(crate) fn all_finite(x: &[f64]) -> bool {
    simd_dispatch(
        #[inline(always)]
        || {
            let mut lanes = [0.0; 8];
            let mut chunks = x.chunks_exact(8);
            for chunk in &mut chunks {
                for (lane, x) in lanes.iter_mut().zip(chunk) {
                    *lane += x * 0.0;
                }
            }
            chunks.remainder().iter().map(|x| x * 0.0).sum::<f64>() + lanes.iter().sum::<f64>()
                == 0.0
        },
    )
}
