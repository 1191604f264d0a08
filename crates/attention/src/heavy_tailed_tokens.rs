//! Seeded synthetic data with entries far larger than most.

use serde::{Deserialize, Serialize};

use crate::gaussian::standard_normal;
use crate::{AttentionError, Planted, Seed, SphereTokens};

/// The stream that entries are drawn from.
const TAIL_STREAM: u64 = 17;

/// [`SphereTokens`] whose tokens have independent entries of Student's distribution, divided by
/// `$\sqrt d$`: `$x = g / \sqrt{d\,(h_1^2 + \dots + h_\nu^2)/\nu}$` with standard normal `$g, h_k$`.
///
/// Entries have no variance for `$\nu \le 2$` degrees of freedom and no mean for `$\nu = 1$`: a few of them,
/// and the tokens that they are in, are much larger than all others.
///
/// ```
/// use mirrorhead_attention::{AttentionError, HeavyTailedTokens, Seed, SphereTokens};
/// use mirrorhead_kernels::max_abs;
/// let sizes = SphereTokens { n_sequences: 10, n_tokens: 100, dim: 10 };
/// let largest = |degrees_of_freedom| -> Result<f64, AttentionError> {
///     let planted = HeavyTailedTokens { sizes, degrees_of_freedom }.sample(Seed(1))?;
///     Ok((0..10).map(|i| max_abs(planted.data.tokens().sequence(i))).fold(0.0, f64::max))
/// };
/// assert!(largest(2)? > 10.0 && largest(50)? < 2.0);
/// # Ok::<(), mirrorhead_attention::AttentionError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct HeavyTailedTokens {
    /// The size of the data.
    pub sizes: SphereTokens,
    /// The degrees of freedom `$\nu$`: the fewer, the heavier the tails.
    pub degrees_of_freedom: u32,
}

impl HeavyTailedTokens {
    /// The data set of `seed`.
    ///
    /// # Errors
    /// As [`SphereTokens::sample`]; [`AttentionError::ZeroSize`] for no degree of freedom.
    pub fn sample(&self, seed: Seed) -> Result<Planted, AttentionError> {
        let Self { sizes, degrees_of_freedom } = *self;
        if degrees_of_freedom == 0 {
            return Err(AttentionError::ZeroSize { what: "degrees_of_freedom" });
        }
        let planted = sizes.sample(seed)?;
        let mut rng = seed.rng(TAIL_STREAM);
        let scale = f64::from(degrees_of_freedom) / sizes.dim as f64;
        let entry = |_| {
            let numerator = standard_normal(&mut rng);
            let squares = (0..degrees_of_freedom).map(|_| {
                let h = standard_normal(&mut rng);
                h * h
            });
            // A denominator of zero has probability zero, and is kept from mattering.
            let squares = squares.sum::<f64>().max(f64::MIN_POSITIVE);
            numerator * (scale / squares).sqrt()
        };
        let values = (0..planted.data.tokens().n_tokens() * sizes.dim).map(entry).collect();
        planted.with_tokens(values)
    }
}
