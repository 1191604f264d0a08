//! The risk of a key-query matrix, the decoder fixed.

use mirrorhead_kernels::{LogScaled, Matrix, product};

use super::sample_gradients::SampleGradients;
use crate::token_scores::raw_scores;
use crate::{AttentionError, Dataset, Loss, Risk, RiskError};

/// The risk `$L(W) = \tfrac1n\sum_i \ell\!\left(y_i\, v^\top X_i^\top \operatorname{softmax}(X_i W z_i)\right)$`
/// of the key-query matrix `$W \in \mathbb{R}^{d\times d}$` for a fixed decoder `$v$`, with
///
/// `$$ \nabla_W L = \frac1n \sum_i \ell'(y_i f_i)\, y_i\, X_i^\top\!\left(s_i \circ (g_i - f_i)\right) z_i^\top,
///    \qquad s_i = \operatorname{softmax}(X_i W z_i),\; g_i = X_i v,\; f_i = s_i^\top g_i. $$`
///
/// Tensors: `$W$`.
///
/// ```
/// use mirrorhead_attention::{KeyQueryRisk, Loss, Risk, Seed, SphereTokens};
/// use mirrorhead_kernels::Matrix;
/// let planted = SphereTokens { n_sequences: 6, n_tokens: 8, dim: 10 }.sample(Seed(1))?;
/// let risk = KeyQueryRisk::new(&planted.data, &planted.decoder, Loss::Logistic)?;
/// assert!((risk.value(&[Matrix::zeros(10, 10)])? - 0.69).abs() < 0.1); // uniform attention
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct KeyQueryRisk<'a> {
    data: &'a Dataset,
    scores: Vec<f64>,
    loss: Loss,
}

impl<'a> KeyQueryRisk<'a> {
    /// The risk on `data` with the decoder `$v$`, a `$d \times 1$` matrix.
    ///
    /// # Errors
    /// A decoder of another size, or with an entry that is not finite.
    pub fn new(data: &'a Dataset, decoder: &Matrix, loss: Loss) -> Result<Self, AttentionError> {
        Ok(Self { data, scores: raw_scores(data, decoder)?, loss })
    }

    /// The data.
    pub fn data(&self) -> &'a Dataset {
        self.data
    }

    /// The loss.
    pub fn loss(&self) -> Loss {
        self.loss
    }
}

/// Scratch of [`KeyQueryRisk`].
#[derive(Debug, Clone, PartialEq)]
pub struct KeyQueryWorkspace(SampleGradients);

impl Risk for KeyQueryRisk<'_> {
    type Workspace = KeyQueryWorkspace;

    fn shapes(&self) -> Vec<(usize, usize)> {
        vec![(self.data.dim(), self.data.dim())]
    }

    fn workspace(&self) -> KeyQueryWorkspace {
        KeyQueryWorkspace(SampleGradients::new(self.data))
    }

    fn value_and_gradient(
        &self,
        parameters: &[Matrix],
        gradients: &mut [LogScaled<Matrix>],
        KeyQueryWorkspace(samples): &mut KeyQueryWorkspace,
    ) -> Result<f64, RiskError> {
        RiskError::require_tensors([(self.data.dim(), self.data.dim())], parameters, gradients)?;
        let queries = self.data.queries().as_mat();
        product(&parameters[0], queries, &mut samples.directions);
        let (risk, log_scale) = samples.evaluate(self.data, &self.scores, self.loss);
        gradients[0].log_scale = log_scale;
        product(&samples.columns, queries.transpose(), &mut gradients[0].value);
        Ok(risk)
    }
}
