//! The tokens that keep a selection from being locally optimal, and what they cost it.

use mirrorhead_attention::{AttSvmOperator, Dataset, TokenSelection};
use mirrorhead_harness::CellError;
use mirrorhead_kernels::{LinearOperator, Matrix};
use mirrorhead_mirror::LpNorm;
use mirrorhead_svm::MaxMargin;
use mirrorhead_trainer::{OptimalityEvidence, Rival, TokenSupport};

use crate::shared::certified::att_svm;

/// How much of its slack a token that forbids a selection may keep over half of a run.
const KEPT_SLACK: f64 = 0.9;

/// The tokens that forbid a selection, as pairs of sequence and token: those that score as high as the selected one and are proven to support it.
/// Where only several are proven to have one among them that does, all that aren't proven to have room.
pub fn forbidding(found: &OptimalityEvidence) -> Vec<(usize, usize)> {
    let those = |is: fn(&TokenSupport) -> bool| -> Vec<(usize, usize)> {
        let rivals = found.rivals.iter().filter(|rival| is(&rival.support));
        rivals.map(|Rival { sequence, token, .. }| (*sequence, *token)).collect()
    };
    let proven = those(|support| matches!(support, TokenSupport::Active { .. }));
    if proven.is_empty() {
        those(|support| !matches!(support, TokenSupport::Inactive { .. }))
    } else {
        proven
    }
}

/// By what part the margin of a selection is wider without the tokens that forbid it:
///
/// `$$ \frac{\lVert W_\alpha\rVert}{\lVert W_\alpha'\rVert} - 1, $$`
///
/// where `$W_\alpha'$` solves the AttSVM without them. Where it is small they are hardly felt: a run comes near
/// `$W_\alpha'$` first, where they have slack and no weight, and leaves late. `None` where that AttSVM isn't solved, or
/// nothing is left of it.
///
/// # Errors
/// A selection or a solution of other data.
pub fn widening(
    data: &Dataset,
    selection: &TokenSelection,
    forbidding: &[(usize, usize)],
    norm: LpNorm,
    solution: &MaxMargin,
) -> Result<Option<f64>, CellError> {
    let allows = |i: usize, t: usize| !forbidding.contains(&(i, t));
    let rest = data.thinned(allows)?;
    if rest.tokens().n_tokens() == rest.len() {
        return Ok(None);
    }
    let wider = att_svm(&rest, &selection.thinned(allows), norm)?;
    Ok(wider.ok().map(|wider| wider.interval.lower / solution.interval.upper - 1.0))
}

/// How much farther the tokens that forbid a selection are from their constraints than the nearest of the others from theirs, at `w`, in parts of the
/// latter and in logits: zero or less once one of them is the nearest, and weighs as much as any. A run that stays has to let it shrink; in logits
/// from then on. `None` if none forbids it, or nothing is left without them.
pub fn slack(
    data: &Dataset,
    selection: &TokenSelection,
    forbidding: &[(usize, usize)],
    w: &Matrix,
) -> Option<[f64; 2]> {
    let rows = AttSvmOperator::new(data.tokens(), data.queries(), selection.tokens());
    let mut margins = vec![0.0; rows.nrows()];
    rows.apply(w.as_slice(), &mut margins);
    let least = |forbids: bool| {
        let of = (0..rows.nrows()).filter(|j| forbidding.contains(&rows.row_token(*j)) == forbids);
        of.map(|j| margins[j]).reduce(f64::min)
    };
    let (own, other) = (least(true)?, least(false)?);
    Some([own / other - 1.0, own - other])
}

/// Whether tokens that forbid a selection come nearer over half of a run: in parts while they have slack, then in logits.
pub fn is_leaving(half: [f64; 2], end: [f64; 2]) -> bool {
    if half[0] > 0.0 { end[0] <= KEPT_SLACK * half[0] } else { end[1] < half[1] }
}

#[cfg(test)]
mod tests {
    use mirrorhead_attention::TokenScores;
    use mirrorhead_kernels::TokenBatch;

    use super::*;
    use crate::shared::certified::optimality;

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

    /// The data of [`sequence`] with the tokens that forbid its selection under a decoder, and its AttSVM.
    fn forbidden(others: &[[f64; 2]], decoder: [f64; 2]) -> (Vec<(usize, usize)>, MaxMargin) {
        let (data, selection) = sequence(others);
        let norm = LpNorm::new(2.0).unwrap();
        let decoder = Matrix::column(decoder.to_vec()).unwrap();
        let scores = TokenScores::of(&data, &decoder).unwrap();
        let solution = att_svm(&data, &selection, norm).unwrap().unwrap();
        let found = optimality(&data, &selection, &scores, norm, &solution).unwrap();
        (forbidding(&found), solution)
    }

    fn widening_of(others: &[[f64; 2]], decoder: [f64; 2]) -> Option<f64> {
        let (data, selection) = sequence(others);
        let (forbidding, solution) = forbidden(others, decoder);
        widening(&data, &selection, &forbidding, LpNorm::new(2.0).unwrap(), &solution).unwrap()
    }

    #[test]
    fn it_is_the_margin_that_is_gained_without_the_token_that_scores_higher() {
        // Both are support tokens at w = (1, 1), of norm sqrt(2); under v = (1, -1) the second scores 1,
        // above the selected one, and without it w = (1, 0) has norm 1.
        let found = widening_of(&[[-1.0, 0.0], [0.0, -1.0]], [1.0, -1.0]).unwrap();
        assert!((found - (2.0_f64.sqrt() - 1.0)).abs() < 1e-10, "{found}");
    }

    #[test]
    fn the_slack_is_that_of_the_tokens_that_score_higher() {
        let others = [[-1.0, 0.0], [0.0, -1.0]];
        let (data, selection) = sequence(&others);
        let (tokens, _) = forbidden(&others, [1.0, -1.0]);
        assert_eq!(tokens, [(0, 2)]);
        // Margins are the entries of the first column: 2 for the token that scores less, 3 for the other.
        let w = Matrix::from_rows(&[[2.0, 0.0], [3.0, 0.0]]).unwrap();
        let found = slack(&data, &selection, &tokens, &w).unwrap();
        assert!((found[0] - 0.5).abs() < 1e-15 && (found[1] - 1.0).abs() < 1e-15, "{found:?}");
        // Nearer than all others, it has none left.
        let w = Matrix::from_rows(&[[2.0, 0.0], [1.0, 0.0]]).unwrap();
        assert_eq!(slack(&data, &selection, &tokens, &w).unwrap(), [-0.5, -1.0]);
        assert_eq!(forbidden(&others, [1.0, 1.0]).0, []);
        assert_eq!(slack(&data, &selection, &[], &w), None);
    }

    #[test]
    fn tokens_that_score_less_are_left_and_without_any_other_there_is_no_margin() {
        let found = widening_of(&[[-1.0, 0.0], [0.0, -1.0]], [1.0, 1.0]).unwrap();
        assert!(found.abs() < 1e-10, "{found}");
        assert_eq!(widening_of(&[[-1.0, 0.0]], [-1.0, 0.0]), None);
    }
}
