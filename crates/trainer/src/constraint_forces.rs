//! What the gradient of the risk is made of: a force along each constraint of an AttSVM.

use mirrorhead_attention::{
    AttentionError, AttentionWeights, Dataset, Loss, TokenScores, TokenSelection,
};
use mirrorhead_kernels::{LinearOperator, LogScaled, Matrix, dot, elementary};
use mirrorhead_mirror::LpNorm;

use crate::max_margin::att_svm_rows;

/// The force along each constraint at an iterate,
///
/// `$$ -n \nabla L = \sum_{it} F_{it}\, a_{it}, \qquad
///    F_{it} = \lvert\ell'(f_i)\rvert\, s_{it}\, (f_i - \gamma_{it}), $$`
///
/// with `$a_{it} = (x_{i\alpha_i} - x_{it}) \otimes z_i$` the rows of the AttSVM of `selection`, in their order. A token that scores higher
/// than the output pulls attention to itself: its force is negative. Where attention saturates forces underflow, so that each carries the
/// logarithm of `$\lvert\ell'(f_i)\rvert s_{it}$` apart.
///
/// ```
/// use mirrorhead_attention::{Loss, TokenSelection, toy_pair};
/// use mirrorhead_kernels::Matrix;
/// use mirrorhead_trainer::constraint_forces;
/// let data = toy_pair();
/// let selection = TokenSelection::new(vec![1, 0], &data)?;
/// let decoder = Matrix::column(vec![0.0, 1.0])?; // scores 1.2, 2.1, -0.1 and 2.2, 0.4, -0.1
/// let forces = constraint_forces(&data, &decoder, &selection, &Matrix::zeros(2, 2), Loss::Correlation)?;
/// // Attention is uniform: s = 1/3, and the output of the first sequence is 3.2/3.
/// assert!((forces[0].log_scale - (1f64 / 3.0).ln()).abs() < 1e-15);
/// assert!((forces[0].value - (3.2 / 3.0 - 1.2)).abs() < 1e-15);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// A matrix or a decoder that doesn't fit the data.
///
/// # Panics
/// If the selection is of other data.
pub fn constraint_forces(
    data: &Dataset,
    decoder: &Matrix,
    selection: &TokenSelection,
    key_query: &Matrix,
    loss: Loss,
) -> Result<Vec<LogScaled<f64>>, AttentionError> {
    let attention = AttentionWeights::of(key_query, data)?;
    let scores = TokenScores::of(data, decoder)?;
    let rows = att_svm_rows(data, selection);
    let of_row = |row| {
        let (i, t) = rows.row_token(row);
        let scores = scores.sequence(i);
        let output = dot(attention.sequence(i), scores);
        LogScaled {
            log_scale: loss.log_slope(output) + attention.log_sequence(i)[t],
            value: output - scores[t],
        }
    };
    Ok((0..rows.nrows()).map(of_row).collect())
}

/// The weights of the constraints at an iterate: the [forces](constraint_forces) that pull to the selection, scaled to a sum of one. Those
/// that pull the other way have none.
///
/// # Errors
/// A matrix or a decoder that doesn't fit the data.
///
/// # Panics
/// If the selection is of other data.
pub fn constraint_weights(
    data: &Dataset,
    decoder: &Matrix,
    selection: &TokenSelection,
    key_query: &Matrix,
    loss: Loss,
) -> Result<Vec<f64>, AttentionError> {
    let forces = constraint_forces(data, decoder, selection, key_query, loss)?;
    let log = |force: &LogScaled<f64>| {
        if force.value > 0.0 { force.log_abs() } else { f64::NEG_INFINITY }
    };
    let largest = forces.iter().map(log).fold(f64::NEG_INFINITY, f64::max);
    let mut weights: Vec<f64> =
        forces.iter().map(|force| elementary::exp(log(force) - largest)).collect();
    let total: f64 = weights.iter().sum();
    for weight in &mut weights {
        *weight /= total;
    }
    Ok(weights)
}

/// The dual norm of each row of the AttSVM, `$\lVert x_{i\alpha_i} - x_{it}\rVert_q \lVert z_i\rVert_q$`: no margin moves by more than this
/// where `$W$` moves by one.
///
/// ```
/// use mirrorhead_attention::{TokenSelection, toy_pair};
/// use mirrorhead_mirror::LpNorm;
/// use mirrorhead_trainer::constraint_norms;
/// let data = toy_pair();
/// let selection = TokenSelection::new(vec![1, 0], &data)?;
/// let norms = constraint_norms(&data, &selection, LpNorm::new(2.0)?);
/// // x_01 - x_00 = (4.1, 0.9), z_0 = (-2.7, 1.2)
/// assert!((norms[0] - 4.1f64.hypot(0.9) * 2.7f64.hypot(1.2)).abs() < 1e-12);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Panics
/// If the selection is of other data.
pub fn constraint_norms(data: &Dataset, selection: &TokenSelection, norm: LpNorm) -> Vec<f64> {
    let (tokens, rows) = (data.tokens(), att_svm_rows(data, selection));
    let of_row = |row| {
        let (i, t) = rows.row_token(row);
        let pair = tokens.token(i, selection.tokens()[i]).iter().zip(tokens.token(i, t));
        let apart: Vec<f64> = pair.map(|(selected, other)| selected - other).collect();
        norm.dual_of(&apart) * norm.dual_of(data.queries().col(i))
    };
    (0..rows.nrows()).map(of_row).collect()
}

#[cfg(test)]
mod tests {
    use mirrorhead_attention::{KeyQueryRisk, Risk, Seed, SphereTokens, gaussian_matrix};

    use super::*;

    #[test]
    fn forces_along_the_rows_are_the_gradient_and_those_to_the_selection_its_weights() {
        let sizes = SphereTokens { n_sequences: 5, n_tokens: 4, dim: 3 };
        let planted = sizes.sample(Seed(3)).unwrap();
        let (data, decoder) = (&planted.data, &planted.decoder);
        let selection = TokenSelection::new(vec![0, 1, 2, 3, 0], data).unwrap();
        let w = gaussian_matrix(3, 3, Seed(4));
        for loss in Loss::ALL {
            let forces = constraint_forces(data, decoder, &selection, &w, loss).unwrap();
            let plain: Vec<f64> =
                forces.iter().map(|force| force.log_scale.exp() * force.value).collect();
            assert!(plain.iter().any(|f| *f < 0.0) && plain.iter().any(|f| *f > 0.0));
            let mut pull = vec![0.0; 9];
            att_svm_rows(data, &selection).apply_adjoint(&plain, &mut pull);
            let risk = KeyQueryRisk::new(data, decoder, loss).unwrap();
            let mut gradient = risk.zero_gradients();
            risk.value_and_gradient(std::slice::from_ref(&w), &mut gradient, &mut risk.workspace())
                .unwrap();
            let LogScaled { log_scale, value } = &gradient[0];
            for (pull, g) in pull.iter().zip(value.as_slice()) {
                assert!((pull + 5.0 * log_scale.exp() * g).abs() < 1e-14, "{loss:?}");
            }
            let weights = constraint_weights(data, decoder, &selection, &w, loss).unwrap();
            let total: f64 = plain.iter().map(|f| f.max(0.0)).sum();
            for (weight, force) in weights.iter().zip(&plain) {
                assert!((weight - force.max(0.0) / total).abs() < 1e-14, "{loss:?}");
            }
        }
    }

    #[test]
    fn norms_are_those_of_the_rows_written_out() {
        let planted = SphereTokens { n_sequences: 3, n_tokens: 4, dim: 3 }.sample(Seed(1)).unwrap();
        let selection = TokenSelection::new(vec![2, 0, 3], &planted.data).unwrap();
        let rows = att_svm_rows(&planted.data, &selection);
        for p in [1.3, 2.0, 5.0] {
            let norm = LpNorm::new(p).unwrap();
            let norms = constraint_norms(&planted.data, &selection, norm);
            assert_eq!(norms.len(), rows.nrows());
            for (j, expected) in norms.iter().enumerate() {
                let mut unit = vec![0.0; rows.nrows()];
                unit[j] = 1.0;
                let mut row = vec![0.0; rows.ncols()];
                rows.apply_adjoint(&unit, &mut row);
                assert!((norm.dual_of(&row) / expected - 1.0).abs() < 1e-14);
            }
        }
    }
}
