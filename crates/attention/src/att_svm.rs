//! The constraints of the AttSVM, never materialised.

use faer::MatMut;
use mirrorhead_kernels::{
    LinearOperator, Matrix, TokenBatch, dot, max_abs, product, rows_times, weighted_rows,
};

/// The rows of the lp-AttSVM of a selection $\alpha$,
///
/// $$ (x_{i\alpha_i} - x_{it}) \otimes z_i, \qquad t \ne \alpha_i, $$
///
/// acting on $W \in \mathbb{R}^{d\times d}$ stored by columns: row $(i, t)$ of $A w$ is
/// $(x_{i\alpha_i} - x_{it})^\top W z_i$. Rows come sequence after sequence; a sequence of one token
/// has none.
///
/// With $\delta_i$ the differences of sequence $i$ as rows, nothing of size $M \times d^2$ is formed:
/// $A w$ is $\delta_i (W z_i)$, $A^\top\lambda$ is the product $\sum_i (\delta_i^\top\lambda_i) z_i^\top$,
/// and the block of $A \operatorname{diag}(D) A^\top$ for $(i, i')$ is
/// $\delta_i \operatorname{diag}\!\left(D (z_i \circ z_{i'})\right) \delta_{i'}^\top$.
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
    /// $\delta_i$ one after the other, row-major.
    differences: Vec<f64>,
    /// Rows of sequence `i` are `offsets[i]..offsets[i + 1]`.
    offsets: Vec<usize>,
    /// (sequence, token) of each row.
    tokens: Vec<(usize, usize)>,
    /// $d \times n$, column $i$ is $z_i$.
    queries: Matrix,
}

impl AttSvmOperator {
    /// The constraints of `selection`, one token of each sequence of `tokens`; column $i$ of
    /// `queries` is $z_i$.
    ///
    /// # Panics
    /// If the arguments are of different data sets.
    pub fn new(tokens: &TokenBatch, queries: &Matrix, selection: &[usize]) -> Self {
        assert_eq!(tokens.len(), selection.len(), "one selected token a sequence");
        assert_eq!((tokens.dim(), tokens.len()), (queries.nrows(), queries.ncols()), "queries");
        let (mut differences, mut offsets, mut rows) = (Vec::new(), vec![0], Vec::new());
        for (i, &selected) in selection.iter().enumerate() {
            for t in (0..tokens.sequence_len(i)).filter(|&t| t != selected) {
                let pairs = tokens.token(i, selected).iter().zip(tokens.token(i, t));
                differences.extend(pairs.map(|(a, b)| a - b));
                rows.push((i, t));
            }
            offsets.push(rows.len());
        }
        Self { dim: tokens.dim(), differences, offsets, tokens: rows, queries: queries.clone() }
    }

    /// The sequence and the token of row `j`.
    pub fn row_token(&self, j: usize) -> (usize, usize) {
        self.tokens[j]
    }

    /// Number of sequences.
    pub fn n_sequences(&self) -> usize {
        self.offsets.len() - 1
    }

    fn difference(&self, j: usize) -> &[f64] {
        &self.differences[j * self.dim..(j + 1) * self.dim]
    }

    fn sequence(&self, i: usize) -> &[f64] {
        &self.differences[self.offsets[i] * self.dim..self.offsets[i + 1] * self.dim]
    }
}

impl LinearOperator for AttSvmOperator {
    fn nrows(&self) -> usize {
        self.tokens.len()
    }

    fn ncols(&self) -> usize {
        self.dim * self.dim
    }

    fn apply(&self, w: &[f64], out: &mut [f64]) {
        let key_query = Matrix::from_fn(self.dim, self.dim, |a, b| w[a + self.dim * b]);
        let mut directions = Matrix::zeros(self.dim, self.n_sequences());
        product(&key_query, self.queries.as_mat(), &mut directions);
        for i in 0..self.n_sequences() {
            let out = &mut out[self.offsets[i]..self.offsets[i + 1]];
            rows_times(self.sequence(i), directions.col(i), out);
        }
    }

    fn apply_adjoint(&self, multipliers: &[f64], out: &mut [f64]) {
        let mut pulls = Matrix::zeros(self.dim, self.n_sequences());
        for i in 0..self.n_sequences() {
            let multipliers = &multipliers[self.offsets[i]..self.offsets[i + 1]];
            weighted_rows(self.sequence(i), multipliers, pulls.col_mut(i));
        }
        let mut key_query = Matrix::zeros(self.dim, self.dim);
        product(&pulls, self.queries.as_mat().transpose(), &mut key_query);
        out.copy_from_slice(key_query.as_slice());
    }

    fn weighted_gram(&self, rows: &[usize], weights: &[f64], mut gram: MatMut<'_, f64>) {
        let mut profile = vec![0.0; self.dim];
        let mut weighted = vec![0.0; self.dim];
        for (l, &row_l) in rows.iter().enumerate() {
            let (right, _) = self.tokens[row_l];
            let mut last = None;
            for (k, &row_k) in rows.iter().enumerate().skip(l) {
                let (left, _) = self.tokens[row_k];
                if last != Some(left) {
                    self.profile(left, right, weights, &mut profile);
                    for ((out, p), x) in
                        weighted.iter_mut().zip(&profile).zip(self.difference(row_l))
                    {
                        *out = p * x;
                    }
                    last = Some(left);
                }
                gram[(k, l)] = dot(self.difference(row_k), &weighted);
            }
        }
    }

    fn row_max_abs(&self, out: &mut [f64]) {
        for (j, out) in out.iter_mut().enumerate() {
            let (i, _) = self.tokens[j];
            *out = max_abs(self.difference(j)) * max_abs(self.queries.col(i));
        }
    }
}

impl AttSvmOperator {
    /// `out` $= D (z_i \circ z_{i'})$.
    fn profile(&self, i: usize, j: usize, weights: &[f64], out: &mut [f64]) {
        out.fill(0.0);
        let pairs = self.queries.col(i).iter().zip(self.queries.col(j));
        for ((z, y), column) in pairs.zip(weights.chunks_exact(self.dim)) {
            mirrorhead_kernels::add_scaled(out, z * y, column);
        }
    }
}
