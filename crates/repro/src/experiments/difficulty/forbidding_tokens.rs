//! The tokens that keep a selection from being locally optimal, and what they cost it.

use mirrorhead_attention::{Dataset, TokenScores, TokenSelection};
use mirrorhead_harness::CellError;
use mirrorhead_mirror::LpNorm;
use mirrorhead_svm::MaxMargin;
use mirrorhead_trainer::support_tokens;

use crate::shared::certified::{ACTIVE, att_svm};

/// By what part the margin of a selection is wider without the tokens that forbid it, the support tokens that
/// score as high as the selected one:
///
/// `$$ \frac{\lVert W_\alpha\rVert}{\lVert W_\alpha'\rVert} - 1, $$`
///
/// where `$W_\alpha'$` solves the AttSVM without them. Where it is small they are hardly felt: a run comes near
/// `$W_\alpha'$` first, where they have slack and no weight, and leaves late. `None` where that AttSVM isn't solved, or
/// nothing is left of it.
///
/// # Errors
/// A selection, scores or a solution of other data.
pub fn widening(
    data: &Dataset,
    selection: &TokenSelection,
    scores: &TokenScores,
    norm: LpNorm,
    solution: &MaxMargin,
) -> Result<Option<f64>, CellError> {
    let support = support_tokens(data, selection, solution, ACTIVE);
    let allows = |i: usize, t: usize| {
        let gamma = scores.sequence(i);
        gamma[t] < gamma[selection.tokens()[i]] || !support[i].contains(&t)
    };
    let rest = data.thinned(allows)?;
    if rest.tokens().n_tokens() == rest.len() {
        return Ok(None);
    }
    let wider = att_svm(&rest, &selection.thinned(allows), norm)?;
    Ok(wider.ok().map(|wider| wider.interval.lower / solution.interval.upper - 1.0))
}

#[cfg(test)]
mod tests {
    use mirrorhead_kernels::{Matrix, TokenBatch};

    use super::*;

    /// One sequence in the plane with query `$e_1$`: its constraints are on the first column of `$W$`, and with
    /// `$x_\alpha = 0$` they are `$-x_t^\top w \ge 1$`.
    fn sequence(others: &[[f64; 2]]) -> (Dataset, TokenSelection) {
        let values = [[0.0, 0.0]].iter().chain(others).flatten().copied().collect();
        let tokens = TokenBatch::new(2, &[1 + others.len()], values).unwrap();
        let queries = Matrix::from_rows(&[[1.0, 0.0]]).unwrap();
        let data = Dataset::new(tokens, &queries, vec![1.0]).unwrap();
        let selection = TokenSelection::new(vec![0], &data).unwrap();
        (data, selection)
    }

    fn widening_of(others: &[[f64; 2]], decoder: [f64; 2]) -> Option<f64> {
        let (data, selection) = sequence(others);
        let norm = LpNorm::new(2.0).unwrap();
        let decoder = Matrix::column(decoder.to_vec()).unwrap();
        let scores = TokenScores::of(&data, &decoder).unwrap();
        let solution = att_svm(&data, &selection, norm).unwrap().unwrap();
        widening(&data, &selection, &scores, norm, &solution).unwrap()
    }

    #[test]
    fn it_is_the_margin_that_is_gained_without_the_token_that_scores_higher() {
        // Both are support tokens at w = (1, 1), of norm sqrt(2); under v = (1, -1) the second scores 1,
        // above the selected one, and without it w = (1, 0) has norm 1.
        let found = widening_of(&[[-1.0, 0.0], [0.0, -1.0]], [1.0, -1.0]).unwrap();
        assert!((found - (2.0_f64.sqrt() - 1.0)).abs() < 1e-10, "{found}");
    }

    #[test]
    fn tokens_that_score_less_are_left_and_without_any_other_there_is_no_margin() {
        let found = widening_of(&[[-1.0, 0.0], [0.0, -1.0]], [1.0, 1.0]).unwrap();
        assert!(found.abs() < 1e-10, "{found}");
        assert_eq!(widening_of(&[[-1.0, 0.0]], [-1.0, 0.0]), None);
    }
}
