//! The samples that models are tested on.

use mirrorhead_datasets::{DataError, Split};

/// The same ones whatever is trained.
const SEED: u64 = 0;

/// All samples of these labels, or so many of them in the shares of their labels.
///
/// # Errors
/// Those of [`Split`].
pub fn test_samples(labels: &[u8], n_test: Option<usize>) -> Result<Vec<usize>, DataError> {
    let all = Split::stratified(labels, 0.0, SEED)?;
    let tested = match n_test {
        Some(n) => all.with_training(n, labels, SEED),
        None => all,
    };
    Ok(tested.train)
}
