//! Softmax attention that survives saturation: data, risks and gradients, selections, constraints.
//!
//! The model is `$f(X, z) = v^\top X^\top \operatorname{softmax}(X W z)$` with tokens
//! `$X \in \mathbb{R}^{T\times d}$`, a query `$z$`, the key-query matrix `$W$` and the decoder `$v$`.
//!
//! | noun | what it is |
//! |---|---|
//! | [`Dataset`] | validated samples: ragged tokens, queries, labels |
//! | [`Loss`] | logistic, exponential, correlation |
//! | [`Risk`], [`KeyQueryRisk`], [`JointRisk`], [`FactoredRisk`] | empirical risks over `$W$`, `$(W, v)$`, `$(K, Q)$`, with log-scaled gradients |
//! | [`MultiHeadRisk`], [`MultiClassRisk`] | the same of several heads, and of several classes |
//! | [`NextTokenRisk`], [`NextTokenData`], [`TokenGraph`] | predicting the next token: its risk, its data, and which tokens come before which |
//! | [`ClassMargins`] | `$\gamma_{itc}$`: what each token is worth against each other class |
//! | [`AttentionWeights`], [`TokenScores`], [`TokenSelection`] | `$s_{it}$`, `$\gamma_{it}$`, `$\alpha_i$` |
//! | [`Query`], [`Mask`], [`Rotation`] | many queries a sequence, what each may attend to, rotary positions |
//! | [`AttSvmOperator`], [`Triple`], [`decoder_rows`] | the constraints of the two SVMs; what each of the first is made of |
//! | [`ClassTokens`] | seeded data of several classes, one token of each sequence dominating |
//! | [`CorrelatedTokens`], [`HeavyTailedTokens`], [`NoisyLabels`] | seeded data that are harder |
//! | [`RankedTokens`] | seeded data of next-token prediction |
//! | [`PlantedMargin`], [`PlantedSolution`] | seeded data whose AttSVM solution is known |
//! | [`SphereTokens`], [`toy_pair`], [`gaussian_matrix`] | the paper's seeded data |

#![forbid(unsafe_code)]
#![deny(missing_docs)]
// Tests compare with the system's functions.
#![cfg_attr(test, allow(clippy::disallowed_methods))]

mod att_svm;
mod attention_weights;
mod class_margins;
mod class_tokens;
mod correlated_tokens;
mod dataset;
mod decoder_svm;
mod error;
mod gaussian;
mod gram_blocks;
mod heavy_tailed_tokens;
mod mask;
mod next_token;
mod noisy_labels;
mod planted_margin;
mod query;
mod risk;
mod rotation;
mod selection;
mod synthetic;
mod token_scores;

pub use att_svm::{AttSvmOperator, Triple};
pub use attention_weights::AttentionWeights;
pub use class_margins::ClassMargins;
pub use class_tokens::{ClassTokens, PlantedClasses};
pub use correlated_tokens::CorrelatedTokens;
pub use dataset::Dataset;
pub use decoder_svm::decoder_rows;
pub use error::AttentionError;
pub use heavy_tailed_tokens::HeavyTailedTokens;
pub use mask::Mask;
pub use next_token::{NextToken, NextTokenData, RankedTokens, TokenGraph};
pub use noisy_labels::NoisyLabels;
pub use planted_margin::{PlantedMargin, PlantedSolution};
pub use query::Query;
pub use risk::{
    FactoredRisk, FactoredWorkspace, JointRisk, JointWorkspace, KeyQueryRisk, KeyQueryWorkspace,
    MultiClassRisk, MultiClassWorkspace, MultiHeadRisk, MultiHeadWorkspace, NextTokenRisk,
    NextTokenWorkspace,
};
pub use rotation::Rotation;
pub use selection::TokenSelection;
pub use synthetic::{Planted, Seed, SphereTokens, gaussian_matrix, toy_pair};
pub use token_scores::TokenScores;

/// What every risk is, and the losses of margins.
pub use mirrorhead_mirror::{Loss, Risk, RiskError};
