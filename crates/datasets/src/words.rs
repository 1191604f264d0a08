//! Words of a text, as BERT splits it, and the tokens that are none.

use tokenizers::normalizers::BertNormalizer;
use tokenizers::pre_tokenizers::bert::BertPreTokenizer;
use tokenizers::{NormalizedString, Normalizer, PreTokenizedString, PreTokenizer};

/// The tokens that every vocabulary has: padding, unknown word, start and end of a text.
pub(crate) const SPECIAL: [&str; 4] = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"];

/// What stands between spaces and line ends. Normalization never looks beyond them, so that the words
/// of a text are the words of these, and what occurs often needs to be split only once.
pub(crate) fn spaced(text: &str) -> impl Iterator<Item = &str> {
    text.split([' ', '\t', '\n', '\r']).filter(|spaced| !spaced.is_empty())
}

/// The words of a text, normalized.
pub(crate) fn words(text: &str) -> PreTokenizedString {
    let mut normalized = NormalizedString::from(text);
    BertNormalizer::default().normalize(&mut normalized).expect("every text has a normal form");
    let mut words = PreTokenizedString::from(normalized);
    BertPreTokenizer.pre_tokenize(&mut words).expect("every text can be split");
    words
}
