//! The interface of every empirical risk.

use mirrorhead_kernels::{LogScaled, Matrix};

/// An empirical risk $L(\theta) = \tfrac1n\sum_i \ell\!\left(y_i f_i(\theta)\right)$ over a list of
/// tensors $\theta$, with gradients $e^{m} G$ that survive saturation.
pub trait Risk: Sync {
    /// Scratch memory, so that a step allocates nothing.
    type Workspace: Send;

    /// The shape (rows, columns) of each tensor.
    fn shapes(&self) -> Vec<(usize, usize)>;

    /// Scratch memory for [`value_and_gradient`](Self::value_and_gradient).
    fn workspace(&self) -> Self::Workspace;

    /// The risk at `parameters`; writes $\partial L/\partial\theta_b = e^{m_b} G_b$ to
    /// `gradients[b]`.
    ///
    /// # Panics
    /// If the shapes are not those of [`shapes`](Self::shapes).
    fn value_and_gradient(
        &self,
        parameters: &[Matrix],
        gradients: &mut [LogScaled<Matrix>],
        workspace: &mut Self::Workspace,
    ) -> f64;

    /// Zero gradients of the right shapes.
    fn zero_gradients(&self) -> Vec<LogScaled<Matrix>> {
        self.shapes()
            .into_iter()
            .map(|(m, n)| LogScaled { log_scale: 0.0, value: Matrix::zeros(m, n) })
            .collect()
    }

    /// The risk at `parameters`.
    ///
    /// # Panics
    /// As [`value_and_gradient`](Self::value_and_gradient).
    fn value(&self, parameters: &[Matrix]) -> f64 {
        let (mut gradients, mut workspace) = (self.zero_gradients(), self.workspace());
        self.value_and_gradient(parameters, &mut gradients, &mut workspace)
    }
}
