//! The risk of a key-query matrix and a decoder together.

use mirrorhead_kernels::{LogScaled, Matrix, elementary, product, softmax, weighted_rows};

use super::sample_gradients::SampleGradients;
use crate::token_scores::score_tokens;
use crate::{Dataset, Loss, Risk, RiskError};

/// The risk `$L(W, v)$` of key-query matrix and decoder, the objective of ℓp-JointGD, with
/// `$\nabla_W L$` as in [`KeyQueryRisk`](crate::KeyQueryRisk) and
///
/// `$$ \nabla_v L = \frac1n\sum_i \ell'(y_i f_i)\, y_i\, X_i^\top s_i. $$`
///
/// Tensors: `$W$`, `$v$`.
///
/// ```
/// use mirrorhead_attention::{JointRisk, Loss, Risk, toy_pair};
/// use mirrorhead_kernels::Matrix;
/// let data = toy_pair();
/// let risk = JointRisk::new(&data, Loss::Logistic);
/// let start = [Matrix::zeros(2, 2), Matrix::zeros(2, 1)];
/// assert!((risk.value(&start)? - 2f64.ln()).abs() < 1e-15);
/// # Ok::<(), mirrorhead_attention::RiskError>(())
/// ```
#[derive(Debug, Clone)]
pub struct JointRisk<'a> {
    data: &'a Dataset,
    loss: Loss,
}

impl<'a> JointRisk<'a> {
    /// The risk on `data`.
    pub fn new(data: &'a Dataset, loss: Loss) -> Self {
        Self { data, loss }
    }

    /// The data.
    pub fn data(&self) -> &'a Dataset {
        self.data
    }
}

/// Scratch of [`JointRisk`].
#[derive(Debug, Clone, PartialEq)]
pub struct JointWorkspace {
    samples: SampleGradients,
    scores: Vec<f64>,
    weights: Vec<f64>,
    attended: Vec<f64>,
}

impl Risk for JointRisk<'_> {
    type Workspace = JointWorkspace;

    fn shapes(&self) -> Vec<(usize, usize)> {
        vec![(self.data.dim(), self.data.dim()), (self.data.dim(), 1)]
    }

    fn workspace(&self) -> JointWorkspace {
        let n_tokens = self.data.tokens().n_tokens();
        JointWorkspace {
            samples: SampleGradients::new(self.data),
            scores: vec![0.0; n_tokens],
            weights: vec![0.0; n_tokens],
            attended: vec![0.0; self.data.dim()],
        }
    }

    fn value_and_gradient(
        &self,
        parameters: &[Matrix],
        gradients: &mut [LogScaled<Matrix>],
        work: &mut JointWorkspace,
    ) -> Result<f64, RiskError> {
        let dim = self.data.dim();
        RiskError::require_tensors([(dim, dim), (dim, 1)], parameters, gradients)?;
        let (key_query, decoder) = (&parameters[0], &parameters[1]);
        let queries = self.data.queries().as_mat();
        score_tokens(self.data, decoder.as_slice(), &mut work.scores);
        product(key_query, queries, &mut work.samples.directions);
        let (risk, log_scale) = work.samples.evaluate(self.data, &work.scores, self.loss);

        let [to_key_query, to_decoder] = gradients else {
            unreachable!("the tensors were counted")
        };
        to_key_query.log_scale = log_scale;
        product(&work.samples.columns, queries.transpose(), &mut to_key_query.value);
        self.decoder_gradient(to_decoder, work);
        Ok(risk)
    }
}

impl JointRisk<'_> {
    /// `$\nabla_v L = e^{m} G$` with `$m = \max_i \log\lvert\ell'_i\rvert$`, from evaluated samples.
    fn decoder_gradient(&self, gradient: &mut LogScaled<Matrix>, work: &mut JointWorkspace) {
        let log_slopes = work.samples.losses.log_slopes();
        let log_scale = log_slopes.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        gradient.log_scale = log_scale;
        gradient.value.as_mut_slice().fill(0.0);
        let (tokens, n) = (self.data.tokens(), self.data.len() as f64);
        for (i, (log_slope, y)) in log_slopes.iter().zip(self.data.labels()).enumerate() {
            let span = tokens.offset(i)..tokens.offset(i + 1);
            let weights = &mut work.weights[span.clone()];
            softmax(&work.samples.logits[span], weights);
            weighted_rows(tokens.sequence(i), weights, &mut work.attended);
            let factor = -y / n * elementary::exp(log_slope - log_scale);
            for (g, x) in gradient.value.as_mut_slice().iter_mut().zip(&work.attended) {
                *g += factor * x;
            }
        }
    }
}
