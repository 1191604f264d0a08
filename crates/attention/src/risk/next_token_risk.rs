//! The risk of a head that predicts the token that comes next.

use mirrorhead_kernels::{LogScaled, Matrix, elementary, product};

use crate::{NextTokenData, Risk, RiskError};

/// The risk `$L(W) = -\tfrac1n\sum_i \log \sum_{t : x_{it} = y_i} s_{it}$` of the key-query matrix
/// `$W \in \mathbb{R}^{d\times d}$`, where `$s_i = \operatorname{softmax}(X_i W e_{k_i})$` is what the last token `$k_i$` of sequence
/// `$i$` attends to and `$y_i$` is the token that comes next (Li, Huang, Ildiz, Rawat, Oymak 2024).
///
/// With the logits `$\ell_j = e_j^\top W e_{k_i}$`, and `$m_j$` for how often a token is in the sequence, it is convex,
/// `$$ L(W) = \frac1n\sum_i \log\Big(1 + \sum_{j \ne y_i} \frac{m_j e^{\ell_j}}{m_{y_i} e^{\ell_{y_i}}}\Big), $$`
/// and computed so: where attention is all on `$y_i$`, what is left keeps its digits.
///
/// Tensors: `$W$`.
///
/// ```
/// use mirrorhead_attention::{NextToken, NextTokenData, NextTokenRisk, Risk};
/// use mirrorhead_kernels::Matrix;
/// let embeddings = Matrix::from_rows(&[[1.0, 0.0], [0.0, 1.0]])?;
/// let data = NextTokenData::new(&embeddings, vec![NextToken { tokens: vec![0, 1, 1], next: 0 }])?;
/// let risk = NextTokenRisk::new(&data).value(&[Matrix::zeros(2, 2)])?;
/// assert!((risk - 3f64.ln()).abs() < 1e-15); // uniform attention
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct NextTokenRisk<'a> {
    data: &'a NextTokenData,
    /// `$K \times d$`.
    vocabulary: Matrix,
    /// The embeddings of the tokens that ask, as columns.
    queries: Matrix,
    examples: Vec<Counted>,
}

/// An example, its tokens counted.
#[derive(Debug, Clone)]
struct Counted {
    /// The column of its query.
    query: usize,
    /// `$y$` and `$\log m_y$`.
    next: (usize, f64),
    /// Each other token `$j$` and `$\log m_j$`.
    others: Vec<(usize, f64)>,
}

/// Scratch of [`NextTokenRisk`].
#[derive(Debug, Clone, PartialEq)]
pub struct NextTokenWorkspace {
    /// `$W e_k$` for each token `$k$` that asks.
    directions: Matrix,
    /// The logits, by tokens and queries.
    logits: Matrix,
    /// The derivatives by them.
    slopes: Matrix,
    /// What the other tokens of an example have of attention, among themselves.
    shares: Vec<f64>,
}

impl<'a> NextTokenRisk<'a> {
    /// The risk on `data`.
    pub fn new(data: &'a NextTokenData) -> Self {
        let asking = data.queries();
        let embeddings = data.embeddings();
        let queries =
            Matrix::from_fn(data.dim(), asking.len(), |a, column| embeddings[(a, asking[column])]);
        let counted = data.of_queries().map(|(query, example)| {
            let count = |token: usize| example.tokens.iter().filter(|t| **t == token).count();
            let logarithm = |token: usize| (token, elementary::ln(count(token) as f64));
            let is_other = |token: &usize| *token != example.next && count(*token) > 0;
            Counted {
                query: asking.partition_point(|asks| *asks < query),
                next: logarithm(example.next),
                others: (0..data.n_tokens()).filter(is_other).map(logarithm).collect(),
            }
        });
        let examples = counted.collect();
        Self { data, vocabulary: embeddings.transposed(), queries, examples }
    }

    /// The data.
    pub fn data(&self) -> &'a NextTokenData {
        self.data
    }
}

impl Counted {
    /// The loss at some logits; adds `weight` times its derivatives to `slopes`.
    fn add(
        &self,
        logits: &[f64],
        weight: f64,
        (slopes, shares): (&mut [f64], &mut Vec<f64>),
    ) -> f64 {
        if self.others.is_empty() {
            return 0.0;
        }
        shares.clear();
        shares.extend(self.others.iter().map(|(j, log_count)| logits[*j] + log_count));
        let largest = shares.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        for share in shares.iter_mut() {
            *share = elementary::exp(*share - largest);
        }
        let total: f64 = shares.iter().sum();
        let (next, log_count) = self.next;
        // The logarithm of what the others have over what the next one has.
        let lead = largest + elementary::ln(total) - (logits[next] + log_count);
        let smaller = elementary::exp(-lead.abs());
        let wrong = if lead > 0.0 { 1.0 } else { smaller } / (1.0 + smaller);
        slopes[next] -= weight * wrong;
        for ((j, _), share) in self.others.iter().zip(shares.iter()) {
            slopes[*j] += weight * wrong * share / total;
        }
        lead.max(0.0) + elementary::ln_1p(smaller)
    }
}

impl Risk for NextTokenRisk<'_> {
    type Workspace = NextTokenWorkspace;

    fn shapes(&self) -> Vec<(usize, usize)> {
        vec![(self.data.dim(), self.data.dim())]
    }

    fn workspace(&self) -> NextTokenWorkspace {
        let by_query = |rows| Matrix::zeros(rows, self.queries.ncols());
        NextTokenWorkspace {
            directions: by_query(self.data.dim()),
            logits: by_query(self.data.n_tokens()),
            slopes: by_query(self.data.n_tokens()),
            shares: Vec::new(),
        }
    }

    fn value_and_gradient(
        &self,
        parameters: &[Matrix],
        gradients: &mut [LogScaled<Matrix>],
        workspace: &mut NextTokenWorkspace,
    ) -> Result<f64, RiskError> {
        RiskError::require_tensors(self.shapes(), parameters, gradients)?;
        let NextTokenWorkspace { directions, logits, slopes, shares } = workspace;
        product(&parameters[0], self.queries.as_mat(), directions);
        product(&self.vocabulary, directions.as_mat(), logits);
        slopes.as_mut_slice().fill(0.0);
        let weight = 1.0 / self.examples.len() as f64;
        let mut risk = 0.0;
        for example in &self.examples {
            let (at, to) = (logits.col(example.query), slopes.col_mut(example.query));
            risk += weight * example.add(at, weight, (to, shares));
        }
        product(self.data.embeddings(), slopes.as_mat(), directions);
        gradients[0].log_scale = 0.0;
        product(directions, self.queries.as_mat().transpose(), &mut gradients[0].value);
        Ok(risk)
    }
}
