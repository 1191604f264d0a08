//! The risk of a factored head, `$W = K Q^\top$`.

use mirrorhead_kernels::{LogScaled, Matrix, product};

use super::sample_gradients::SampleGradients;
use crate::token_scores::raw_scores;
use crate::{AttentionError, Dataset, Loss, Risk, RiskError};

/// The risk of keys `$K$` and queries `$Q \in \mathbb{R}^{d\times m}$` with `$W = K Q^\top$`, the decoder
/// fixed:
///
/// `$$ \nabla_K L = (\nabla_W L)\, Q, \qquad \nabla_Q L = (\nabla_W L)^\top K, $$`
///
/// computed through `$Q^\top z_i$`, so that no `$d \times d$` matrix is formed.
///
/// Tensors: `$K$`, `$Q$`.
///
/// ```
/// use mirrorhead_attention::{FactoredRisk, KeyQueryRisk, Loss, Risk, Seed, SphereTokens};
/// use mirrorhead_kernels::{Matrix, product};
/// let planted = SphereTokens { n_sequences: 3, n_tokens: 4, dim: 5 }.sample(Seed(1))?;
/// let k = Matrix::from_fn(5, 2, |i, j| (i + j) as f64);
/// let q = Matrix::from_fn(5, 2, |i, j| 1.0 - (i * j) as f64);
/// let mut w = Matrix::zeros(5, 5);
/// product(&k, q.as_mat().transpose(), &mut w);
/// let factored = FactoredRisk::new(&planted.data, &planted.decoder, Loss::Logistic, 2)?;
/// let whole = KeyQueryRisk::new(&planted.data, &planted.decoder, Loss::Logistic)?;
/// assert!((factored.value(&[k, q])? - whole.value(&[w])?).abs() < 1e-14);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct FactoredRisk<'a> {
    data: &'a Dataset,
    scores: Vec<f64>,
    loss: Loss,
    width: usize,
}

impl<'a> FactoredRisk<'a> {
    /// The risk on `data` with the decoder `$v$` (`$d \times 1$`) and head width `$m \ge 1$`.
    ///
    /// # Errors
    /// A decoder of another size or with an entry that is not finite; a width of zero.
    pub fn new(
        data: &'a Dataset,
        decoder: &Matrix,
        loss: Loss,
        width: usize,
    ) -> Result<Self, AttentionError> {
        if width == 0 {
            return Err(AttentionError::ZeroSize { what: "the width of a factored head" });
        }
        Ok(Self { data, scores: raw_scores(data, decoder)?, loss, width })
    }
}

/// Scratch of [`FactoredRisk`].
#[derive(Debug, Clone, PartialEq)]
pub struct FactoredWorkspace {
    samples: SampleGradients,
    /// `$m \times n$`: column `$i$` is `$Q^\top z_i$`.
    projected_queries: Matrix,
    /// `$m \times n$`: column `$i$` is `$K^\top \text{pull}_i$`.
    projected_columns: Matrix,
    /// `$m \times d$`, either factor transposed.
    transposed: Matrix,
}

impl Risk for FactoredRisk<'_> {
    type Workspace = FactoredWorkspace;

    fn shapes(&self) -> Vec<(usize, usize)> {
        vec![(self.data.dim(), self.width); 2]
    }

    fn workspace(&self) -> FactoredWorkspace {
        FactoredWorkspace {
            samples: SampleGradients::new(self.data),
            projected_queries: Matrix::zeros(self.width, self.data.len()),
            projected_columns: Matrix::zeros(self.width, self.data.len()),
            transposed: Matrix::zeros(self.width, self.data.dim()),
        }
    }

    fn value_and_gradient(
        &self,
        parameters: &[Matrix],
        gradients: &mut [LogScaled<Matrix>],
        work: &mut FactoredWorkspace,
    ) -> Result<f64, RiskError> {
        let shape = (self.data.dim(), self.width);
        RiskError::require_tensors([shape; 2], parameters, gradients)?;
        let (keys, queries) = (&parameters[0], &parameters[1]);
        let z = self.data.queries();
        transpose_into(queries, &mut work.transposed);
        product(&work.transposed, z.as_mat(), &mut work.projected_queries);
        product(keys, work.projected_queries.as_mat(), &mut work.samples.directions);
        let (risk, log_scale) = work.samples.evaluate(self.data, &self.scores, self.loss);

        transpose_into(keys, &mut work.transposed);
        product(&work.transposed, work.samples.columns.as_mat(), &mut work.projected_columns);
        let [to_keys, to_queries] = gradients else { unreachable!("the tensors were counted") };
        let projected = work.projected_queries.as_mat().transpose();
        product(&work.samples.columns, projected, &mut to_keys.value);
        product(z, work.projected_columns.as_mat().transpose(), &mut to_queries.value);
        to_keys.log_scale = log_scale;
        to_queries.log_scale = log_scale;
        Ok(risk)
    }
}

fn transpose_into(matrix: &Matrix, out: &mut Matrix) {
    for j in 0..matrix.ncols() {
        for (i, &x) in matrix.col(j).iter().enumerate() {
            out[(j, i)] = x;
        }
    }
}
