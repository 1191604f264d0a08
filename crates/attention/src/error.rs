//! What a caller of this crate can get wrong.

use mirrorhead_kernels::{InvalidSetting, KernelError};
use thiserror::Error;

/// Misuse of a data set, a risk, a selection or a generator.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum AttentionError {
    /// Sizes that do not agree, entries that are not finite, labels other than `$\pm 1$`.
    #[error(transparent)]
    Kernel(#[from] KernelError),
    /// A class that is not among those with a decoder.
    #[error("sample {index} is of class {class}: classes are 0 to {}", n_classes - 1)]
    NoSuchClass {
        /// Which sample.
        index: usize,
        /// The class given.
        class: usize,
        /// Number of classes.
        n_classes: usize,
    },
    /// Attention scores beyond the range of `f64`: no weights follow from them.
    #[error(
        "the attention scores of sequence {sequence} overflow: scale the tokens, the queries or the \
         key-query matrix down"
    )]
    ScoresOverflow {
        /// The first such sequence.
        sequence: usize,
    },
    /// A selection that names a token that is not there.
    #[error("sequence {sequence} has {len} tokens: it has no token {token} to select")]
    NoSuchToken {
        /// Which sequence.
        sequence: usize,
        /// The token named, counted from 0.
        token: usize,
        /// Tokens of the sequence.
        len: usize,
    },
    /// A sequence that is not there.
    #[error("there are {n_sequences} sequences, and none with number {sequence}")]
    NoSuchSequence {
        /// The sequence named, counted from 0.
        sequence: usize,
        /// Number of sequences.
        n_sequences: usize,
    },
    /// A query that is not there.
    #[error("there are {n_queries} queries, and none with number {query}")]
    NoSuchQuery {
        /// The query named, counted from 0.
        query: usize,
        /// Number of queries.
        n_queries: usize,
    },
    /// A token that the vocabulary hasn't.
    #[error("sequence {sequence} has token {token}: the vocabulary has 0 to {}", n_tokens.saturating_sub(1))]
    NotInVocabulary {
        /// Which sequence.
        sequence: usize,
        /// Its token.
        token: usize,
        /// Size of the vocabulary.
        n_tokens: usize,
    },
    /// A next token that is not in the sequence.
    #[error(
        "after sequence {sequence} comes token {next}, which is none of its own: attention can't give it"
    )]
    NextIsNotThere {
        /// Which sequence.
        sequence: usize,
        /// The token that comes next.
        next: usize,
    },
    /// A query that may attend to nothing.
    #[error("query {query} may attend to no token of sequence {sequence}")]
    NothingToAttendTo {
        /// The query, counted from 0.
        query: usize,
        /// Its sequence.
        sequence: usize,
    },
    /// Attention that has not settled on one token of each sequence.
    #[error(
        "sequence {sequence} is not saturated: its largest attention weight is {weight:.4}, below \
         {threshold}; train longer, or name the selection"
    )]
    NotSaturated {
        /// The first such sequence.
        sequence: usize,
        /// Its largest weight.
        weight: f64,
        /// What was asked for.
        threshold: f64,
    },
    /// Sizes whose product no machine holds.
    #[error("{n_sequences} sequences of {n_tokens} tokens of dimension {dim} are too many numbers")]
    TooLarge {
        /// Number of sequences.
        n_sequences: usize,
        /// Tokens a sequence.
        n_tokens: usize,
        /// Dimension of a token.
        dim: usize,
    },
    /// A number of a generator outside its range.
    #[error(transparent)]
    InvalidSetting(#[from] InvalidSetting),
    /// No draw of a generator had the property that it plants.
    #[error("none of {attempts} draws {property}; choose {instead}")]
    NoSuchDraw {
        /// Number of draws.
        attempts: usize,
        /// What a draw must do.
        property: &'static str,
        /// What is more likely to do it.
        instead: &'static str,
    },
    /// A size that must be at least one.
    #[error("{what} must be at least 1")]
    ZeroSize {
        /// The size that is zero.
        what: &'static str,
    },
}
