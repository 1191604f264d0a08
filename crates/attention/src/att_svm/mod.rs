//! The constraints of the AttSVM, never materialised.

mod differences;
mod operator;
mod triple;

use std::borrow::Cow;
use std::ops::Range;

use mirrorhead_kernels::{KernelError, Matrix, TokenBatch, max_abs};

use self::differences::{Differences, Row, Scale};
pub use self::triple::Triple;
use crate::AttentionError;
use crate::gram_blocks::Run;

/// The rows of the ℓp-AttSVM of a selection `$\alpha$`,
///
/// `$$ (x_{i\alpha_i} - x_{it}) \otimes z_i, \qquad t \ne \alpha_i, $$`
///
/// acting on `$W \in \mathbb{R}^{d\times d}$` stored by columns: row `$(i, t)$` of `$A w$` is
/// `$(x_{i\alpha_i} - x_{it})^\top W z_i$`. Rows come sequence after sequence; a sequence of one token
/// has none.
///
/// With `$\delta_i$` the differences of sequence `$i$` as rows, nothing of size `$M \times d^2$` is formed:
/// `$A w$` is `$\delta_i (W z_i)$`, `$A^\top\lambda$` is the product `$\sum_i (\delta_i^\top\lambda_i) z_i^\top$`,
/// and the block of `$A \operatorname{diag}(D) A^\top$` for `$(i, i')$` is
/// `$\delta_i \operatorname{diag}\!\left(D (z_i \circ z_{i'})\right) \delta_{i'}^\top$`.
///
/// A row is no more than a [`Triple`] of a preferred token, another one and a query; [`of_triples`](Self::of_triples) takes any
/// list of them: many queries of one sequence, causal or masked candidates, queries from elsewhere. Where rows outnumber
/// the tokens these are stored once, and differences made when they are asked for.
///
/// The size of `$z_i$` is moved to `$\delta_i$` as a power of two, which changes no row and no digit: tokens
/// and queries of any size are fine as long as their products, the rows, are within the range of `f64`.
/// A row that is not has a size ([`row_max_abs`](mirrorhead_kernels::LinearOperator::row_max_abs)) that is subnormal or
/// infinite, never zero.
///
/// ```
/// use mirrorhead_attention::{AttSvmOperator, toy_pair};
/// use mirrorhead_kernels::LinearOperator;
/// let data = toy_pair();
/// let svm = AttSvmOperator::new(data.tokens(), data.queries(), &[1, 0]);
/// assert_eq!((svm.nrows(), svm.ncols()), (4, 4));
/// assert_eq!(svm.row_token(2), (1, 1));
/// let mut margins = [0.0; 4];
/// svm.apply(&[1.0, 0.0, 0.0, 1.0], &mut margins); // W = I
/// // (x_01 - x_00)^T z_0 = (4.1, 0.9)^T (-2.7, 1.2)
/// assert!((margins[0] - (4.1 * -2.7 + 0.9 * 1.2)).abs() < 1e-14);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct AttSvmOperator {
    dim: usize,
    differences: Differences,
    /// Rows of block `b`, which have one query, are `offsets[b]..offsets[b + 1]`.
    offsets: Vec<usize>,
    /// (sequence, token) of the other token of each row.
    tokens: Vec<(usize, usize)>,
    /// The block of each row.
    blocks: Vec<usize>,
    /// `$d \times B$`, column `$b$` is `$2^{-k_b} z_b$`, of size one.
    queries: Matrix,
    /// The size of each row.
    sizes: Vec<f64>,
}

impl AttSvmOperator {
    /// The constraints of `selection`, one token of each sequence of `tokens`; column `$i$` of
    /// `queries` is `$z_i$`.
    ///
    /// # Panics
    /// If the arguments are of different data sets.
    pub fn new(tokens: &TokenBatch, queries: &Matrix, selection: &[usize]) -> Self {
        assert_eq!(tokens.len(), selection.len(), "one selected token a sequence");
        assert_eq!((tokens.dim(), tokens.len()), (queries.nrows(), queries.ncols()), "queries");
        let (mut offsets, mut rows) = (vec![0], Vec::new());
        for (i, &selected) in selection.iter().enumerate() {
            let others = (0..tokens.sequence_len(i)).filter(|&t| t != selected);
            rows.extend(others.map(|t| Row { preferred: (i, selected), other: (i, t), block: i }));
            offsets.push(rows.len());
        }
        Self::of_rows(tokens, queries.clone(), offsets, rows)
    }

    /// The constraints `$(x_a - x_t)^\top W z_q \ge \cdot$` of `triples`, in their order; column `$q$` of `queries` is
    /// `$z_q$`. Triples of one query that follow each other are one block of the structure: `$A w$`, `$A^\top\lambda$` and
    /// Newton matrices cost as much as with one sequence a block.
    ///
    /// ```
    /// use mirrorhead_attention::{AttSvmOperator, Triple};
    /// use mirrorhead_kernels::{LinearOperator, Matrix, TokenBatch};
    /// // A text of three tokens; the last two attend to themselves rather than to what is before them.
    /// let text = TokenBatch::from_rows(&[vec![vec![1.0, 0.0], vec![0.0, 1.0], vec![1.0, 1.0]]])?;
    /// let queries = Matrix::from_fn(2, 2, |k, q| text.token(0, q + 1)[k]);
    /// let triple = |preferred, other, query| Triple { preferred: (0, preferred), other: (0, other), query };
    /// let causal = [triple(1, 0, 0), triple(2, 0, 1), triple(2, 1, 1)];
    /// let svm = AttSvmOperator::of_triples(&text, &queries, &causal)?;
    /// let mut margins = [0.0; 3];
    /// svm.apply(&[1.0, 0.0, 0.0, 1.0], &mut margins); // W = I
    /// assert_eq!(margins, [1.0, 1.0, 1.0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Queries of another dimension or with entries that are not finite, a triple whose query or token is not there.
    pub fn of_triples(
        tokens: &TokenBatch,
        queries: &Matrix,
        triples: &[Triple],
    ) -> Result<Self, AttentionError> {
        KernelError::require_size(|| "dimension of the queries", tokens.dim(), queries.nrows())?;
        KernelError::require_finite(|| "queries", queries.as_slice())?;
        let (mut offsets, mut rows) = (vec![0], Vec::with_capacity(triples.len()));
        let mut block_queries = Vec::new();
        for triple in triples {
            triple.require_in(tokens, queries.ncols())?;
            if block_queries.last() != Some(&triple.query) {
                if !block_queries.is_empty() {
                    offsets.push(rows.len());
                }
                block_queries.push(triple.query);
            }
            let block = block_queries.len() - 1;
            rows.push(Row { preferred: triple.preferred, other: triple.other, block });
        }
        if !block_queries.is_empty() {
            offsets.push(rows.len());
        }
        let of_block = |k: usize, b: usize| queries[(k, block_queries[b])];
        let queries = Matrix::from_fn(tokens.dim(), block_queries.len(), of_block);
        Ok(Self::of_rows(tokens, queries, offsets, rows))
    }

    fn of_rows(
        tokens: &TokenBatch,
        mut queries: Matrix,
        offsets: Vec<usize>,
        rows: Vec<Row>,
    ) -> Self {
        let scales: Vec<_> = (0..queries.ncols()).map(|b| unit(queries.col_mut(b))).collect();
        let others = rows.iter().map(|row| row.other).collect();
        // Not those that scaling makes zero.
        let vanishes: Vec<_> = rows.iter().map(|row| row.vanishes(tokens, &scales)).collect();
        let blocks: Vec<_> = rows.iter().map(|row| row.block).collect();
        let (dim, differences) = (tokens.dim(), Differences::new(tokens, rows, scales));
        let (mut sizes, mut room) = (Vec::with_capacity(blocks.len()), Vec::new());
        for (j, b) in blocks.iter().enumerate() {
            let difference = max_abs(differences.of(j..j + 1, dim, &mut room));
            let row = difference * max_abs(queries.col(*b));
            sizes.push(if row == 0.0 && !vanishes[j] { f64::from_bits(1) } else { row });
        }
        Self { dim, differences, offsets, tokens: others, blocks, queries, sizes }
    }

    /// The sequence and the other token of row `j`.
    pub fn row_token(&self, j: usize) -> (usize, usize) {
        self.tokens[j]
    }

    /// Number of blocks of rows with one query: of a selection, the sequences.
    pub fn n_sequences(&self) -> usize {
        self.offsets.len() - 1
    }

    /// What constraints `$A \operatorname{vec} W \ge b$` ask of a change `$\Delta$` of `base` `$= W_0$`, as in low-rank updates
    /// `$W = W_0 + BA$`: the right-hand side `$b - A \operatorname{vec} W_0$`, with `$b$` the `bounds`. The smallest change in
    /// the nuclear norm is the convex relative of the one of least rank.
    ///
    /// # Errors
    /// A matrix of another shape or with an entry that is not finite, another number of bounds than rows.
    pub fn bounds_after(&self, base: &Matrix, bounds: &[f64]) -> Result<Vec<f64>, AttentionError> {
        KernelError::require_size(|| "rows of the base", self.dim, base.nrows())?;
        KernelError::require_size(|| "columns of the base", self.dim, base.ncols())?;
        KernelError::require_finite(|| "base", base.as_slice())?;
        KernelError::require_size(|| "bounds, one a row", self.blocks.len(), bounds.len())?;
        let mut margins = vec![0.0; bounds.len()];
        mirrorhead_kernels::LinearOperator::apply(self, base.as_slice(), &mut margins);
        Ok(bounds.iter().zip(margins).map(|(b, margin)| b - margin).collect())
    }

    /// The rows of block `b`.
    fn rows(&self, b: usize) -> Range<usize> {
        self.offsets[b]..self.offsets[b + 1]
    }

    /// The differences of block `b`, in `room` where they aren't stored.
    fn block<'a>(&'a self, b: usize, room: &'a mut Vec<f64>) -> &'a [f64] {
        self.differences.of(self.rows(b), self.dim, room)
    }

    /// The differences of `rows`, one after the other.
    fn gathered(&self, rows: &[usize]) -> Cow<'_, [f64]> {
        let all = rows.len() == self.blocks.len() && rows.iter().enumerate().all(|(k, &j)| k == j);
        if let (true, Differences::Stored { values, .. }) = (all, &self.differences) {
            return Cow::Borrowed(values);
        }
        let (mut gathered, mut room) = (Vec::with_capacity(rows.len() * self.dim), Vec::new());
        for &j in rows {
            gathered.extend_from_slice(self.differences.of(j..j + 1, self.dim, &mut room));
        }
        Cow::Owned(gathered)
    }

    /// Maximal stretches of `rows` that belong to the same block.
    fn runs(&self, rows: &[usize]) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        for (position, &j) in rows.iter().enumerate() {
            let sequence = self.blocks[j];
            match runs.last_mut() {
                Some(run) if run.sequence == sequence => run.positions.end = position + 1,
                _ => runs.push(Run { sequence, positions: position..position + 1 }),
            }
        }
        runs
    }
}

/// Divides a query by its size, a power of two.
fn unit(query: &mut [f64]) -> Scale {
    let (size, shrink) = power_of_two(max_abs(query));
    let mut is_exact = true;
    for z in query.iter_mut() {
        let scaled = *z * shrink;
        is_exact &= scaled * size == *z;
        *z = scaled;
    }
    Scale { size, shrink, is_exact, is_silent: max_abs(query) == 0.0 }
}

/// `$2^k$` and `$2^{-k}$`, both normal, with `$2^k$` the largest power of two up to `$x$` where there is one.
fn power_of_two(x: f64) -> (f64, f64) {
    let exponent = ((x.to_bits() >> 52) & 0x7ff).clamp(1, 2045);
    (f64::from_bits(exponent << 52), f64::from_bits((2046 - exponent) << 52))
}

#[cfg(test)]
mod tests;
