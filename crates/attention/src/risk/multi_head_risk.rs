//! The risk of several heads, their decoders fixed.

use mirrorhead_kernels::{KernelError, LogScaled, Matrix, product};

use super::sample_gradients::{SampleGradients, zero_if_none};
use crate::token_scores::score_tokens;
use crate::{AttentionError, Dataset, Loss, Risk, RiskError};

/// The risk of `$H$` heads whose outputs are added, every head with a fixed decoder `$v_h$` of its own:
///
/// `$$ L(W_1, \dots, W_H) = \frac1n\sum_i \ell(y_i f_i), \qquad
///    f_i = \sum_h f_{ih},\; f_{ih} = v_h^\top X_i^\top \operatorname{softmax}(X_i W_h z_i), $$`
///
/// `$$ \nabla_{W_h} L = \frac1n \sum_i \ell'(y_i f_i)\, y_i\,
///    X_i^\top\!\left(s_{ih} \circ (X_i v_h - f_{ih})\right) z_i^\top. $$`
///
/// Heads meet only in the slopes `$\ell'(y_i f_i)$`; under [`Loss::Correlation`] they don't at all. A
/// decoder of each head's own is what the product of value and output matrices of a multi-head
/// layer amounts to; equal columns make it shared.
///
/// Tensors: `$W_1, \dots, W_H$`.
///
/// ```
/// use mirrorhead_attention::{KeyQueryRisk, Loss, MultiHeadRisk, Risk, toy_pair};
/// use mirrorhead_kernels::Matrix;
/// let data = toy_pair();
/// let decoders = Matrix::from_rows(&[[1.0, 0.5], [0.0, 2.0]])?; // column h is v_h
/// let two = MultiHeadRisk::new(&data, &decoders, Loss::Correlation)?;
/// let heads = [Matrix::zeros(2, 2), Matrix::from_rows(&[[1.0, -1.0], [0.0, 2.0]])?];
/// let alone = |h: usize| -> Result<f64, Box<dyn std::error::Error>> {
///     let decoder = Matrix::column(decoders.col(h).to_vec())?;
///     Ok(KeyQueryRisk::new(&data, &decoder, Loss::Correlation)?.value(&heads[h..=h])?)
/// };
/// assert!((two.value(&heads)? - (alone(0)? + alone(1)?)).abs() < 1e-15);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct MultiHeadRisk<'a> {
    data: &'a Dataset,
    /// `$X_i v_h$` of every sample, for each head.
    scores: Vec<Vec<f64>>,
    loss: Loss,
}

impl<'a> MultiHeadRisk<'a> {
    /// The risk on `data` of as many heads as `decoders` (`$d \times H$`) has columns `$v_h$`.
    ///
    /// # Errors
    /// No decoder; decoders of another size, or with an entry that is not finite.
    pub fn new(data: &'a Dataset, decoders: &Matrix, loss: Loss) -> Result<Self, AttentionError> {
        KernelError::require_size(|| "rows of the decoders", data.dim(), decoders.nrows())?;
        KernelError::require_finite(|| "decoders", decoders.as_slice())?;
        if decoders.ncols() == 0 {
            return Err(AttentionError::ZeroSize { what: "the number of heads" });
        }
        let scores = (0..decoders.ncols()).map(|h| {
            let mut scores = vec![0.0; data.tokens().n_tokens()];
            score_tokens(data, decoders.col(h), &mut scores);
            scores
        });
        Ok(Self { data, scores: scores.collect(), loss })
    }

    /// The data.
    pub fn data(&self) -> &'a Dataset {
        self.data
    }

    /// Number of heads `$H$`.
    pub fn n_heads(&self) -> usize {
        self.scores.len()
    }
}

/// Scratch of [`MultiHeadRisk`].
#[derive(Debug, Clone, PartialEq)]
pub struct MultiHeadWorkspace(Vec<SampleGradients>);

impl Risk for MultiHeadRisk<'_> {
    type Workspace = MultiHeadWorkspace;

    fn shapes(&self) -> Vec<(usize, usize)> {
        vec![(self.data.dim(), self.data.dim()); self.n_heads()]
    }

    fn workspace(&self) -> MultiHeadWorkspace {
        MultiHeadWorkspace(vec![SampleGradients::new(self.data); self.n_heads()])
    }

    fn value_and_gradient(
        &self,
        parameters: &[Matrix],
        gradients: &mut [LogScaled<Matrix>],
        MultiHeadWorkspace(heads): &mut MultiHeadWorkspace,
    ) -> Result<f64, RiskError> {
        let shape = (self.data.dim(), self.data.dim());
        RiskError::require_tensors((0..self.n_heads()).map(|_| shape), parameters, gradients)?;
        let queries = self.data.queries().as_mat();
        for ((head, key_query), scores) in heads.iter_mut().zip(parameters).zip(&self.scores) {
            product(key_query, queries, &mut head.directions);
            head.attend(self.data, scores);
        }
        let (first, others) = heads.split_first_mut().expect("at least one head");
        for other in others.iter() {
            let margins = first.losses.margins_mut().iter_mut();
            for (margin, more) in margins.zip(other.losses.margins()) {
                *margin += more;
            }
        }
        let risk = first.losses.evaluate(self.loss);
        for other in others {
            other.losses.log_slopes_mut().copy_from_slice(first.losses.log_slopes());
        }
        for (head, gradient) in heads.iter_mut().zip(gradients) {
            gradient.log_scale = zero_if_none(head.weigh(self.data));
            product(&head.columns, queries.transpose(), &mut gradient.value);
        }
        Ok(risk)
    }
}
