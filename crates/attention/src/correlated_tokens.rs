//! Seeded synthetic data whose tokens follow one another closely.

use mirrorhead_kernels::{InvalidSetting, dot};
use serde::{Deserialize, Serialize};

use crate::{AttentionError, Planted, Seed, SphereTokens};

/// [`SphereTokens`] in which every token is near the one before it: with the innovations `$g_t$` uniform
/// on the unit sphere, `$x_1 = g_1$` and
///
/// `$$ x_t = \frac{\rho\, x_{t-1} + \sqrt{1 - \rho^2}\, g_t}{\lVert\cdot\rVert_2}. $$`
///
/// Neighbours have a cosine near `$\rho$`, and tokens `$k$` apart near `$\rho^k$`: a selected token is hard to
/// tell from those beside it, and margins are small. At `$\rho = 0$` the data are those of
/// [`SphereTokens`], up to rounding.
///
/// ```
/// use mirrorhead_attention::{CorrelatedTokens, Seed, SphereTokens};
/// use mirrorhead_kernels::dot;
/// let sizes = SphereTokens { n_sequences: 1, n_tokens: 100, dim: 50 };
/// let tokens = CorrelatedTokens { sizes, correlation: 0.9 }.sample(Seed(1))?.data;
/// let tokens = tokens.tokens();
/// let mean = (1..100).map(|t| dot(tokens.token(0, t - 1), tokens.token(0, t))).sum::<f64>() / 99.0;
/// assert!((mean - 0.9).abs() < 0.02);
/// # Ok::<(), mirrorhead_attention::AttentionError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CorrelatedTokens {
    /// The size of the data.
    pub sizes: SphereTokens,
    /// The correlation `$\rho$` of neighbours, `$-1 < \rho < 1$`.
    pub correlation: f64,
}

impl CorrelatedTokens {
    /// The data set of `seed`.
    ///
    /// # Errors
    /// As [`SphereTokens::sample`]; [`AttentionError::InvalidSetting`] for a correlation that is none, or
    /// that leaves nothing to tell tokens apart by.
    pub fn sample(&self, seed: Seed) -> Result<Planted, AttentionError> {
        let Self { sizes, correlation } = *self;
        let within = correlation.abs() < 1.0;
        InvalidSetting::unless(within, "correlation", correlation, "between -1 and 1")?;
        let planted = sizes.sample(seed)?;
        let fresh = (1.0 - correlation * correlation).sqrt();
        let mut values = Vec::with_capacity(planted.data.tokens().n_tokens() * sizes.dim);
        for i in 0..sizes.n_sequences {
            values.extend_from_slice(planted.data.tokens().token(i, 0));
            for t in 1..sizes.n_tokens {
                let before = &values[values.len() - sizes.dim..];
                let pairs = before.iter().zip(planted.data.tokens().token(i, t));
                let sum: Vec<_> = pairs.map(|(x, g)| correlation * x + fresh * g).collect();
                let length = dot(&sum, &sum).sqrt();
                values.extend(sum.into_iter().map(|x| x / length));
            }
        }
        planted.with_tokens(values)
    }
}
