//! Every selection of a small data set, with the solution of its AttSVM and its optimality.

use mirrorhead_attention::{AttentionError, Dataset, TokenScores, TokenSelection};
use mirrorhead_kernels::{Matrix, TokenBatch, Watched};
use mirrorhead_svm::{MaxMargin, Norm, Outcome, Progress, SvmError, SvmSettings, WatchedSettings};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{OptimalityEvidence, TokenOptimality, TrainError, max_margin_key_query};

/// What an enumeration may cost. What a file doesn't mention keeps its default.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct EnumerationSettings {
    /// The most selections `$\prod_i T_i$` of a data set that is enumerated. Default 100,000.
    pub max_selections: usize,
    /// Accuracy and limits of each solve. Default to a relative gap of `1e-12`.
    pub svm: SvmSettings,
}

/// Settings, and functions of the caller that watch each solve.
type WatchedEnumeration<'a> = Watched<'a, EnumerationSettings, Progress>;

impl Default for EnumerationSettings {
    fn default() -> Self {
        let svm = SvmSettings::default().with_relative_gap(1e-12);
        Self { max_selections: 100_000, svm }
    }
}

impl EnumerationSettings {
    /// With another limit of [`max_selections`](Self::max_selections).
    #[must_use]
    pub fn with_max_selections(self, max_selections: usize) -> Self {
        Self { max_selections, ..self }
    }

    /// With other settings of the [solver](Self::svm).
    #[must_use]
    pub fn with_svm(self, svm: SvmSettings) -> Self {
        Self { svm, ..self }
    }

    /// With a function that is asked again and again; after `true`, what isn't solved yet is inconclusive.
    #[must_use]
    pub fn with_interrupt(self, interrupt: &(dyn Fn() -> bool + Sync)) -> WatchedEnumeration<'_> {
        Watched::from(self).with_interrupt(interrupt)
    }
}

/// A separable selection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EnumeratedSelection {
    /// One token of each sequence.
    pub selection: TokenSelection,
    /// How good it is.
    pub optimality: TokenOptimality,
    /// The solution of its AttSVM; its interval bounds the margin.
    pub svm: MaxMargin,
}

/// All selections of a data set, in lexicographic order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Enumeration {
    /// Number of selections, `$\prod_i T_i$`.
    pub total: usize,
    /// Those whose AttSVM is solved.
    pub separable: Vec<EnumeratedSelection>,
    /// Those for which the solver found neither a solution nor a proof that there is none.
    pub inconclusive: Vec<TokenSelection>,
}

impl Enumeration {
    /// Number of selections that are proven not to be separable.
    pub fn n_not_separable(&self) -> usize {
        self.total - self.separable.len() - self.inconclusive.len()
    }

    /// The separable selections that are proven to be locally optimal, the global optimum among them.
    pub fn locally_optimal(&self) -> impl Iterator<Item = &EnumeratedSelection> {
        self.separable.iter().filter(|entry| entry.optimality.is_locally_optimal())
    }

    /// The separable selections that are neither proven to be locally optimal nor proven not to be.
    pub fn undecided(&self) -> impl Iterator<Item = &EnumeratedSelection> {
        self.separable.iter().filter(|entry| entry.optimality == TokenOptimality::Undecided)
    }

    /// The entry of `selection`, if its AttSVM is solved.
    pub fn get(&self, selection: &TokenSelection) -> Option<&EnumeratedSelection> {
        self.separable.iter().find(|entry| entry.selection == *selection)
    }
}

/// Solves the ℓp-AttSVM of every selection of `data` and classifies each under the scores of `decoder`
/// (`$d \times 1$`).
///
/// Where no two tokens of a sequence score the same, the locally optimal ones are all directions that ℓp-AttGD is
/// known to converge to from around a ray, as long as none is [undecided](Enumeration::undecided). Tokens that tie
/// have directions besides these: those of [`TiedSelection`](crate::TiedSelection).
///
/// Selections are extended sequence by sequence. One whose first sequences are not separable is dropped with all
/// that extend it, since further sequences only add constraints. Results don't depend on the number of
/// threads.
///
/// ```
/// use mirrorhead_attention::toy_pair;
/// use mirrorhead_kernels::Matrix;
/// use mirrorhead_trainer::{EnumerationSettings, TokenOptimality, enumerate_selections};
/// let decoder = Matrix::column(vec![1.0, 0.0])?;
/// let settings = EnumerationSettings::default();
/// let all = enumerate_selections(&toy_pair(), &decoder, 2.0, &settings)?;
/// assert_eq!((all.total, all.separable.len(), all.n_not_separable()), (9, 9, 0));
/// let optima: Vec<_> =
///     all.locally_optimal().map(|entry| (entry.selection.tokens(), entry.optimality)).collect();
/// assert!(optima.contains(&(&[1, 1], TokenOptimality::Global)));
/// assert!(optima.len() < 9);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`TrainError::TooManySelections`] for more than
/// [`max_selections`](EnumerationSettings::max_selections); a decoder that doesn't fit the data; misuse of
/// the solver, as in [`max_margin_key_query`].
pub fn enumerate_selections<'w, N>(
    data: &Dataset,
    decoder: &Matrix,
    norm: N,
    settings: impl Into<WatchedEnumeration<'w>>,
) -> Result<Enumeration, TrainError>
where
    N: TryInto<Norm>,
    TrainError: From<N::Error>,
{
    let (norm, settings) = (norm.try_into()?, settings.into());
    let watched = settings.with_settings(settings.svm);
    let scores = TokenScores::of(data, decoder)?;
    let total = count(data, settings.max_selections)?;
    // To be separable is to have any margin: the first that is proven will do.
    let any_margin = settings.with_settings(settings.svm.with_relative_gap(0.5));
    let mut partial = vec![Vec::new()];
    for n in 1..data.len() {
        let first = first_sequences(data, n)?;
        let outcomes = solve_all(&first, extended(&partial, data, n - 1), norm, &any_margin)?;
        let refuted = |outcome: Option<&Outcome>| matches!(outcome, Some(Outcome::NotSeparable(_)));
        let kept = outcomes.into_iter().filter(|(_, outcome)| !refuted(outcome.as_ref()));
        partial = kept.map(|(selection, _)| selection.tokens().to_vec()).collect();
    }
    let (mut separable, mut inconclusive) = (Vec::new(), Vec::new());
    let selections = extended(&partial, data, data.len() - 1);
    for (selection, outcome) in solve_all(data, selections, norm, &watched)? {
        match outcome {
            Some(Outcome::MaxMargin(svm)) => separable.push((selection, svm)),
            Some(Outcome::NotSeparable(_)) => {}
            Some(Outcome::Inconclusive(_)) => inconclusive.push(selection),
            None => return Err(SvmError::Empty { what: "rows" }.into()),
        }
    }
    let judge = |(selection, svm)| -> Result<EnumeratedSelection, SvmError> {
        let found = OptimalityEvidence::of(data, &selection, &scores, norm, &svm, &watched)?;
        Ok(EnumeratedSelection { selection, optimality: found.optimality, svm })
    };
    let judged: Vec<_> = separable.into_par_iter().map(judge).collect();
    let separable = judged.into_iter().collect::<Result<_, _>>()?;
    Ok(Enumeration { total, separable, inconclusive })
}

/// The number of selections, if it is within the limit.
fn count(data: &Dataset, limit: usize) -> Result<usize, TrainError> {
    let mut lengths = (0..data.len()).map(|i| data.tokens().sequence_len(i));
    lengths
        .try_fold(1usize, usize::checked_mul)
        .filter(|total| *total <= limit)
        .ok_or(TrainError::TooManySelections { limit })
}

/// The first `n` samples.
fn first_sequences(data: &Dataset, n: usize) -> Result<Dataset, AttentionError> {
    let (tokens, queries) = (data.tokens(), data.queries());
    let lengths: Vec<_> = (0..n).map(|i| tokens.sequence_len(i)).collect();
    let values = (0..n).flat_map(|i| tokens.sequence(i)).copied().collect();
    let queries = Matrix::from_fn(n, data.dim(), |i, k| queries[(k, i)]);
    Dataset::new(
        TokenBatch::new(data.dim(), &lengths, values)?,
        &queries,
        data.labels()[..n].to_vec(),
    )
}

/// Each partial selection with every token of sequence `i`.
fn extended(partial: &[Vec<usize>], data: &Dataset, i: usize) -> Vec<Vec<usize>> {
    let with = |tokens: &Vec<usize>, t| tokens.iter().copied().chain([t]).collect();
    let len = data.tokens().sequence_len(i);
    partial.iter().flat_map(|tokens| (0..len).map(move |t| with(tokens, t))).collect()
}

/// The outcome for each selection, in order; none where there is nothing to separate.
fn solve_all(
    data: &Dataset,
    selections: Vec<Vec<usize>>,
    norm: Norm,
    settings: &WatchedSettings<'_>,
) -> Result<Vec<(TokenSelection, Option<Outcome>)>, TrainError> {
    let solve = |tokens| {
        let selection = TokenSelection::new(tokens, data)?;
        match max_margin_key_query(data, &selection, norm, settings) {
            Ok(outcome) => Ok((selection, Some(outcome))),
            Err(SvmError::Empty { .. }) => Ok((selection, None)),
            Err(error) => Err(error.into()),
        }
    };
    // Collected before errors are looked at, so that it is always the first that is returned.
    let outcomes: Vec<_> = selections.into_par_iter().map(solve).collect();
    outcomes.into_iter().collect()
}
