//! Local optimality of a selection.

use mirrorhead_attention::{TokenScores, TokenSelection};
use serde::{Deserialize, Serialize};

/// How good a selection is (Tarzanagh et al. 2023, definition 2): only locally optimal ones attract
/// gradient methods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenOptimality {
    /// Every selected token has the highest score of its sequence.
    Global,
    /// Every selected token out-scores its support tokens: those whose margin constraint is active
    /// in the AttSVM of the selection.
    Local,
    /// Some support token scores as high as the selected one.
    NotOptimal,
}

impl TokenOptimality {
    /// Classifies `selection`; `support_tokens[i]` are the tokens $t$ of sequence $i$ with
    /// $(x_{i\alpha_i} - x_{it})^\top W z_i = 1$ at the AttSVM solution.
    ///
    /// ```
    /// use mirrorhead_attention::{TokenScores, TokenSelection, toy_pair};
    /// use mirrorhead_kernels::Matrix;
    /// use mirrorhead_trainer::TokenOptimality;
    /// let data = toy_pair();
    /// let scores = TokenScores::of(&data, &Matrix::column(vec![1.0, 0.0])?)?; // see TokenScores
    /// let classify = |tokens, support: &[Vec<usize>]| {
    ///     let selection = TokenSelection::new(tokens, &data).expect("valid tokens");
    ///     TokenOptimality::of(&selection, &scores, support)
    /// };
    /// assert_eq!(classify(vec![1, 1], &[vec![2], vec![0]]), TokenOptimality::Global);
    /// assert_eq!(classify(vec![2, 1], &[vec![0], vec![0]]), TokenOptimality::Local);
    /// assert_eq!(classify(vec![2, 1], &[vec![1], vec![0]]), TokenOptimality::NotOptimal);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Panics
    /// If the arguments are of different data sets.
    pub fn of(
        selection: &TokenSelection,
        scores: &TokenScores,
        support_tokens: &[Vec<usize>],
    ) -> Self {
        assert_eq!(selection.tokens().len(), scores.len(), "one selected token a sequence");
        assert_eq!(support_tokens.len(), scores.len(), "support tokens of every sequence");
        let out_scores = |i: usize, t: usize| {
            let gamma = scores.sequence(i);
            gamma[selection.tokens()[i]] > gamma[t]
        };
        let best = |i: usize| {
            let gamma = scores.sequence(i);
            gamma.iter().all(|g| gamma[selection.tokens()[i]] >= *g)
        };
        let mut sequences = 0..scores.len();
        if sequences.clone().all(best) {
            Self::Global
        } else if sequences.all(|i| support_tokens[i].iter().all(|&t| out_scores(i, t))) {
            Self::Local
        } else {
            Self::NotOptimal
        }
    }
}
