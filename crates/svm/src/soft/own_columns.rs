//! Contradictions of rows with an intercept, in the columns that these have.

use crate::limits::Limits;
use crate::soft::operators::{Appended, Augmented};
use crate::{FarkasCertificate, HardMarginProblem, SvmError};

/// The proof, by such multipliers, that rows and signs as they are cancel: what columns depend on isn't what they depend on
/// from their middle, and in units of their own.
pub(super) fn proven_in_own_columns(
    problem: &HardMarginProblem<'_>,
    signs: &[f64],
    multipliers: &[f64],
    limits: &Limits<'_>,
) -> Result<Option<FarkasCertificate>, SvmError> {
    let bordered = Augmented::new(problem.operator(), Appended::Column(signs.to_vec()));
    let bounds = problem.bounds().to_vec();
    let bordered = HardMarginProblem::with_bounds(&bordered, problem.norm(), bounds)?;
    Ok(FarkasCertificate::proven(&bordered, multipliers, &|| limits.check().is_ok()))
}
