//! The constraints of the decoder's SVM.

use mirrorhead_kernels::{DenseRows, Matrix};

use crate::{Dataset, TokenSelection};

/// The rows `$y_i x_{i\alpha_i}^\top$` of the decoder SVM
/// `$\min \lVert v\rVert_p$` s.t. `$y_i v^\top x_{i\alpha_i} \ge 1$`: what the decoder of ℓp-JointGD
/// converges to once attention selects `$\alpha$`.
///
/// ```
/// use mirrorhead_attention::{TokenSelection, decoder_rows, toy_pair};
/// use mirrorhead_kernels::LinearOperator;
/// let data = toy_pair();
/// let rows = decoder_rows(&data, &TokenSelection::new(vec![1, 0], &data)?);
/// assert_eq!((rows.nrows(), rows.row(0), rows.row(1)), (2, &[1.4, 2.1][..], &[-0.4, 2.2][..]));
/// # Ok::<(), mirrorhead_attention::AttentionError>(())
/// ```
///
/// # Panics
/// If the selection is of other data.
pub fn decoder_rows(data: &Dataset, selection: &TokenSelection) -> DenseRows {
    let rows = Matrix::from_fn(data.len(), data.dim(), |i, k| {
        data.labels()[i] * data.tokens().token(i, selection.tokens()[i])[k]
    });
    DenseRows::new(&rows)
}
