//! Labelled sequences with their queries.

use mirrorhead_kernels::{Matrix, TokenBatch};

use crate::AttentionError;
use crate::error::{require_finite, require_size};

/// `n` samples: tokens $X_i \in \mathbb{R}^{T_i \times d}$, a query $z_i \in \mathbb{R}^d$ and a
/// label $y_i \in \{-1, +1\}$ each.
///
/// ```
/// use mirrorhead_attention::Dataset;
/// use mirrorhead_kernels::{Matrix, TokenBatch};
/// let tokens = TokenBatch::from_rows(&[vec![vec![1.0, 0.0], vec![0.0, 1.0]], vec![vec![2.0, 1.0]]])?;
/// let queries = Matrix::from_rows(&[[1.0, 0.0], [0.0, 1.0]])?; // row i is z_i
/// let data = Dataset::new(tokens, &queries, vec![1.0, -1.0])?;
/// assert_eq!((data.len(), data.dim()), (2, 2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    tokens: TokenBatch,
    /// $d \times n$: column $i$ is $z_i$.
    queries: Matrix,
    labels: Vec<f64>,
}

impl Dataset {
    /// A data set; row $i$ of `queries` ($n \times d$) is $z_i$.
    ///
    /// # Errors
    /// Sizes that do not agree, entries that are not finite, labels other than $\pm 1$.
    pub fn new(
        tokens: TokenBatch,
        queries: &Matrix,
        labels: Vec<f64>,
    ) -> Result<Self, AttentionError> {
        require_size("rows of the queries, one a sequence", tokens.len(), queries.nrows())?;
        require_size("dimension of the queries", tokens.dim(), queries.ncols())?;
        require_size("labels, one a sequence", tokens.len(), labels.len())?;
        require_finite("queries", queries.as_slice())?;
        if let Some(index) = labels.iter().position(|y| y.abs() != 1.0) {
            return Err(AttentionError::InvalidLabel { index, value: labels[index] });
        }
        Ok(Self { tokens, queries: queries.transposed(), labels })
    }

    /// Number of samples $n$.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Always false: a data set has at least one sample.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// Dimension $d$ of tokens and queries.
    pub fn dim(&self) -> usize {
        self.tokens.dim()
    }

    /// The sequences $X_i$.
    pub fn tokens(&self) -> &TokenBatch {
        &self.tokens
    }

    /// The queries as a $d \times n$ matrix whose column $i$ is $z_i$.
    pub fn queries(&self) -> &Matrix {
        &self.queries
    }

    /// The labels $y_i$.
    pub fn labels(&self) -> &[f64] {
        &self.labels
    }
}
