//! Whole numbers among floats: lengths and positions of tokens.

use super::DataProblem;

/// The number as a count of at least `least`.
pub fn count(
    place: impl FnOnce() -> String,
    value: f64,
    least: usize,
) -> Result<usize, DataProblem> {
    // Below 2^32 every whole number is exact, in an f64 as in a usize.
    let whole = value.fract() == 0.0 && (0.0..4_294_967_296.0).contains(&value);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked")]
    let number = value as usize;
    if whole && number >= least {
        Ok(number)
    } else {
        Err(DataProblem::NotCount { place: place(), value, least })
    }
}
