//! The max-margin problems of a selection: what training converges to.

use mirrorhead_attention::{AttSvmOperator, Dataset, TokenSelection, decoder_rows};
use mirrorhead_kernels::{LinearOperator, Matrix};
use mirrorhead_svm::{
    HardMarginProblem, MaxMargin, Norm, Outcome, SchattenNorm, SchattenProblem, SvmError,
    WatchedSettings, solve, solve_schatten,
};

/// The slack, as a part of the margin, up to which a constraint counts as active where that is computed and
/// not proven.
pub const ACTIVE: f64 = 1e-6;

/// Solves the ℓp-AttSVM of `selection`,
///
/// `$$ \min_W \lVert W\rVert_p \quad\text{s.t.}\quad (x_{i\alpha_i} - x_{it})^\top W z_i \ge 1
///    \quad\text{for all } i \text{ and } t \ne \alpha_i $$`
///
/// (equation (ℓp-AttSVM) of the paper): the direction that ℓp-AttGD takes once attention settles on
/// `$\alpha$`. [`as_key_query`] reads its solution as a matrix.
///
/// ```
/// use mirrorhead_attention::{TokenSelection, toy_pair};
/// use mirrorhead_svm::SvmSettings;
/// use mirrorhead_trainer::{max_margin_key_query, support_tokens};
/// let data = toy_pair();
/// let selection = TokenSelection::new(vec![1, 0], &data)?;
/// let svm = max_margin_key_query(&data, &selection, 3.0, &SvmSettings::default())?.max_margin()?;
/// assert!(svm.relative_gap() <= 1e-9);
/// assert_eq!(support_tokens(&data, &selection, &svm, 1e-6).len(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Misuse of the solver; [`SvmError::Empty`] if every sequence has one token, so that there is
/// nothing to separate.
///
/// # Panics
/// If the selection is of other data.
pub fn max_margin_key_query<'w, N>(
    data: &Dataset,
    selection: &TokenSelection,
    norm: N,
    settings: impl Into<WatchedSettings<'w>>,
) -> Result<Outcome, SvmError>
where
    N: TryInto<Norm>,
    SvmError: From<N::Error>,
{
    solve(&HardMarginProblem::new(&att_svm_rows(data, selection), norm)?, &settings.into())
}

/// Solves the AttSVM of `selection` in a Schatten norm,
///
/// `$$ \min_W \lVert W\rVert_{S_p} \quad\text{s.t.}\quad (x_{i\alpha_i} - x_{it})^\top W z_i \ge 1
///    \quad\text{for all } i \text{ and } t \ne \alpha_i, $$`
///
/// where `norm` measures the singular values of `$W$`. With [`Norm::L1`] it is the nuclear norm's, the bias
/// of training `$W = K Q^\top$` by its factors (Tarzanagh, Li, Thrampoulidis, Oymak, *Transformers as support
/// vector machines*, 2023).
///
/// ```
/// use mirrorhead_attention::{TokenSelection, toy_pair};
/// use mirrorhead_svm::{Norm, Outcome, SvmSettings};
/// use mirrorhead_trainer::{as_key_query, schatten_max_margin_key_query};
/// let data = toy_pair();
/// let selection = TokenSelection::new(vec![1, 0], &data)?;
/// let Outcome::MaxMargin(svm) =
///     schatten_max_margin_key_query(&data, &selection, Norm::L1, &SvmSettings::default())?
/// else {
///     panic!("the toy pair is separable");
/// };
/// assert!(svm.relative_gap() <= 1e-9);
/// let w = as_key_query(&data, &svm);
/// let frobenius: f64 = w.as_slice().iter().map(|x| x * x).sum();
/// assert!(svm.norm() >= frobenius.sqrt()); // no Schatten norm is larger than the nuclear
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Misuse of the solver; [`SvmError::Empty`] if every sequence has one token, so that there is
/// nothing to separate.
///
/// # Panics
/// If the selection is of other data.
pub fn schatten_max_margin_key_query<'w, N>(
    data: &Dataset,
    selection: &TokenSelection,
    norm: N,
    settings: impl Into<WatchedSettings<'w>>,
) -> Result<Outcome, SvmError>
where
    N: TryInto<Norm>,
    SvmError: From<N::Error>,
{
    in_schatten_norm(data, selection, norm.try_into()?, &settings.into())
}

fn in_schatten_norm(
    data: &Dataset,
    selection: &TokenSelection,
    norm: Norm,
    settings: &WatchedSettings<'_>,
) -> Result<Outcome, SvmError> {
    let operator = att_svm_rows(data, selection);
    let norm = SchattenNorm::new(norm, data.dim(), data.dim());
    solve_schatten(&SchattenProblem::new(&operator, norm)?, settings)
}

/// Solves the relaxed ℓp-AttSVM: margin 1 for the sequences in `decoder_support`, 0 for the others.
///
/// It is the limit of `$W$` in joint training when some selected token is not a support vector of the
/// decoder's SVM (the paper's joint regularization path theorem).
///
/// # Errors
/// Misuse of the solver; no constraint at all, or none of margin 1.
///
/// # Panics
/// If the selection is of other data.
pub fn relaxed_max_margin_key_query<'w, N>(
    data: &Dataset,
    selection: &TokenSelection,
    decoder_support: &[usize],
    norm: N,
    settings: impl Into<WatchedSettings<'w>>,
) -> Result<Outcome, SvmError>
where
    N: TryInto<Norm>,
    SvmError: From<N::Error>,
{
    let operator = att_svm_rows(data, selection);
    let bounds = (0..operator.nrows())
        .map(|j| if decoder_support.contains(&operator.row_token(j).0) { 1.0 } else { 0.0 })
        .collect();
    solve(&HardMarginProblem::with_bounds(&operator, norm, bounds)?, &settings.into())
}

/// Solves the ℓp-SVM of the decoder, `$\min \lVert v\rVert_p$` s.t. `$y_i v^\top x_{i\alpha_i} \ge 1$`.
///
/// ```
/// use mirrorhead_attention::{TokenSelection, toy_pair};
/// use mirrorhead_mirror::LpNorm;
/// use mirrorhead_svm::{Outcome, SvmSettings};
/// use mirrorhead_trainer::{max_margin_decoder, relaxed_max_margin_key_query};
/// let data = toy_pair();
/// let selection = TokenSelection::new(vec![1, 0], &data)?;
/// let (norm, settings) = (LpNorm::new(2.0)?, SvmSettings::default());
/// let Outcome::MaxMargin(decoder) = max_margin_decoder(&data, &selection, norm, &settings)? else {
///     panic!("the toy pair is separable");
/// };
/// let support = decoder.support(1e-6);
/// assert_eq!(support, [0, 1]); // both selected tokens: the AttSVM needs no relaxing
/// let relaxed = relaxed_max_margin_key_query(&data, &selection, &support, norm, &settings)?;
/// assert!(matches!(relaxed, Outcome::MaxMargin(_)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Misuse of the solver.
///
/// # Panics
/// If the selection is of other data.
pub fn max_margin_decoder<'w, N>(
    data: &Dataset,
    selection: &TokenSelection,
    norm: N,
    settings: impl Into<WatchedSettings<'w>>,
) -> Result<Outcome, SvmError>
where
    N: TryInto<Norm>,
    SvmError: From<N::Error>,
{
    solve(&HardMarginProblem::new(&decoder_rows(data, selection), norm)?, &settings.into())
}

/// The least margin of a key-query matrix in the AttSVM of `selection`,
/// `$\min_{i,\,t \ne \alpha_i} (x_{i\alpha_i} - x_{it})^\top W z_i$`, not divided by any norm.
///
/// ```
/// use mirrorhead_attention::{TokenSelection, toy_pair};
/// use mirrorhead_mirror::LpNorm;
/// use mirrorhead_svm::{Outcome, SvmSettings};
/// use mirrorhead_trainer::{as_key_query, least_margin, max_margin_key_query};
/// let data = toy_pair();
/// let selection = TokenSelection::new(vec![1, 0], &data)?;
/// let outcome =
///     max_margin_key_query(&data, &selection, LpNorm::new(2.0)?, &SvmSettings::default())?;
/// let Outcome::MaxMargin(svm) = outcome else { panic!("the toy pair is separable") };
/// assert!((least_margin(&data, &selection, &as_key_query(&data, &svm)) - 1.0).abs() < 1e-12);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Panics
/// If the selection or the matrix is of other data.
pub fn least_margin(data: &Dataset, selection: &TokenSelection, key_query: &Matrix) -> f64 {
    let rows = att_svm_rows(data, selection);
    let mut margins = vec![0.0; rows.nrows()];
    rows.apply(key_query.as_slice(), &mut margins);
    margins.iter().copied().fold(f64::INFINITY, f64::min)
}

/// The solution of an AttSVM as the matrix `$W$`.
///
/// # Panics
/// If it is of other data.
pub fn as_key_query(data: &Dataset, svm: &MaxMargin) -> Matrix {
    Matrix::from_columns(data.dim(), data.dim(), svm.direction().to_vec())
        .expect("a solution of the AttSVM of these data")
}

/// The support tokens of every sequence: the tokens `$t$` with
/// `$(x_{i\alpha_i} - x_{it})^\top W z_i \le 1 + \text{tolerance}$` at the AttSVM solution that was computed; [`ACTIVE`]
/// is a tolerance that will mostly do. This proves nothing of the solution itself, which is known up to a distance only:
/// see [`TokenSupport`](crate::TokenSupport).
///
/// # Panics
/// If the solution is of other data.
pub fn support_tokens(
    data: &Dataset,
    selection: &TokenSelection,
    svm: &MaxMargin,
    tolerance: f64,
) -> Vec<Vec<usize>> {
    let operator = att_svm_rows(data, selection);
    let mut support = vec![Vec::new(); data.len()];
    for j in svm.support(tolerance) {
        let (i, t) = operator.row_token(j);
        support[i].push(t);
    }
    support
}

/// The rows of the AttSVM of a selection.
pub(crate) fn att_svm_rows(data: &Dataset, selection: &TokenSelection) -> AttSvmOperator {
    AttSvmOperator::new(data.tokens(), data.queries(), selection.tokens())
}
