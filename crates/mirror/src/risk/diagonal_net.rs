//! Two-layer diagonal networks, the smallest model whose bias is not that of its method.

use mirrorhead_kernels::{LogScaled, Matrix};

use crate::{Risk, RiskError};

/// A risk of `$w$` seen as one of the two layers `$a$`, `$b$` of a diagonal network,
///
/// `$$ w = a \circ a - b \circ b, \qquad \nabla_a L = 2 a \circ \nabla_w L, \quad
///    \nabla_b L = -2 b \circ \nabla_w L. $$`
///
/// Gradient *flow* on `$(a, b)$` from `$a = b = \alpha$` is the mirror flow of `$w$` in the hyperbolic entropy
/// with `$\beta = 2\alpha^2$`, at four times the speed: `$\operatorname{arsinh}(w/\beta) = -4\int\nabla_w L$`
/// (Woodworth et al. 2020; Ghai, Hazan, Singer 2020). So gradient descent on it goes to the fit of least
/// hyperbolic entropy, and on separable data to the l1 max margin, where on `$w$` it goes to the l2 one.
///
/// Tensors: all `$a_1, \dots, a_B$`, then all `$b_1, \dots, b_B$`, of the shapes of the `$w_1, \dots, w_B$`.
///
/// ```
/// use mirrorhead_kernels::{DenseRows, Matrix};
/// use mirrorhead_mirror::{DiagonalNet, LinearRisk, Loss, Risk};
/// let rows = DenseRows::new(&Matrix::from_rows(&[[2.0, 1.0]])?);
/// let linear = LinearRisk::new(&rows, Loss::Logistic)?;
/// let net = DiagonalNet::new(&linear);
/// let layers = [Matrix::column(vec![3.0, 0.0])?, Matrix::column(vec![0.0, 2.0])?];
/// assert_eq!(net.weights(&layers)?[0].as_slice(), [9.0, -4.0]);
/// assert_eq!(net.value(&layers)?, linear.value(&[Matrix::column(vec![9.0, -4.0])?])?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct DiagonalNet<'a, R> {
    risk: &'a R,
    shapes: Vec<(usize, usize)>,
}

impl<'a, R: Risk> DiagonalNet<'a, R> {
    /// The network in front of `risk`.
    pub fn new(risk: &'a R) -> Self {
        Self { risk, shapes: risk.shapes() }
    }

    /// The weights `$w_1, \dots, w_B$` of the layers.
    ///
    /// # Errors
    /// Layers of other shapes than [`shapes`](Risk::shapes).
    pub fn weights(&self, layers: &[Matrix]) -> Result<Vec<Matrix>, RiskError> {
        RiskError::require_tensors(self.shapes(), layers, &self.zero_gradients())?;
        let mut weights: Vec<_> = self.shapes.iter().map(|&(m, n)| Matrix::zeros(m, n)).collect();
        multiply_out(layers, &mut weights);
        Ok(weights)
    }
}

/// `$a \circ a - b \circ b$` of every pair, as `$(a - b)\circ(a + b)$`: nothing cancels twice.
fn multiply_out(layers: &[Matrix], weights: &mut [Matrix]) {
    let (first, second) = layers.split_at(weights.len());
    for ((w, a), b) in weights.iter_mut().zip(first).zip(second) {
        for ((w, a), b) in w.as_mut_slice().iter_mut().zip(a.as_slice()).zip(b.as_slice()) {
            *w = (a - b) * (a + b);
        }
    }
}

/// Scratch of [`DiagonalNet`].
#[derive(Debug)]
pub struct DiagonalNetWorkspace<W> {
    inner: W,
    weights: Vec<Matrix>,
    gradients: Vec<LogScaled<Matrix>>,
}

impl<R: Risk> Risk for DiagonalNet<'_, R> {
    type Workspace = DiagonalNetWorkspace<R::Workspace>;

    fn shapes(&self) -> Vec<(usize, usize)> {
        self.shapes.repeat(2)
    }

    fn workspace(&self) -> Self::Workspace {
        let weights = self.shapes.iter().map(|&(m, n)| Matrix::zeros(m, n)).collect();
        let gradients = self.risk.zero_gradients();
        DiagonalNetWorkspace { inner: self.risk.workspace(), weights, gradients }
    }

    fn value_and_gradient(
        &self,
        parameters: &[Matrix],
        gradients: &mut [LogScaled<Matrix>],
        work: &mut Self::Workspace,
    ) -> Result<f64, RiskError> {
        let n = self.shapes.len();
        let shape = |b: usize| self.shapes[b % n];
        RiskError::require_tensors((0..2 * n).map(shape), parameters, gradients)?;
        multiply_out(parameters, &mut work.weights);
        let risk =
            self.risk.value_and_gradient(&work.weights, &mut work.gradients, &mut work.inner)?;
        for (layer, (gradient, theta)) in gradients.iter_mut().zip(parameters).enumerate() {
            let of_weights = &work.gradients[layer % n];
            let factor = if layer < n { 2.0 } else { -2.0 };
            gradient.log_scale = of_weights.log_scale;
            let pairs = theta.as_slice().iter().zip(of_weights.value.as_slice());
            for (out, (theta, g)) in gradient.value.as_mut_slice().iter_mut().zip(pairs) {
                *out = factor * theta * g;
            }
        }
        Ok(risk)
    }
}
