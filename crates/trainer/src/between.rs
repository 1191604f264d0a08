//! The SVM between the relaxed and the full AttSVM: where W goes when v grows in proportion to it.

use mirrorhead_attention::{Dataset, TokenSelection};
use mirrorhead_kernels::{LinearOperator, dot};
use mirrorhead_mirror::LpNorm;
use mirrorhead_svm::{HardMarginProblem, MaxMargin, Outcome, SvmError, WatchedSettings, solve};
use serde::{Deserialize, Serialize};

use crate::max_margin::{ACTIVE, att_svm_rows};

/// Halvings in the search for the norm of the solution.
const HALVINGS: usize = 60;

/// The solution of the AttSVM that asks every sequence for the margin that it needs when the decoder is `$c$` times as large
/// as `$W$`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BetweenMaxMargin {
    /// The margin asked of each sequence, 1 for those that support the decoder's SVM.
    pub bounds: Vec<f64>,
    /// The solution for these bounds.
    pub svm: MaxMargin,
}

/// How far every selected token is beyond the label margin of a decoder of norm one,
/// `$\sigma_i = y_i x_{i\alpha_i}^\top \hat v - \min_k y_k x_{k\alpha_k}^\top \hat v$`; zero for those that support it.
///
/// # Panics
/// If the solution or the selection is of other data.
pub fn label_slacks(
    data: &Dataset,
    selection: &TokenSelection,
    decoder: &MaxMargin,
    norm: LpNorm,
) -> Vec<f64> {
    let slack = |(i, token): (usize, &usize)| {
        let score = data.labels()[i] * dot(data.tokens().token(i, *token), decoder.direction());
        ((score - 1.0) / norm.of(decoder.direction())).max(0.0)
    };
    selection.tokens().iter().enumerate().map(slack).collect()
}

/// Solves the AttSVM *between* the relaxed and the full one: the limit of `$W$` in joint training at which
/// `$\lVert v\rVert_p = c\,\lVert W\rVert_p$`, with `$c$` the `ratio`.
///
/// Where attention selects `$\alpha$` and `$v$` goes along the decoder's SVM `decoder`, a sequence that is `$\sigma_i$`
/// beyond the label margin weighs `$e^{-c \sigma_i \lVert W\rVert}$` of one on it in the risk, and so needs that much less
/// margin:
///
/// `$$ (x_{i\alpha_i} - x_{it})^\top W z_i \;\ge\; \max(0,\; 1 - c\,\sigma_i \lVert W\rVert_p). $$`
///
/// The bounds fall as the norm grows, and the norm of the solution grows with the bounds: one norm fits. At `$c = 0$` it is that of the full
/// AttSVM, from some `$c$` on that of the relaxed one. This is our own derivation, and measured; the paper's theorem is about
/// paths on which `$c$` grows without bound.
///
/// None where an SVM on the way has no solution, or the solver finds none.
///
/// ```
/// use mirrorhead_attention::{TokenSelection, toy_pair};
/// use mirrorhead_mirror::LpNorm;
/// use mirrorhead_svm::{Outcome, SvmSettings};
/// use mirrorhead_trainer::{between_max_margin_key_query, max_margin_decoder};
/// let (data, norm, settings) = (toy_pair(), LpNorm::new(2.0)?, SvmSettings::default());
/// let selection = TokenSelection::new(vec![1, 0], &data)?;
/// let Outcome::MaxMargin(decoder) = max_margin_decoder(&data, &selection, norm, &settings)? else {
///     panic!("separable")
/// };
/// let between =
///     between_max_margin_key_query(&data, &selection, &decoder, 5.0, norm, &settings)?;
/// assert_eq!(between.expect("solved").bounds, [1.0, 1.0]); // both support the decoder's SVM
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Misuse of the solver.
///
/// # Panics
/// If the solution or the selection is of other data.
pub fn between_max_margin_key_query<'w>(
    data: &Dataset,
    selection: &TokenSelection,
    decoder: &MaxMargin,
    ratio: f64,
    norm: LpNorm,
    settings: impl Into<WatchedSettings<'w>>,
) -> Result<Option<BetweenMaxMargin>, SvmError> {
    let settings = &settings.into();
    let rows = att_svm_rows(data, selection);
    let slacks = label_slacks(data, selection, decoder, norm);
    let solved = |bounds: &[f64]| -> Result<Option<MaxMargin>, SvmError> {
        let of_rows = (0..rows.nrows()).map(|j| bounds[rows.row_token(j).0]).collect();
        match solve(&HardMarginProblem::with_bounds(&rows, norm, of_rows)?, settings)? {
            Outcome::MaxMargin(svm) => Ok(Some(svm)),
            Outcome::NotSeparable(_) | Outcome::Inconclusive(_) => Ok(None),
        }
    };
    let asked = |length: f64| -> Vec<f64> {
        let bound = |slack: &f64| match *slack {
            slack if slack <= ACTIVE => 1.0,
            slack => (1.0 - ratio * slack * length).max(0.0),
        };
        slacks.iter().map(bound).collect()
    };
    let (Some(relaxed), Some(full)) = (solved(&asked(f64::INFINITY))?, solved(&asked(0.0))?) else {
        return Ok(None);
    };
    let (mut low, mut high) = (norm.of(relaxed.direction()), norm.of(full.direction()));
    for _ in 0..HALVINGS {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        let Some(svm) = solved(&asked(middle))? else { return Ok(None) };
        if norm.of(svm.direction()) > middle { low = middle } else { high = middle }
    }
    let bounds = asked(0.5 * (low + high));
    Ok(solved(&bounds)?.map(|svm| BetweenMaxMargin { bounds, svm }))
}
