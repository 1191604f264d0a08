//! The risk of a key-query matrix and a decoder together.

use mirrorhead_kernels::{LogScaled, Matrix, product, softmax, weighted_rows};

use crate::key_query_risk::score_tokens;
use crate::pulls::Pulls;
use crate::{Dataset, Loss, Risk};

/// The risk $L(W, v)$ of key-query matrix and decoder, the objective of lp-JointGD, with
/// $\nabla_W L$ as in [`KeyQueryRisk`](crate::KeyQueryRisk) and
///
/// $$ \nabla_v L = \frac1n\sum_i \ell'(y_i f_i)\, y_i\, X_i^\top s_i. $$
///
/// Tensors: $W$, $v$.
///
/// ```
/// use mirrorhead_attention::{JointRisk, Loss, Risk, toy_pair};
/// use mirrorhead_kernels::Matrix;
/// let data = toy_pair();
/// let risk = JointRisk::new(&data, Loss::Logistic);
/// let start = [Matrix::zeros(2, 2), Matrix::zeros(2, 1)];
/// assert!((risk.value(&start) - 2f64.ln()).abs() < 1e-15);
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
    pulls: Pulls,
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
            pulls: Pulls::new(self.data),
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
    ) -> f64 {
        let [key_query, decoder] = parameters else { panic!("a joint head has two tensors: W, v") };
        assert_eq!(decoder.ncols(), 1, "a decoder is a matrix with one column");
        let queries = self.data.queries().as_mat();
        score_tokens(self.data, decoder.as_slice(), &mut work.scores);
        product(key_query, queries, &mut work.pulls.directions);
        let (risk, log_scale) = work.pulls.evaluate(self.data, &work.scores, self.loss);

        let [to_key_query, to_decoder] = gradients else { panic!("one gradient a tensor") };
        to_key_query.log_scale = log_scale;
        product(&work.pulls.columns, queries.transpose(), &mut to_key_query.value);
        self.decoder_gradient(to_decoder, work);
        risk
    }
}

impl JointRisk<'_> {
    /// $\nabla_v L = e^{m} G$ with $m = \max_i \log\lvert\ell'_i\rvert$, from evaluated samples.
    fn decoder_gradient(&self, gradient: &mut LogScaled<Matrix>, work: &mut JointWorkspace) {
        let log_slopes = &work.pulls.log_slopes;
        let log_scale = log_slopes.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        gradient.log_scale = log_scale;
        gradient.value.as_mut_slice().fill(0.0);
        let (tokens, n) = (self.data.tokens(), self.data.len() as f64);
        for (i, (log_slope, y)) in log_slopes.iter().zip(self.data.labels()).enumerate() {
            let span = tokens.offset(i)..tokens.offset(i + 1);
            let weights = &mut work.weights[span.clone()];
            softmax(&work.pulls.logits[span], weights);
            weighted_rows(tokens.sequence(i), weights, &mut work.attended);
            let factor = -y / n * (log_slope - log_scale).exp();
            for (g, x) in gradient.value.as_mut_slice().iter_mut().zip(&work.attended) {
                *g += factor * x;
            }
        }
    }
}
