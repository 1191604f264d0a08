//! The label margin that attention off its selection costs: the hypothesis of the paper's theorem on joint paths.

use mirrorhead_attention::{Dataset, TokenSelection};
use mirrorhead_kernels::{DenseRows, Matrix};
use mirrorhead_mirror::LpNorm;
use mirrorhead_svm::{HardMarginProblem, MaxMargin, Outcome, SvmError, SvmSettings, solve};

/// The weights of another token at which the loss of margin is computed.
const MIXED: [f64; 4] = [0.01, 0.25, 0.5, 1.0];

/// What weight on other tokens costs the label margin.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LabelMarginLoss {
    /// The label margin `$\Gamma = 1/\lVert v_{\mathrm{mm}}\rVert_p$` of the selection.
    pub margin: f64,
    /// The least loss of margin for a unit of weight, over all tokens and weights that were tried: an upper bound of `$\nu$`. Zero where
    /// the hypothesis fails.
    pub least: f64,
}

/// The label margin of `selection`, and the least that weight on other tokens takes off it.
///
/// The paper's theorem on joint paths asks for a `$\nu > 0$` with
///
/// `$$ \Gamma - \Gamma' \;\ge\; \nu\,(1 - s_{i\alpha_i}) $$`
///
/// where `$\Gamma'$` is the label margin with `$X_i^\top s_i$` in the place of the selected token `$x_{i\alpha_i}$`. Computed for
/// `$s_i = (1-\theta)\, e_{\alpha_i} + \theta\, e_t$`, all `$i$`, `$t \ne \alpha_i$` and a few `$\theta$`, each margin certified: what is found to
/// fail does fail, and what holds for these holds for two tokens of a sequence at these weights. A token that does not support the decoder's SVM
/// fails it, since a little weight elsewhere costs nothing.
///
/// None where the decoder's SVM has no solution, or the solver finds none.
///
/// ```
/// use mirrorhead_attention::{TokenSelection, toy_pair};
/// use mirrorhead_mirror::LpNorm;
/// use mirrorhead_svm::SvmSettings;
/// use mirrorhead_trainer::label_margin_loss;
/// let data = toy_pair();
/// let loss = |tokens: [usize; 2]| {
///     let selection = TokenSelection::new(tokens.into(), &data).unwrap();
///     label_margin_loss(&data, &selection, LpNorm::new(2.0).unwrap(), &SvmSettings::default())
///         .unwrap()
///         .expect("separable")
/// };
/// // The paper's selection fails it: another token of the first sequence has a larger label margin.
/// assert_eq!(loss([1, 0]).least, 0.0);
/// assert!(loss([0, 0]).margin > loss([1, 0]).margin);
/// // At that one all weight elsewhere costs margin.
/// assert!(loss([0, 0]).least > 0.0);
/// ```
///
/// # Errors
/// Misuse of the solver.
///
/// # Panics
/// If the selection is of other data.
pub fn label_margin_loss(
    data: &Dataset,
    selection: &TokenSelection,
    norm: LpNorm,
    settings: &SvmSettings,
) -> Result<Option<LabelMarginLoss>, SvmError> {
    let selected = |i: usize| data.tokens().token(i, selection.tokens()[i]).to_vec();
    let mut tokens: Vec<Vec<f64>> = (0..data.len()).map(selected).collect();
    let Some(svm) = decoder(data, &tokens, norm, settings)? else { return Ok(None) };
    let margin = svm.interval.upper;
    let mut least = f64::INFINITY;
    for i in 0..data.len() {
        let own = tokens[i].clone();
        for t in (0..data.tokens().sequence_len(i)).filter(|t| *t != selection.tokens()[i]) {
            for weight in MIXED {
                let pairs = own.iter().zip(data.tokens().token(i, t));
                tokens[i] = pairs.map(|(own, other)| own + weight * (other - own)).collect();
                let left = match decoder(data, &tokens, norm, settings)? {
                    Some(svm) => svm.interval.lower,
                    // No decoder separates them: no margin is left.
                    None => 0.0,
                };
                least = least.min((margin - left) / weight);
            }
        }
        tokens[i] = own;
    }
    // What a gap in the certified margins can feign.
    let error = settings.relative_gap * margin / MIXED[0];
    Ok(Some(LabelMarginLoss { margin, least: if least <= 2.0 * error { 0.0 } else { least } }))
}

/// The decoder's SVM for one vector of each sequence.
fn decoder(
    data: &Dataset,
    tokens: &[Vec<f64>],
    norm: LpNorm,
    settings: &SvmSettings,
) -> Result<Option<MaxMargin>, SvmError> {
    let rows = Matrix::from_fn(tokens.len(), data.dim(), |i, k| data.labels()[i] * tokens[i][k]);
    let rows = DenseRows::new(&rows);
    Ok(match solve(&HardMarginProblem::new(&rows, norm)?, settings)? {
        Outcome::MaxMargin(svm) => Some(svm),
        Outcome::NotSeparable(_) | Outcome::Inconclusive(_) => None,
    })
}
