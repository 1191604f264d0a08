//! Steepest descent with respect to a norm.

use super::{Method, Primal, Steepest};
use crate::{DescentNorm, LpNorm, ScheduledStep};

/// Steepest descent in a norm: moves along the unit vector that the gradient likes best,
///
/// `$$ d = \arg\max_{\lVert d\rVert \le 1} \langle g, d\rangle, \qquad
///    w \leftarrow w - \eta\, \lVert g\rVert_*\, d, $$`
///
/// and by `$\eta\, d$` under [`StepSize::DualNormalized`](crate::StepSize::DualNormalized) (normalized steepest descent). In an
/// [`LpNorm`], `$d = \operatorname{sign}(g)\lvert g\rvert^{q-1}/\lVert g\rVert_q^{q-1}$`; in the
/// [`MaxNorm`](crate::MaxNorm) it is sign descent, in the [`SpectralNorm`](crate::SpectralNorm)
/// spectral descent. On separable data it maximises the margin in that very norm (Gunasekar, Lee,
/// Soudry, Srebro 2018): ℓp steepest descent has the limit of ℓp mirror descent, by other iterates.
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
pub type SteepestDescent<N = LpNorm> = Method<Steepest<N>, Primal>;

impl<N: DescentNorm> Method<Steepest<N>, Primal> {
    /// Steepest descent in `norm` with steps of size `step`.
    pub fn new(norm: N, step: impl Into<ScheduledStep>) -> Self {
        Self::compose(Steepest(norm), step, Primal)
    }
}
