//! Steepest descent with respect to a norm.

use mirrorhead_kernels::{LogScaled, Matrix};
use serde::{Deserialize, Serialize};

use crate::mirror_descent::all_finite;
use crate::optimizer::{Spare, Stride, require_finite, require_shapes};
use crate::{DescentNorm, LpNorm, MirrorError, Optimizer, Progress, StepSize};

/// Steepest descent in a norm: moves along the unit vector that the gradient likes best,
///
/// $$ d = \arg\max_{\lVert d\rVert \le 1} \langle g, d\rangle, \qquad
///    w \leftarrow w - \eta\, \lVert g\rVert_*\, d, $$
///
/// and by $\eta\, d$ under [`StepSize::DualNormalized`] (normalized steepest descent). In an
/// [`LpNorm`], $d = \operatorname{sign}(g)\lvert g\rvert^{q-1}/\lVert g\rVert_q^{q-1}$; in the
/// [`MaxNorm`](crate::MaxNorm) it is sign descent, in the [`SpectralNorm`](crate::SpectralNorm)
/// spectral descent. On separable data it maximises the margin in that very norm (Gunasekar, Lee,
/// Soudry, Srebro 2018): lp steepest descent has the limit of lp mirror descent, by other iterates.
///
/// ```
/// use mirrorhead_kernels::{LogScaled, Matrix};
/// use mirrorhead_mirror::{LpNorm, Optimizer, SteepestDescent, StepSize};
/// let method = SteepestDescent::new(LpNorm::new(2.0)?, StepSize::DualNormalized(0.5));
/// let mut w = [Matrix::column(vec![0.0, 0.0])?];
/// let gradient = [LogScaled { log_scale: -900.0, value: Matrix::column(vec![3.0, -4.0])? }];
/// let mut state = method.init(&w)?;
/// method.step(&mut state, &mut w, &gradient, 0.0)?;
/// assert!((w[0][(0, 0)] + 0.3).abs() < 1e-15 && (w[0][(1, 0)] - 0.4).abs() < 1e-15);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SteepestDescent<N = LpNorm> {
    norm: N,
    step: StepSize,
}

impl<N: DescentNorm> SteepestDescent<N> {
    /// Steepest descent in `norm` with steps of size `step`.
    pub fn new(norm: N, step: StepSize) -> Self {
        Self { norm, step }
    }
}

/// The step count of [`SteepestDescent`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SteepestState {
    iteration: u64,
    #[serde(skip)]
    stride: Stride,
    #[serde(skip)]
    spare: Spare,
}

impl<N: DescentNorm> Optimizer for SteepestDescent<N> {
    type State = SteepestState;

    fn init(&self, parameters: &[Matrix]) -> Result<SteepestState, MirrorError> {
        self.step.validate()?;
        require_finite("parameter", 0, parameters)?;
        Ok(SteepestState::default())
    }

    fn step(
        &self,
        state: &mut SteepestState,
        parameters: &mut [Matrix],
        gradients: &[LogScaled<Matrix>],
        risk: f64,
    ) -> Result<Progress, MirrorError> {
        require_shapes(parameters, gradients, parameters)?;
        let SteepestState { iteration, stride, spare } = state;
        let progress = stride.measure(
            self.step,
            *iteration,
            gradients,
            risk,
            |g| self.norm.dual_norm(g),
            |norms| self.norm.joint_dual_norm(norms),
        )?;
        if progress == Progress::Stationary {
            return Ok(progress);
        }
        let next = spare.like(parameters);
        for (tensor, w) in next.iter_mut().enumerate() {
            w.clone_from(&parameters[tensor]);
            let norm = stride.norm(tensor);
            if norm == 0.0 {
                continue;
            }
            let length = stride.factors[tensor] * norm;
            self.norm.move_along(&gradients[tensor].value, norm, length, w);
            if !all_finite(w.as_slice()) {
                return Err(MirrorError::Overflow { tensor, iteration: *iteration });
            }
        }
        spare.exchange(parameters);
        *iteration += 1;
        Ok(progress)
    }

    fn undo(&self, state: &mut SteepestState, parameters: &mut [Matrix]) -> bool {
        let undone = state.spare.take_back(parameters);
        state.iteration -= u64::from(undone);
        undone
    }
}
