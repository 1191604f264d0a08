//! Reviews, vocabularies, corpora and batches, from files built here, and from published ones where
//! tests are pointed at them.

mod batches;
mod corpus;
mod imdb;
mod planted_reviews;
mod published;
mod sentences;
mod vocabulary;

use std::fs;
use std::path::Path;

use mirrorhead_datasets::Vocabulary;

/// A vocabulary of the special tokens and these.
fn vocabulary(words: &[&str]) -> Vocabulary {
    let special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"];
    let tokens = special.iter().chain(words).map(|token| (*token).to_owned()).collect();
    Vocabulary::new(tokens).expect("a valid vocabulary")
}

/// Writes a file anew: file systems take their time to overwrite one.
fn write_anew(path: &Path, bytes: &[u8]) {
    if path.exists() {
        fs::remove_file(path).expect("a file");
    }
    fs::write(path, bytes).expect("a file");
}
