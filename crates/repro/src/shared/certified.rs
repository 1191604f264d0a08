//! The SVMs of a selection, solved to a certified gap or left with the finding that says why not.

use mirrorhead_attention::{Dataset, TokenScores, TokenSelection};
use mirrorhead_harness::CellError;
use mirrorhead_kernels::Matrix;
use mirrorhead_mirror::LpNorm;
use mirrorhead_svm::{MaxMargin, Norm, Outcome, SvmError, SvmSettings};
pub use mirrorhead_trainer::ACTIVE;
use mirrorhead_trainer::{
    Certification, CertifiedSelection, CertifySettings, KeyQueryNorm, OptimalityEvidence,
    certify_selection, max_margin_decoder, max_margin_key_query, schatten_max_margin_key_query,
};

/// A solution, or why there is none.
pub type Certified = Result<MaxMargin, String>;

/// The AttSVM of `selection`, to a relative gap of 1e-12.
///
/// # Errors
/// Misuse of the solver.
pub fn att_svm(
    data: &Dataset,
    selection: &TokenSelection,
    norm: impl Into<Norm>,
) -> Result<Certified, CellError> {
    let norm = norm.into();
    judge("AttSVM", norm, max_margin_key_query(data, selection, norm, &settings()))
}

/// The AttSVM of `selection` in a Schatten norm, to a relative gap of 1e-9.
///
/// # Errors
/// Misuse of the solver.
pub fn schatten_att_svm(
    data: &Dataset,
    selection: &TokenSelection,
    norm: Norm,
) -> Result<Certified, CellError> {
    let outcome = schatten_max_margin_key_query(data, selection, norm, &SvmSettings::default());
    judge("Schatten AttSVM", norm, outcome)
}

/// The SVM of the decoder for `selection`, to a relative gap of 1e-12.
///
/// # Errors
/// Misuse of the solver.
pub fn decoder_svm(
    data: &Dataset,
    selection: &TokenSelection,
    norm: LpNorm,
) -> Result<Certified, CellError> {
    judge("SVM of the decoder", norm.into(), max_margin_decoder(data, selection, norm, &settings()))
}

/// A selection with all that is proven of it, to a relative gap of 1e-12, or why its AttSVM isn't solved.
///
/// # Errors
/// A decoder of other data; misuse of the solver.
pub fn certified(
    data: &Dataset,
    decoder: &Matrix,
    selection: &TokenSelection,
    norm: LpNorm,
) -> Result<Result<Box<CertifiedSelection>, String>, CellError> {
    let svm = settings();
    let settings = CertifySettings::default().with_sufficient_gap(svm.relative_gap).with_svm(svm);
    Ok(match certify_selection(data, decoder, selection, norm, &settings)? {
        Certification::Certified(certified) => Ok(certified),
        other => Err(format!("the AttSVM of p = {} is not solved: {other}", norm.p())),
    })
}

/// How good a selection is, given the solution of its AttSVM in a norm, with the evidence.
///
/// # Errors
/// Misuse of the solver.
pub fn optimality(
    data: &Dataset,
    selection: &TokenSelection,
    scores: &TokenScores,
    norm: impl Into<KeyQueryNorm>,
    solution: &MaxMargin,
) -> Result<OptimalityEvidence, CellError> {
    Ok(OptimalityEvidence::of(data, selection, scores, norm, solution, &settings())?)
}

fn settings() -> SvmSettings {
    SvmSettings::default().with_relative_gap(1e-12)
}

/// What a solver found of the SVM that is called `what`.
///
/// # Errors
/// Misuse of the solver.
pub fn judge(
    what: &str,
    norm: Norm,
    outcome: Result<Outcome, SvmError>,
) -> Result<Certified, CellError> {
    let finding = match outcome? {
        Outcome::MaxMargin(solution) => return Ok(Ok(solution)),
        Outcome::NotSeparable(farkas) => farkas.to_string(),
        Outcome::Inconclusive(stalled) => stalled.to_string(),
    };
    Ok(Err(format!("the {what} of p = {} is not solved: {finding}", norm.p())))
}
