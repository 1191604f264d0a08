//! Rotary positions.

use mirrorhead_kernels::{InvalidSetting, KernelError, TokenBatch, elementary};

use crate::{AttentionError, Query};

/// Rotary position embedding (Su et al. 2021): entries `$2k$` and `$2k+1$` of a vector at position `$t$` are turned by the
/// angle `$t\,b^{-2k/d}$`. Scores are then `$(R_t x_t)^\top W R_s z$`, linear in `$W$` as without; where `$W$` commutes with
/// rotations, as the identity does, they depend on the distance `$t - s$` alone.
///
/// Tokens are turned once, by their own position, and shared by all queries as before.
///
/// ```
/// use mirrorhead_attention::Rotation;
/// let turn = Rotation::new(2, 10_000.0)?;
/// let mut x = [1.0, 0.0];
/// turn.rotate(1, &mut x);
/// assert_eq!(x, [1f64.cos(), 1f64.sin()]);
/// # Ok::<(), mirrorhead_attention::AttentionError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Rotation {
    /// Angles at position one.
    angles: Vec<f64>,
}

impl Rotation {
    /// Of vectors of an even dimension, with base `$b$`: 10,000 in most models.
    ///
    /// # Errors
    /// An odd dimension or none, a base that is not positive and finite.
    pub fn new(dim: usize, base: f64) -> Result<Self, AttentionError> {
        let (even, positive) = (dim > 0 && dim.is_multiple_of(2), base > 0.0 && base.is_finite());
        InvalidSetting::unless(even, "dimension", dim as f64, "even and positive")?;
        InvalidSetting::unless(positive, "base", base, "positive and finite")?;
        let angle = |k: usize| elementary::powf(base, -2.0 * k as f64 / dim as f64);
        Ok(Self { angles: (0..dim / 2).map(angle).collect() })
    }

    /// Turns a vector to a position; entries beyond the dimension stay.
    pub fn rotate(&self, position: usize, x: &mut [f64]) {
        for (pair, angle) in x.as_chunks_mut::<2>().0.iter_mut().zip(&self.angles) {
            let (sin, cos) = elementary::sin_cos(position as f64 * angle);
            let [a, b] = *pair;
            *pair = [a * cos - b * sin, a * sin + b * cos];
        }
    }

    /// Every token turned to its place in its sequence.
    ///
    /// # Errors
    /// Tokens of another dimension.
    pub fn tokens(&self, tokens: &TokenBatch) -> Result<TokenBatch, AttentionError> {
        KernelError::require_size(
            || "dimension of the tokens",
            2 * self.angles.len(),
            tokens.dim(),
        )?;
        let lengths: Vec<_> = (0..tokens.len()).map(|i| tokens.sequence_len(i)).collect();
        let mut values = Vec::new();
        for i in 0..tokens.len() {
            for (t, token) in tokens.sequence(i).chunks_exact(tokens.dim()).enumerate() {
                let start = values.len();
                values.extend_from_slice(token);
                self.rotate(t, &mut values[start..]);
            }
        }
        Ok(TokenBatch::new(tokens.dim(), &lengths, values)?)
    }

    /// A query turned to its position.
    #[must_use]
    pub fn query(&self, query: &Query) -> Query {
        let mut turned = query.clone();
        self.rotate(query.position, &mut turned.vector);
        turned
    }
}
