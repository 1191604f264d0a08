//! Seeded synthetic data with labels that contradict one another.

use mirrorhead_kernels::{InvalidSetting, Matrix, TokenBatch};
use rand::RngExt;
use serde::{Deserialize, Serialize};

use crate::{AttentionError, Dataset, Planted, Seed, SphereTokens};

/// The stream that flips are drawn from.
const FLIP_STREAM: u64 = 18;

/// [`SphereTokens`] labelled by several annotators who err: each of the `$n$` inputs comes as so many
/// samples in a row, with one label each, flipped with probability `flipped`.
///
/// Where annotators disagree, the data are not separable: whatever tokens attention selects, copies of
/// one input get the same, `$x$`, and no decoder has `$y\, v^\top x \ge 1$` for both signs of `$y$`.
///
/// ```
/// use mirrorhead_attention::{NoisyLabels, Seed, SphereTokens};
/// let sizes = SphereTokens { n_sequences: 6, n_tokens: 8, dim: 10 };
/// let noisy = NoisyLabels { sizes, annotators: 3, flipped: 0.2 }.sample(Seed(1))?;
/// assert_eq!(noisy.data.len(), 18);
/// assert_eq!(noisy.data.tokens().sequence(0), noisy.data.tokens().sequence(2));
/// assert_eq!(noisy.data.labels()[15..], [-1.0, 1.0, 1.0]); // one of three annotators disagrees
/// # Ok::<(), mirrorhead_attention::AttentionError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct NoisyLabels {
    /// The size of the inputs.
    pub sizes: SphereTokens,
    /// Labels of each input.
    pub annotators: usize,
    /// The probability that a label is wrong.
    pub flipped: f64,
}

impl NoisyLabels {
    /// The data set of `seed`, the samples of one input in a row.
    ///
    /// # Errors
    /// As [`SphereTokens::sample`], with the samples for sequences;
    /// [`AttentionError::InvalidSetting`] for a probability that is none.
    pub fn sample(&self, seed: Seed) -> Result<Planted, AttentionError> {
        let Self { sizes, annotators, flipped } = *self;
        let within = (0.0..=1.0).contains(&flipped);
        InvalidSetting::unless(within, "flipped", flipped, "a probability, from 0 to 1")?;
        if annotators == 0 {
            return Err(AttentionError::ZeroSize { what: "annotators" });
        }
        let samples = sizes.n_sequences.saturating_mul(annotators);
        SphereTokens { n_sequences: samples, ..sizes }.entries()?;
        let Planted { data, decoder } = sizes.sample(seed)?;
        let mut rng = seed.rng(FLIP_STREAM);
        let copies: Vec<_> = (0..sizes.n_sequences).flat_map(|i| vec![i; annotators]).collect();
        let values = copies.iter().flat_map(|i| data.tokens().sequence(*i)).copied().collect();
        let queries = Matrix::from_fn(samples, sizes.dim, |i, k| data.queries()[(k, copies[i])]);
        let labels = copies.iter().map(|i| {
            let wrong = rng.random::<f64>() < flipped;
            if wrong { -data.labels()[*i] } else { data.labels()[*i] }
        });
        let labels = labels.collect();
        let tokens = TokenBatch::new(sizes.dim, &vec![sizes.n_tokens; samples], values)?;
        Ok(Planted { data: Dataset::new(tokens, &queries, labels)?, decoder })
    }
}
