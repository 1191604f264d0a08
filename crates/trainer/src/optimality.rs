//! Local optimality of a selection.

use std::cmp::Ordering;
use std::fmt;

use mirrorhead_attention::{Dataset, TokenScores, TokenSelection};
use mirrorhead_svm::{MaxMargin, SvmError, WatchedSettings};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::token_support::SolvedSelection;
use crate::{KeyQueryNorm, TokenSupport};

/// How good a selection is (Tarzanagh et al. 2023, definition 2, with strict inequalities): from a cone
/// around the solution of its AttSVM, a locally optimal one attracts gradient methods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenOptimality {
    /// Every selected token scores higher than all others of its sequence.
    Global,
    /// Proven: every selected token scores higher than its support tokens, those whose constraint is
    /// active at the solution of the AttSVM.
    Local,
    /// Proven: some support token ties with the selected one, and none scores higher. The definition wants more, and the AttSVM of
    /// this selection attracts nothing; [`TiedSelection`](crate::TiedSelection) has what does.
    Tied,
    /// Proven: some support token scores higher than the selected one, or it ties and another that
    /// scores higher isn't proven inactive.
    NotOptimal,
    /// The certified margin is not narrow enough to tell.
    Undecided,
}

impl TokenOptimality {
    /// Whether the selection is proven to be locally optimal, as every globally optimal one is.
    pub fn is_locally_optimal(self) -> bool {
        matches!(self, Self::Global | Self::Local)
    }

    /// Whether it is proven not to be.
    pub fn is_refuted(self) -> bool {
        matches!(self, Self::Tied | Self::NotOptimal)
    }
}

impl fmt::Display for TokenOptimality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Global => "globally optimal",
            Self::Local => "locally optimal",
            Self::Tied => "tied: a support token scores the same",
            Self::NotOptimal => "not locally optimal",
            Self::Undecided => "undecided",
        })
    }
}

/// A token that does not score less than the selected one of its sequence, and what is known of its
/// constraint.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rival {
    /// The sequence.
    pub sequence: usize,
    /// The token.
    pub token: usize,
    /// Whether it ties with the selected token, or scores higher.
    pub ties: bool,
    /// Whether it is a support token.
    pub support: TokenSupport,
}

/// A selection's optimality with the evidence: every token that could refute it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OptimalityEvidence {
    /// The verdict.
    pub optimality: TokenOptimality,
    /// The tokens that don't score less than the selected one of their sequence: the selection is locally
    /// optimal exactly if none of them is a support token.
    pub rivals: Vec<Rival>,
    /// Where no single rival is proven active but one of several must be: by what part the margin is
    /// proven to be wider without all of those that decide.
    pub joint_widening: Option<f64>,
}

/// How many rivals are left out one by one before all are.
const SINGLE_ATTEMPTS: usize = 3;

impl OptimalityEvidence {
    /// Judges `selection` under `scores`, given the solution `svm` of its AttSVM in `norm`.
    ///
    /// Only *rivals* matter, tokens that score at least as high as the selected one. Each is proven inactive by a bound
    /// on its slack at every solution that the certified interval allows. Where that fails the AttSVM is solved
    /// without some of them, and a wider margin proves one active; then again with the constraint of one held near
    /// active, and a narrower margin proves that it isn't. The verdict ends the search: other rivals may be left
    /// undecided.
    ///
    /// At `$p = 1$` and `$p = \infty$` solutions need not be unique, and the verdict is about all of them: at a
    /// locally optimal selection no rival is active at any, at one that is refuted some rival is at each.
    ///
    /// ```
    /// use mirrorhead_attention::{TokenScores, TokenSelection, toy_pair};
    /// use mirrorhead_kernels::Matrix;
    /// use mirrorhead_svm::{Norm, Outcome, SvmSettings};
    /// use mirrorhead_trainer::{KeyQueryNorm, OptimalityEvidence, TokenOptimality};
    /// let (data, settings) = (toy_pair(), SvmSettings::default());
    /// let scores = TokenScores::of(&data, &Matrix::column(vec![1.0, 0.0])?)?; // see TokenScores
    /// let judge = |tokens| -> Result<TokenOptimality, Box<dyn std::error::Error>> {
    ///     let selection = TokenSelection::new(tokens, &data)?;
    ///     let norm = KeyQueryNorm::from(Norm::new(2.0)?);
    ///     let Outcome::MaxMargin(svm) = norm.max_margin(&data, &selection, &settings)? else {
    ///         panic!("separable")
    ///     };
    ///     let found = OptimalityEvidence::of(&data, &selection, &scores, norm, &svm, &settings)?;
    ///     Ok(found.optimality)
    /// };
    /// assert_eq!(judge(vec![1, 1])?, TokenOptimality::Global);
    /// assert_eq!(judge(vec![0, 0])?, TokenOptimality::NotOptimal);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Misuse of the solver.
    ///
    /// # Panics
    /// If the arguments are of different data sets.
    pub fn of<'w>(
        data: &Dataset,
        selection: &TokenSelection,
        scores: &TokenScores,
        norm: impl Into<KeyQueryNorm>,
        svm: &MaxMargin,
        settings: impl Into<WatchedSettings<'w>>,
    ) -> Result<Self, SvmError> {
        assert_eq!(data.len(), scores.len(), "scores of these data");
        let solved = SolvedSelection::new(data, selection, norm.into(), svm, settings.into());
        let mut rivals = rivals(&solved, selection, scores);
        if rivals.is_empty() {
            return Ok(Self { optimality: TokenOptimality::Global, rivals, joint_widening: None });
        }
        if let Some(Refutation { joint_widening }) = refute(&solved, &mut rivals, false)? {
            return Ok(Self { optimality: TokenOptimality::NotOptimal, rivals, joint_widening });
        }
        settle(&solved, &mut rivals, false)?;
        let only_ties = rivals.iter().all(|rival| rival.ties || rival.is_inactive());
        if let Some(Refutation { joint_widening }) = refute(&solved, &mut rivals, true)? {
            let optimality =
                if only_ties { TokenOptimality::Tied } else { TokenOptimality::NotOptimal };
            return Ok(Self { optimality, rivals, joint_widening });
        }
        settle(&solved, &mut rivals, true)?;
        let optimality = if rivals.iter().all(Rival::is_inactive) {
            TokenOptimality::Local
        } else {
            TokenOptimality::Undecided
        };
        Ok(Self { optimality, rivals, joint_widening: None })
    }
}

impl Rival {
    /// Whether it is proven to be no support token.
    fn is_inactive(&self) -> bool {
        matches!(self.support, TokenSupport::Inactive { .. })
    }
}

/// Some rival is proven active.
struct Refutation {
    /// The widening, where it took several to see it.
    joint_widening: Option<f64>,
}

/// Tries to prove that some rival is active, among those that tie or among those that don't, and enters the
/// proof where a single one is.
fn refute(
    solved: &SolvedSelection<'_>,
    rivals: &mut [Rival],
    ties: bool,
) -> Result<Option<Refutation>, SvmError> {
    let mut open: Vec<_> =
        rivals.iter_mut().filter(|r| r.ties == ties && !r.is_inactive()).collect();
    let place = |rival: &Rival| (rival.sequence, rival.token);
    let multiplier = |rival: &Rival| solved.multiplier(place(rival));
    open.sort_by(|a, b| multiplier(b).total_cmp(&multiplier(a)));
    for rival in open.iter_mut().take(SINGLE_ATTEMPTS) {
        if let Some(widening) = solved.widening(&[place(rival)])? {
            rival.support = TokenSupport::Active { widening };
            return Ok(Some(Refutation { joint_widening: None }));
        }
    }
    if open.len() < 2 {
        return Ok(None);
    }
    let all: Vec<_> = open.iter().map(|rival| place(rival)).collect();
    let widening = solved.widening(&all)?;
    Ok(widening.map(|widening| Refutation { joint_widening: Some(widening) }))
}

/// Proves rivals inactive by solves of their own, among those that tie or among those that don't. The
/// nearest to active comes first: where that one stays open, so does the verdict, and the others are left.
fn settle(solved: &SolvedSelection<'_>, rivals: &mut [Rival], ties: bool) -> Result<(), SvmError> {
    let computed = |rival: &Rival| match rival.support {
        TokenSupport::Undecided { computed, .. } => Some(computed),
        _ => None,
    };
    let mut open: Vec<_> = rivals
        .iter_mut()
        .filter(|rival| rival.ties == ties)
        .filter_map(|rival| computed(rival).map(|slack| (slack, rival)))
        .collect();
    open.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    for (computed, rival) in open {
        let Some(slack) = solved.proven_slack((rival.sequence, rival.token), computed)? else {
            break;
        };
        rival.support = TokenSupport::Inactive { slack };
    }
    Ok(())
}

/// Every rival, proven inactive by bounds or undecided.
fn rivals(
    solved: &SolvedSelection<'_>,
    selection: &TokenSelection,
    scores: &TokenScores,
) -> Vec<Rival> {
    let mut found = Vec::new();
    for (i, &selected) in selection.tokens().iter().enumerate() {
        for t in (0..scores.sequence(i).len()).filter(|t| *t != selected) {
            match scores.compare(i, t, selected) {
                Ordering::Less => {}
                order => found.push((i, t, order == Ordering::Equal)),
            }
        }
    }
    let judge = |(sequence, token, ties)| Rival {
        sequence,
        token,
        ties,
        support: solved.bounded((sequence, token)),
    };
    found.into_par_iter().map(judge).collect()
}

impl fmt::Display for OptimalityEvidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.optimality.fmt(f)?;
        let mut rivals = self.rivals.iter();
        if let Some(joint) = self.joint_widening {
            return write!(
                f,
                " (one of {} rivals supports: without them the margin is wider by {joint:.1e} of itself)",
                self.rivals.len()
            );
        }
        let active = |r: &&Rival| matches!(r.support, TokenSupport::Active { .. });
        let decides = match self.optimality {
            TokenOptimality::Tied | TokenOptimality::NotOptimal => rivals.find(active),
            TokenOptimality::Undecided => rivals.find(|rival| !rival.is_inactive()),
            _ => None,
        };
        match decides {
            Some(rival) => write!(f, " ({rival})"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Rival {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how = if self.ties { "ties" } else { "scores higher" };
        write!(f, "token {} of sequence {} {how} and ", self.token, self.sequence)?;
        match self.support {
            TokenSupport::Inactive { slack } => {
                write!(f, "is inactive: its slack is at least {slack:.1e}")
            }
            TokenSupport::Active { widening } => {
                write!(f, "is active: without it the margin is wider by {widening:.1e} of itself")
            }
            TokenSupport::Undecided { computed, at_least } => write!(
                f,
                "may be active: its slack, computed as {computed:.1e}, is only proven to be at least {at_least:.1e}"
            ),
        }
    }
}
