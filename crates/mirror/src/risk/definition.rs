//! What a risk is: all that training, flow and path ask of a model.

use mirrorhead_kernels::{LogScaled, Matrix};

use super::error::RiskError;

/// A differentiable risk `$L(\theta)$` over a list of tensors `$\theta$`, with gradients
/// `$\partial L/\partial\theta_b = e^{m_b} G_b$` whose scale `$e^{m_b}$` may lie far below the range of
/// `f64`.
///
/// It is all that training, flow and path ask of a model. [`risk_of`](crate::risk_of) makes one of a closure;
/// `docs/add-a-model.md` writes one out.
///
/// ```
/// use mirrorhead_kernels::Matrix;
/// use mirrorhead_mirror::{Risk, RiskError, risk_of};
/// let half_square = risk_of(vec![(2, 1)], |w, gradients| {
///     gradients[0].value.clone_from(&w[0]);
///     w[0].as_slice().iter().map(|w| w * w / 2.0).sum()
/// });
/// assert_eq!(half_square.value(&[Matrix::column(vec![3.0, 4.0])?])?, 12.5);
/// let refused = half_square.value(&[Matrix::zeros(3, 1)]);
/// assert!(matches!(refused, Err(RiskError::Shape { tensor: 0, .. })));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Risk: Sync {
    /// Scratch memory, so that a step allocates nothing.
    type Workspace: Send;

    /// The shape (rows, columns) of each tensor.
    fn shapes(&self) -> Vec<(usize, usize)>;

    /// Scratch memory for [`value_and_gradient`](Self::value_and_gradient).
    fn workspace(&self) -> Self::Workspace;

    /// The risk at `parameters`; writes `$\partial L/\partial\theta_b = e^{m_b} G_b$` to
    /// `gradients[b]`. A risk beyond the range of `f64` is NaN or infinite, which ends a run at its last
    /// good iterate.
    ///
    /// # Errors
    /// Parameters or gradients of other shapes than [`shapes`](Self::shapes) (see
    /// [`RiskError::require_tensors`]); [`RiskError::Model`] for what a model of one's own can't do.
    fn value_and_gradient(
        &self,
        parameters: &[Matrix],
        gradients: &mut [LogScaled<Matrix>],
        workspace: &mut Self::Workspace,
    ) -> Result<f64, RiskError>;

    /// Zero gradients of the right shapes.
    fn zero_gradients(&self) -> Vec<LogScaled<Matrix>> {
        self.shapes()
            .into_iter()
            .map(|(m, n)| LogScaled { log_scale: 0.0, value: Matrix::zeros(m, n) })
            .collect()
    }

    /// The risk at `parameters`.
    ///
    /// # Errors
    /// As [`value_and_gradient`](Self::value_and_gradient).
    fn value(&self, parameters: &[Matrix]) -> Result<f64, RiskError> {
        let (mut gradients, mut workspace) = (self.zero_gradients(), self.workspace());
        self.value_and_gradient(parameters, &mut gradients, &mut workspace)
    }
}
