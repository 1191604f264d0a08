//! What every user does after training: from weights to a certified selection.

use mirrorhead_attention::{AttentionWeights, Dataset, TokenScores, TokenSelection};
use mirrorhead_kernels::{Matrix, Watched, position_of_max};
use mirrorhead_mirror::{LpNorm, directional_bregman};
use mirrorhead_svm::{MaxMargin, Outcome, Progress, SvmError, SvmSettings};
use serde::{Deserialize, Serialize};

use crate::{
    ACTIVE, Certification, CertifiedSelection, Distances, KeyQueryNorm, OptimalityEvidence,
    TiedSelection, TokenOptimality, TrainError, least_margin, support_tokens,
};

/// The attention weight from which a token counts as selected.
pub const SATURATED: f64 = 0.99;

/// When attention counts as saturated, and how accurately SVMs are solved. What a file doesn't mention keeps its
/// default.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct CertifySettings {
    /// The attention weight from which a token counts as selected. Default [`SATURATED`].
    pub saturated: f64,
    /// Accuracy and limits of each solve. Defaults to a relative gap of `1e-12`: a direction is only
    /// as good as a root of its gap.
    pub svm: SvmSettings,
    /// The relative gap that will do where the solver can't reach the other. Default `1e-9`.
    pub sufficient_gap: f64,
}

/// Settings, and functions of the caller that watch each solve.
type WatchedCertify<'a> = Watched<'a, CertifySettings, Progress>;

impl Default for CertifySettings {
    fn default() -> Self {
        let svm = SvmSettings::default().with_relative_gap(1e-12);
        Self { saturated: SATURATED, svm, sufficient_gap: 1e-9 }
    }
}

impl CertifySettings {
    /// With another weight from which a token counts as [`saturated`](Self::saturated).
    #[must_use]
    pub fn with_saturated(self, saturated: f64) -> Self {
        Self { saturated, ..self }
    }

    /// With other settings of the [solver](Self::svm).
    #[must_use]
    pub fn with_svm(self, svm: SvmSettings) -> Self {
        Self { svm, ..self }
    }

    /// With another [`sufficient_gap`](Self::sufficient_gap).
    #[must_use]
    pub fn with_sufficient_gap(self, sufficient_gap: f64) -> Self {
        Self { sufficient_gap, ..self }
    }

    /// With a function that is asked again and again; `true` stops the solve that is going on, which is then
    /// inconclusive.
    #[must_use]
    pub fn with_interrupt(self, interrupt: &(dyn Fn() -> bool + Sync)) -> WatchedCertify<'_> {
        Watched::from(self).with_interrupt(interrupt)
    }
}

/// From a trained key-query matrix to what it is proven to have found: the selection that attention is saturated on, its ℓp-AttSVM
/// solved with a certificate, its support tokens, whether it is locally optimal, and how near the matrix is to the
/// solution.
///
/// ```
/// use mirrorhead_attention::{KeyQueryRisk, Loss, Seed, SphereTokens, gaussian_matrix};
/// use mirrorhead_mirror::{LpNorm, MirrorDescent, PowerPotential, StepSize};
/// use mirrorhead_trainer::{
///     Certification, CertifySettings, StoppingRule, TokenOptimality, certify, train_key_query,
/// };
/// let planted = SphereTokens { n_sequences: 6, n_tokens: 8, dim: 10 }.sample(Seed(1))?;
/// let risk = KeyQueryRisk::new(&planted.data, &planted.decoder, Loss::Logistic)?;
/// let norm = LpNorm::new(1.75)?;
/// let method = MirrorDescent::new(PowerPotential::new(norm), StepSize::DualNormalized(0.1));
/// let start = gaussian_matrix(10, 10, Seed(1));
/// let trained = train_key_query(&risk, start, &method, &StoppingRule::after(1_500), &mut ())?;
///
/// let settings = CertifySettings::default();
/// let found = certify(&planted.data, &planted.decoder, &trained.key_query, norm, &settings)?;
/// let Certification::Certified(certified) = found else { panic!("saturated and solved") };
/// assert!(certified.evidence.optimality.is_locally_optimal());
/// assert!(certified.distances.expect("of a trained matrix").divergence < 3e-3);
/// println!("{certified}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// A matrix or a decoder that doesn't fit the data; misuse of the solver.
pub fn certify<'w, N>(
    data: &Dataset,
    decoder: &Matrix,
    key_query: &Matrix,
    norm: N,
    settings: impl Into<WatchedCertify<'w>>,
) -> Result<Certification, TrainError>
where
    N: TryInto<LpNorm>,
    TrainError: From<N::Error>,
{
    let (norm, settings) = (norm.try_into()?, settings.into());
    let svm = settings.with_settings(settings.svm);
    let weights = AttentionWeights::of(key_query, data)?;
    let scores = TokenScores::of(data, decoder)?;
    let (mut selected, mut on_sets) = (Vec::new(), false);
    for i in 0..data.len() {
        let token = position_of_max(weights.log_sequence(i));
        let (of_tokens, threshold) = (weights.sequence(i), settings.saturated);
        let weight = of_tokens[token];
        if weight.total_cmp(&threshold).is_lt() {
            let of_set: f64 = scores.tied_with(i, token).iter().map(|t| of_tokens[*t]).sum();
            if of_set.total_cmp(&threshold).is_lt() {
                return Ok(Certification::NotSaturated { sequence: i, weight, threshold });
            }
            on_sets = true;
        }
        selected.push(token);
    }
    let selection = TokenSelection::new(selected, data)?;
    let tied = || -> Result<Option<TiedSelection>, TrainError> {
        TiedSelection::led_by(data, decoder, &selection, norm, &svm)
    };
    let divergence =
        |svm: &MaxMargin| directional_bregman(norm, svm.direction(), key_query.as_slice());
    if on_sets {
        return Ok(match tied()? {
            Some(tied) => {
                let distances = tied_distances(data, &tied, key_query, norm);
                Certification::Tied { tied: Box::new(tied), distances }
            }
            None => unsaturated(&weights, settings.saturated),
        });
    }
    let mut found = solved(data, &scores, &selection, norm.into(), &settings)?;
    if let Certification::Certified(certified) = &mut found {
        if certified.evidence.optimality == TokenOptimality::Tied {
            certified.tied = tied()?;
        }
        let margin = least_margin(data, &selection, key_query) / norm.of(key_query.as_slice());
        certified.distances = Some(Distances {
            divergence: divergence(&certified.svm),
            margin_share: margin / certified.svm.interval.upper,
            divergence_to_tied: certified.tied.as_ref().map(|tied| divergence(&tied.svm)),
        });
    }
    Ok(found)
}

/// The same for a selection that is given, in any norm: its AttSVM solved with a certificate, its
/// support tokens, and whether it is locally optimal.
///
/// ```
/// use mirrorhead_attention::{TokenSelection, toy_pair};
/// use mirrorhead_kernels::Matrix;
/// use mirrorhead_trainer::{Certification, CertifySettings, TokenOptimality, certify_selection};
/// let (data, decoder) = (toy_pair(), Matrix::column(vec![1.0, 0.0])?);
/// let selection = TokenSelection::new(vec![1, 1], &data)?;
/// let settings = CertifySettings::default();
/// let found = certify_selection(&data, &decoder, &selection, 1.0, &settings)?;
/// let Certification::Certified(certified) = found else { panic!("separable") };
/// assert_eq!(certified.evidence.optimality, TokenOptimality::Global);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// A decoder that doesn't fit the data; misuse of the solver, as in [`max_margin_key_query`](crate::max_margin_key_query).
///
/// # Panics
/// If the selection is of other data.
pub fn certify_selection<'w, N>(
    data: &Dataset,
    decoder: &Matrix,
    selection: &TokenSelection,
    norm: N,
    settings: impl Into<WatchedCertify<'w>>,
) -> Result<Certification, TrainError>
where
    N: TryInto<KeyQueryNorm>,
    TrainError: From<N::Error>,
{
    let (norm, settings) = (norm.try_into()?, settings.into());
    let (scores, svm) = (TokenScores::of(data, decoder)?, settings.with_settings(settings.svm));
    let mut found = solved(data, &scores, selection, norm, &settings)?;
    if let Certification::Certified(certified) = &mut found
        && certified.evidence.optimality == TokenOptimality::Tied
    {
        certified.tied = TiedSelection::widest(data, decoder, selection, norm, &svm)?;
    }
    Ok(found)
}

/// Solves and judges a selection.
fn solved(
    data: &Dataset,
    scores: &TokenScores,
    selection: &TokenSelection,
    norm: KeyQueryNorm,
    settings: &WatchedCertify<'_>,
) -> Result<Certification, SvmError> {
    let either = settings.svm.with_sufficient_gap(settings.sufficient_gap);
    let outcome = norm.max_margin(data, selection, settings.with_settings(either))?;
    let selection = selection.clone();
    let svm = match outcome {
        Outcome::MaxMargin(svm) => svm,
        Outcome::NotSeparable(farkas) => {
            return Ok(Certification::NotSeparable { selection, farkas });
        }
        Outcome::Inconclusive(stalled) => {
            return Ok(Certification::Inconclusive { selection, stalled });
        }
    };
    let strict = settings.with_settings(settings.svm);
    let evidence = OptimalityEvidence::of(data, &selection, scores, norm, &svm, &strict)?;
    let support_tokens = support_tokens(data, &selection, &svm, ACTIVE);
    let certified = CertifiedSelection {
        selection,
        svm,
        support_tokens,
        evidence,
        tied: None,
        distances: None,
    };
    Ok(Certification::Certified(Box::new(certified)))
}

/// The first sequence in which no single token has the weight.
fn unsaturated(weights: &AttentionWeights, threshold: f64) -> Certification {
    let largest = |i: usize| weights.sequence(i)[position_of_max(weights.log_sequence(i))];
    let sequence = (0..weights.len()).find(|i| largest(*i) < threshold).unwrap_or(0);
    Certification::NotSaturated { sequence, weight: largest(sequence), threshold }
}

/// How near a matrix is to the solution for sets.
fn tied_distances(
    data: &Dataset,
    tied: &TiedSelection,
    key_query: &Matrix,
    norm: LpNorm,
) -> Distances {
    let leaders = tied.leaders.tokens();
    let keep = |i: usize, t: usize| t == leaders[i] || !tied.sets[i].contains(&t);
    let rest = data.thinned(keep).expect("leaders are kept");
    let margin = least_margin(&rest, &tied.leaders.thinned(keep), key_query);
    let divergence = directional_bregman(norm, tied.svm.direction(), key_query.as_slice());
    Distances {
        divergence,
        margin_share: margin / norm.of(key_query.as_slice()) / tied.svm.interval.upper,
        divergence_to_tied: Some(divergence),
    }
}
