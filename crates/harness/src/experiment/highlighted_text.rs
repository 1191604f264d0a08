//! Texts whose words have weights, such as the attention that falls on them.

use serde::Serialize;

/// Texts to be read one after the other.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HighlightedTexts {
    /// Name of the texts, unique within their experiment.
    pub key: String,
    /// Title above them.
    pub title: String,
    /// What to see in them.
    pub caption: String,
    /// The texts.
    pub texts: Vec<HighlightedText>,
}

/// One text.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HighlightedText {
    /// What it is, such as `p = 1.1, first block`.
    pub label: String,
    /// Its words, in order.
    pub words: Vec<WeighedWord>,
    /// The position of the decisive word, counted from 0.
    pub decisive: Option<usize>,
}

/// A word with its weight.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WeighedWord {
    /// The word.
    pub word: String,
    /// Its weight, from 0 to 1.
    pub weight: f64,
}

impl WeighedWord {
    /// A word and its weight.
    pub fn new(word: impl Into<String>, weight: f64) -> Self {
        Self { word: word.into(), weight }
    }
}
