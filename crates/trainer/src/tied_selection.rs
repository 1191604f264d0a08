//! A selection of sets: what attracts where tokens tie in score.

use std::cmp::Ordering;
use std::fmt;

use mirrorhead_attention::{Dataset, TokenScores, TokenSelection};
use mirrorhead_kernels::Matrix;
use mirrorhead_svm::{MaxMargin, Outcome, SvmError, WatchedSettings};
use serde::{Deserialize, Serialize};

use crate::max_margin::att_svm_rows;
use crate::maximisers::{Maximisers, constraint};
use crate::{KeyQueryNorm, OptimalityEvidence, TrainError};

/// The most choices of leaders that [`TiedSelection::widest`] tries.
const MAX_LEADERS: usize = 256;

/// Sets `$S_i$` of tokens that tie in score, each with a leader `$\beta_i \in S_i$`, and the solution of
///
/// `$$ \min_W \lVert W\rVert \quad\text{s.t.}\quad (x_{i\beta_i} - x_{it})^\top W z_i \ge 1
///    \quad\text{for all } i \text{ and } t \notin S_i : $$`
///
/// the AttSVM without the tokens that tie with the leaders.
///
/// Tokens that tie are worth the same, so the risk depends on the attention outside of the sets only,
/// `$f_i = \gamma_{S_i} - \sum_{t \notin S_i} s_{it} (\gamma_{S_i} - \gamma_{it})$`, and falls with the margin
/// `$\max_{\beta \in S_i} a_{i\beta} - \max_{t \notin S_i} a_{it}$` of the logits `$a_i = X_i W z_i$`. A maximum over
/// `$\beta$` is not concave: each choice of leaders has an SVM of its own, and the largest margin of the sets is that of
/// the [widest](Self::widest). Where the solution of a choice gives every leader a larger logit than those that tie with it
/// ([`Lead::Proven`]), these weigh `$e^{-m \lVert W\rVert}$` of the leader, as inactive tokens do, and the solution
/// attracts if the leaders are locally optimal among the rest. Where some other token of a set has the larger logit,
/// attention goes to that token instead, and the solution attracts nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TiedSelection {
    /// The tokens of each sequence that tie with its leader, with the leader, in increasing order.
    pub sets: Vec<Vec<usize>>,
    /// The leader of each set.
    pub leaders: TokenSelection,
    /// Whether the leaders lead at the solution.
    pub lead: Lead,
    /// How good the leaders are among the tokens that don't tie with them.
    pub evidence: OptimalityEvidence,
    /// The solution; its rows are those of the data without the tokens that tie with the leaders.
    pub svm: MaxMargin,
}

/// Whether every leader has a larger logit than the tokens that tie with it, those equal to it apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lead {
    /// Proven, for every solution that the certified interval allows.
    Proven,
    /// Proven to be false: some token that ties has the larger logit.
    Refuted,
    /// Neither is proven.
    Undecided,
}

impl TiedSelection {
    /// The sets that `leaders` lead under `decoder`, with their SVM in `norm`. None if it has no solution, or the
    /// solver finds none, or all tokens tie.
    ///
    /// ```
    /// use mirrorhead_attention::{Dataset, TokenSelection};
    /// use mirrorhead_kernels::{Matrix, TokenBatch};
    /// use mirrorhead_mirror::LpNorm;
    /// use mirrorhead_svm::SvmSettings;
    /// use mirrorhead_trainer::TiedSelection;
    /// // Tokens 0 and 1 score 1, token 2 scores -1.
    /// let tokens = [vec![1.0, 1.0], vec![1.0, -1.0], vec![-1.0, 0.2]];
    /// let queries = Matrix::from_rows(&[[1.0, 0.0]])?;
    /// let data = Dataset::new(TokenBatch::from_rows(&[tokens.to_vec()])?, &queries, vec![1.0])?;
    /// let decoder = Matrix::column(vec![1.0, 0.0])?;
    /// let (norm, settings) = (LpNorm::new(2.0)?, SvmSettings::default());
    /// let leaders = TokenSelection::new(vec![0], &data)?;
    /// let tied = TiedSelection::widest(&data, &decoder, &leaders, norm, &settings)?.expect("solved");
    /// assert_eq!((&tied.sets[0][..], tied.leaders.tokens()), (&[0, 1][..], &[1][..]));
    /// assert!(tied.attracts()); // along x_1 - x_2 = (2, -1.2)
    /// assert!((tied.svm.direction()[1] / tied.svm.direction()[0] + 0.6).abs() < 1e-9);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// A decoder that doesn't fit the data; misuse of the solver.
    ///
    /// # Panics
    /// If the selection is of other data.
    pub fn led_by<'w>(
        data: &Dataset,
        decoder: &Matrix,
        leaders: &TokenSelection,
        norm: impl Into<KeyQueryNorm>,
        settings: impl Into<WatchedSettings<'w>>,
    ) -> Result<Option<Self>, TrainError> {
        let (norm, settings) = (norm.into(), &settings.into());
        let scores = TokenScores::of(data, decoder)?;
        let of_leader = |(i, leader): (usize, &usize)| scores.tied_with(i, *leader);
        let sets: Vec<_> = leaders.tokens().iter().enumerate().map(of_leader).collect();
        let keep = |i: usize, t: usize| t == leaders.tokens()[i] || !sets[i].contains(&t);
        let (rest, among_rest) = (data.thinned(keep)?, leaders.thinned(keep));
        let svm = match norm.max_margin(&rest, &among_rest, settings) {
            Ok(Outcome::MaxMargin(svm)) => svm,
            Ok(_) | Err(SvmError::Empty { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let rest_scores = TokenScores::of(&rest, decoder)?;
        let evidence =
            OptimalityEvidence::of(&rest, &among_rest, &rest_scores, norm, &svm, settings)?;
        let rows = att_svm_rows(&rest, &among_rest);
        let maximisers = Maximisers::of(&rows, data.dim(), norm, &svm);
        let lead = lead(data, leaders, &sets, &maximisers);
        Ok(Some(Self { sets, leaders: leaders.clone(), lead, evidence, svm }))
    }

    /// Among all choices of leaders that tie with `selection` the one whose margin is the widest, the first of equals: the
    /// largest margin of the sets, and the limit of the regularization path. None if no choice is solved, or there are
    /// more than 256.
    ///
    /// # Errors
    /// Those of [`led_by`](Self::led_by).
    ///
    /// # Panics
    /// If the selection is of other data.
    pub fn widest<'w>(
        data: &Dataset,
        decoder: &Matrix,
        selection: &TokenSelection,
        norm: impl Into<KeyQueryNorm>,
        settings: impl Into<WatchedSettings<'w>>,
    ) -> Result<Option<Self>, TrainError> {
        let (norm, settings) = (norm.into(), &settings.into());
        let scores = TokenScores::of(data, decoder)?;
        let mut choices = vec![Vec::new()];
        for (i, selected) in selection.tokens().iter().enumerate() {
            let set = scores.tied_with(i, *selected);
            if choices.len() * set.len() > MAX_LEADERS {
                return Ok(None);
            }
            let longer = |choice: Vec<usize>| {
                set.iter().map(move |t| choice.iter().copied().chain([*t]).collect())
            };
            choices = choices.into_iter().flat_map(longer).collect();
        }
        let mut widest: Option<Self> = None;
        for choice in choices {
            let leaders = TokenSelection::new(choice, data)?;
            let Some(tied) = Self::led_by(data, decoder, &leaders, norm, settings)? else {
                continue;
            };
            let margin = |tied: &Self| tied.svm.interval.lower;
            if widest.as_ref().is_none_or(|widest| margin(&tied) > margin(widest)) {
                widest = Some(tied);
            }
        }
        Ok(widest)
    }

    /// Whether the solution is proven to attract: the leaders lead, and are locally optimal among the rest.
    pub fn attracts(&self) -> bool {
        self.lead == Lead::Proven && self.evidence.optimality.is_locally_optimal()
    }
}

/// Compares the logits of the leaders with those of the other tokens of their sets.
fn lead(
    data: &Dataset,
    leaders: &TokenSelection,
    sets: &[Vec<usize>],
    maximisers: &Maximisers,
) -> Lead {
    let mut found = Lead::Proven;
    for (i, &leader) in leaders.tokens().iter().enumerate() {
        for &t in sets[i].iter().filter(|t| **t != leader) {
            match logit_order(data, maximisers, (i, leader, t)) {
                Some(Ordering::Less) => return Lead::Refuted,
                Some(_) => {}
                None => found = Lead::Undecided,
            }
        }
    }
    found
}

/// Whether the logit of token `a` of sequence `i` is larger than that of token `b` at every maximiser, smaller, or
/// the same since the tokens are; none if nothing is proven.
fn logit_order(
    data: &Dataset,
    maximisers: &Maximisers,
    (i, a, b): (usize, usize, usize),
) -> Option<Ordering> {
    let row = constraint(data, i, a, b);
    if row.iter().all(|x| *x == 0.0) {
        return Some(Ordering::Equal);
    }
    if maximisers.least(&row, 0.0) > 0.0 {
        return Some(Ordering::Greater);
    }
    let opposite: Vec<f64> = row.iter().map(|x| -x).collect();
    (maximisers.least(&opposite, 0.0) > 0.0).then_some(Ordering::Less)
}

impl fmt::Display for TiedSelection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let interval = self.svm.interval;
        write!(
            f,
            "sets {:?} led by {:?}, margin {} to {}, {}",
            self.sets,
            self.leaders.tokens(),
            interval.lower,
            interval.upper,
            match (self.attracts(), self.lead) {
                (true, _) => "attracts",
                (_, Lead::Refuted) => "attracts nothing: a token that ties has the larger logit",
                (_, Lead::Undecided) => "undecided: a token that ties may have the larger logit",
                (_, Lead::Proven) => "the leaders aren't proven locally optimal among the rest",
            }
        )
    }
}
