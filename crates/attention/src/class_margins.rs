//! Class margins: what each token is worth against each class that is not its sample's.

use mirrorhead_kernels::{KernelError, Matrix, elementary, position_of_max, rows_times};

use crate::token_scores::rounding_error;
use crate::{AttentionError, Dataset, TokenScores, TokenSelection};

/// The margins `$\gamma_{itc} = (v_{c_i} - v_c)^\top x_{it}$` of every token for the class `$c_i$` of its
/// sample against each rival `$c \ne c_i$`, under decoders `$v_1, \dots, v_C$`.
///
/// For two classes there is one rival, and `$\gamma_{it}$` are the [`TokenScores`] under
/// `$v_1 - v_0$`. For more, tokens need not be ordered: one may be better against one rival and worse
/// against another.
///
/// ```
/// use mirrorhead_attention::{ClassMargins, toy_pair};
/// use mirrorhead_kernels::Matrix;
/// let decoders = Matrix::from_rows(&[[1.0, 0.0, -1.0], [0.0, 1.0, 0.0]])?; // column c is v_c
/// let margins = ClassMargins::of(&toy_pair(), &[0, 2], &decoders)?;
/// assert_eq!(margins.rival(0, 1).1, [-5.4, 2.8, 2.6]); // sample 0: class 0 against class 2
/// assert_eq!(margins.rival(0, 1).0, 2);
/// assert_eq!(margins.dominant(), None); // sample 0: token 2 is the best against class 1
/// # Ok::<(), mirrorhead_attention::AttentionError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ClassMargins {
    offsets: Vec<usize>,
    classes: Vec<usize>,
    /// For each rival in order, the margins of all tokens.
    margins: Vec<Vec<f64>>,
    /// What rounding can have done to each.
    errors: Vec<Vec<f64>>,
}

impl ClassMargins {
    /// The margins on `data`, sample `$i$` being of class `classes[i]`, with decoder `$v_c$` the column
    /// `$c$` of `decoders` (`$d \times C$`).
    ///
    /// # Errors
    /// Fewer than two classes, a class that is not there, sizes that do not agree, entries that are
    /// not finite.
    pub fn of(
        data: &Dataset,
        classes: &[usize],
        decoders: &Matrix,
    ) -> Result<Self, AttentionError> {
        let n_classes = decoders.ncols();
        KernelError::require_size(|| "rows of the decoders", data.dim(), decoders.nrows())?;
        KernelError::require_finite(|| "decoders", decoders.as_slice())?;
        KernelError::require_size(|| "classes, one a sequence", data.len(), classes.len())?;
        if n_classes < 2 {
            return Err(AttentionError::ZeroSize { what: "the number of rivals of a class" });
        }
        if let Some(index) = classes.iter().position(|c| *c >= n_classes) {
            return Err(AttentionError::NoSuchClass { index, class: classes[index], n_classes });
        }
        let tokens = data.tokens();
        let offsets: Vec<_> = (0..=tokens.len()).map(|i| tokens.offset(i)).collect();
        let (margins, errors) = (0..n_classes - 1)
            .map(|k| {
                let mut margins = vec![0.0; tokens.n_tokens()];
                let mut errors = Vec::with_capacity(margins.len());
                for (i, &class) in classes.iter().enumerate() {
                    let pairs = decoders.col(class).iter().zip(decoders.col(nth_rival(class, k)));
                    let difference: Vec<f64> = pairs.map(|(own, rival)| own - rival).collect();
                    let span = offsets[i]..offsets[i + 1];
                    rows_times(tokens.sequence(i), &difference, &mut margins[span]);
                    let of_token = |t| rounding_error(tokens.token(i, t), &difference);
                    errors.extend((0..tokens.sequence_len(i)).map(of_token));
                }
                (margins, errors)
            })
            .unzip();
        Ok(Self { offsets, classes: classes.to_vec(), margins, errors })
    }

    /// Number of samples.
    pub fn len(&self) -> usize {
        self.classes.len()
    }

    /// Always false: a data set has at least one sample.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// Number of rivals of a class, `$C - 1$`.
    pub fn n_rivals(&self) -> usize {
        self.margins.len()
    }

    /// Rival `k` of sample `i`, a class, and the margins of the sample's tokens against it.
    pub fn rival(&self, i: usize, k: usize) -> (usize, &[f64]) {
        let margins = &self.margins[k][self.offsets[i]..self.offsets[i + 1]];
        (nth_rival(self.classes[i], k), margins)
    }

    /// The selection that dominates, if there is one: of every sequence the token with a larger
    /// margin than all others against every rival.
    pub fn dominant(&self) -> Option<TokenSelection> {
        let token = |i: usize| {
            let best = position_of_max(self.rival(i, 0).1);
            let wins = |k: usize| {
                let (_, margins) = self.rival(i, k);
                let mut others = margins.iter().enumerate().filter(|(t, _)| *t != best);
                others.all(|(_, margin)| *margin < margins[best])
            };
            (0..self.n_rivals()).all(wins).then_some(best)
        };
        (0..self.len()).map(token).collect::<Option<Vec<_>>>().map(TokenSelection::from_tokens)
    }

    /// The scores `$\sum_c \pi_{ic}\, \gamma_{itc}$` of the tokens where attention has saturated on
    /// `selection`, with `$\pi_i$` the probabilities of the rivals there, up to a factor for each
    /// sample that makes the largest `$\pi_{ic}$` one.
    ///
    /// The loss of sample `$i$` is convex in its attention weights, and these scores are minus its slopes
    /// at the selected token: that token is the least loss of all weights exactly when its score is the
    /// largest. If a selection dominates, its tokens have the largest scores at every selection.
    ///
    /// # Errors
    /// A selection of other data.
    pub fn scores_at(&self, selection: &TokenSelection) -> Result<TokenScores, AttentionError> {
        KernelError::require_size(
            || "selected tokens, one a sequence",
            self.len(),
            selection.tokens().len(),
        )?;
        let mut scores = vec![0.0; self.margins[0].len()];
        let mut errors = scores.clone();
        for (i, &token) in selection.tokens().iter().enumerate() {
            let span = self.offsets[i]..self.offsets[i + 1];
            if token >= span.len() {
                return Err(AttentionError::NoSuchToken { sequence: i, token, len: span.len() });
            }
            let at_token: Vec<_> =
                (0..self.n_rivals()).map(|k| self.rival(i, k).1[token]).collect();
            let least = at_token.iter().copied().fold(f64::INFINITY, f64::min);
            for (k, margin) in at_token.iter().enumerate() {
                let share = elementary::exp(least - margin);
                for (score, margin) in scores[span.clone()].iter_mut().zip(self.rival(i, k).1) {
                    *score += share * margin;
                }
                let of_rival = &self.errors[k][span.clone()];
                for (error, of_rival) in errors[span.clone()].iter_mut().zip(of_rival) {
                    *error += share * of_rival;
                }
            }
        }
        Ok(TokenScores::from_parts(self.offsets.clone(), scores, errors))
    }
}

/// The `k`-th class other than `class`.
fn nth_rival(class: usize, k: usize) -> usize {
    if k < class { k } else { k + 1 }
}
