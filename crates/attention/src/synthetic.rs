//! Seeded synthetic data: the paper's generator and its toy pair.

use mirrorhead_kernels::{Matrix, TokenBatch};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::gaussian::standard_normal;
use crate::{AttentionError, Dataset};

/// The seed of a generator. Equal seeds give bitwise equal data, on every machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seed(pub u64);

impl Seed {
    /// The random stream number `stream` of this seed; streams of one seed are independent.
    pub(crate) fn rng(self, stream: u64) -> ChaCha8Rng {
        let mut rng = ChaCha8Rng::seed_from_u64(self.0);
        rng.set_stream(stream);
        rng
    }
}

/// The stream that data are drawn from.
const DATA_STREAM: u64 = 0;
/// The stream that starting points are drawn from.
const START_STREAM: u64 = 1;

/// The paper's synthetic data (section 5.1): decoder, tokens and queries are normalised Gaussians,
/// that is, uniform on the unit sphere; labels are random signs.
///
/// ```
/// use mirrorhead_attention::{Seed, SphereTokens};
/// let planted = SphereTokens { n_sequences: 6, n_tokens: 8, dim: 10 }.sample(Seed(1))?;
/// let token = planted.data.tokens().token(5, 7);
/// assert!((token.iter().map(|x| x * x).sum::<f64>() - 1.0).abs() < 1e-15);
/// # Ok::<(), mirrorhead_attention::AttentionError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SphereTokens {
    /// Number of sequences `$n$`.
    pub n_sequences: usize,
    /// Tokens a sequence `$T$`.
    pub n_tokens: usize,
    /// Dimension `$d$`.
    pub dim: usize,
}

/// A data set with the decoder it was drawn with.
#[derive(Debug, Clone, PartialEq)]
pub struct Planted {
    /// The samples.
    pub data: Dataset,
    /// The decoder `$v$`, a `$d \times 1$` matrix.
    pub decoder: Matrix,
}

impl SphereTokens {
    /// Draws a data set.
    ///
    /// # Errors
    /// [`AttentionError::ZeroSize`] if a size is zero, [`AttentionError::TooLarge`] if their product
    /// is beyond any memory.
    pub fn sample(&self, seed: Seed) -> Result<Planted, AttentionError> {
        let Self { n_sequences, n_tokens, dim } = *self;
        let entries = self.entries()?;
        let mut rng = seed.rng(DATA_STREAM);
        let decoder = Matrix::column(unit_vector(&mut rng, dim))?;
        let mut values = Vec::with_capacity(entries);
        for _ in 0..n_sequences * n_tokens {
            values.extend(unit_vector(&mut rng, dim));
        }
        let tokens = TokenBatch::new(dim, &vec![n_tokens; n_sequences], values)?;
        let queries: Vec<_> = (0..n_sequences).map(|_| unit_vector(&mut rng, dim)).collect();
        let labels =
            (0..n_sequences).map(|_| if rng.random::<bool>() { 1.0 } else { -1.0 }).collect();
        let data = Dataset::new(tokens, &Matrix::from_rows(&queries)?, labels)?;
        Ok(Planted { data, decoder })
    }

    /// Number of entries of all tokens, if there are any and a machine could hold them.
    pub(crate) fn entries(&self) -> Result<usize, AttentionError> {
        let Self { n_sequences, n_tokens, dim } = *self;
        for (what, size) in [("n_sequences", n_sequences), ("n_tokens", n_tokens), ("dim", dim)] {
            if size == 0 {
                return Err(AttentionError::ZeroSize { what });
            }
        }
        let entries = n_sequences.checked_mul(n_tokens).and_then(|n| n.checked_mul(dim));
        entries
            .filter(|n| *n <= isize::MAX as usize / size_of::<f64>())
            .ok_or(AttentionError::TooLarge { n_sequences, n_tokens, dim })
    }
}

impl Planted {
    /// The same queries, labels and decoder with other tokens, as many of each sequence, one after
    /// the other.
    pub(crate) fn with_tokens(self, values: Vec<f64>) -> Result<Self, AttentionError> {
        let Self { data, decoder } = self;
        let lengths: Vec<_> = (0..data.len()).map(|i| data.tokens().sequence_len(i)).collect();
        let tokens = TokenBatch::new(data.dim(), &lengths, values)?;
        let data = Dataset::new(tokens, &data.queries().transposed(), data.labels().to_vec())?;
        Ok(Self { data, decoder })
    }
}

/// A starting point with independent standard normal entries, from a stream of its own: it does not
/// depend on what else the seed was used for.
///
/// ```
/// use mirrorhead_attention::{Seed, gaussian_matrix};
/// assert_eq!(gaussian_matrix(10, 10, Seed(1)), gaussian_matrix(10, 10, Seed(1)));
/// assert_ne!(gaussian_matrix(10, 10, Seed(1)), gaussian_matrix(10, 10, Seed(2)));
/// ```
pub fn gaussian_matrix(nrows: usize, ncols: usize, seed: Seed) -> Matrix {
    let mut rng = seed.rng(START_STREAM);
    Matrix::from_fn(nrows, ncols, |_, _| standard_normal(&mut rng))
}

/// The paper's toy data of the joint experiment (section 5.1): `$n = 2$`, `$T = 3$`, `$d = 2$`, labels
/// `$(1, -1)$`, each query the first token of its sequence.
///
/// # Panics
/// Never: the data are valid.
pub fn toy_pair() -> Dataset {
    let tokens = [[[-2.7, 1.2], [1.4, 2.1], [1.3, -0.1]], [[0.4, -2.2], [-1.1, -0.4], [0.9, 0.1]]];
    let rows = tokens.map(|sequence| sequence.map(|token| token.to_vec()).to_vec());
    let batch = TokenBatch::from_rows(&rows).expect("the toy tokens are valid");
    let queries = Matrix::from_rows(&[tokens[0][0], tokens[1][0]]).expect("so are the queries");
    Dataset::new(batch, &queries, vec![1.0, -1.0]).expect("so is the data set")
}

/// A direction uniform on the sphere.
pub(crate) fn unit_vector(rng: &mut ChaCha8Rng, dim: usize) -> Vec<f64> {
    loop {
        let x: Vec<f64> = (0..dim).map(|_| standard_normal(rng)).collect();
        let length = x.iter().map(|x| x * x).sum::<f64>().sqrt();
        // A zero draw has no direction; it has probability zero.
        if length > 0.0 {
            return x.into_iter().map(|x| x / length).collect();
        }
    }
}
