//! What can be wrong with a file of data, or with an argument.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Data that are missing, damaged or not what they should be, or an argument out of range.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DataError {
    /// Data that are not in their folder.
    #[error("{} holds no data set that is known here. Expected {expected}; found {found}", folder.display())]
    NotFound {
        /// Where it was looked for.
        folder: PathBuf,
        /// What would do, and where it comes from.
        expected: &'static str,
        /// What is there.
        found: String,
    },
    /// A file that cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file that cannot be written; it is as it was before.
    #[error("{} cannot be written: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// An archive that is none, damaged, or cut short.
    #[error("{} is no whole tar.gz archive ({source}): fetch it again", path.display())]
    Archive {
        /// The archive.
        path: PathBuf,
        /// What its format lacks.
        source: io::Error,
    },
    /// A part of a data set with nothing in it.
    #[error("{}: {part} is empty or missing", path.display())]
    EmptyPart {
        /// The data set.
        path: PathBuf,
        /// The part.
        part: &'static str,
    },
    /// A review whose name doesn't say its number and rating.
    #[error("{review}: the name of a review is NUMBER_RATING.txt")]
    ReviewName {
        /// The review.
        review: String,
    },
    /// A review whose rating is not of the opinion that its folder says.
    #[error("{review}: a rating of {rating} contradicts the folder (neg: 1 to 4, pos: 7 to 10)")]
    RatingContradictsFolder {
        /// The review.
        review: String,
        /// Its rating.
        rating: u64,
    },
    /// A number that two reviews of one folder have.
    #[error("{review}: another review of this folder has the same number")]
    DuplicateReview {
        /// One of them.
        review: String,
    },
    /// A review without text.
    #[error("{review} has no text")]
    EmptyReview {
        /// The review.
        review: String,
    },
    /// A file that should be text and isn't.
    #[error("{} is no UTF-8 text", path.display())]
    NotText {
        /// The file.
        path: PathBuf,
    },
    /// A file that should be JSON of some layout and isn't.
    #[error("{} is not the JSON that is expected: {source}", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// What differs, and where.
        source: serde_json::Error,
    },
    /// A vocabulary without tokens that every one must have.
    #[error("a vocabulary must have the tokens {}: is this BERT's vocab.txt?", missing.join(", "))]
    MissingTokens {
        /// Those that it lacks.
        missing: Vec<&'static str>,
    },
    /// A token that no vocabulary can have.
    #[error(
        "line {line} of the vocabulary, {token:?}, is empty, holds white space or is there twice"
    )]
    InvalidToken {
        /// The line, counted from 1.
        line: usize,
        /// The token.
        token: String,
    },
    /// A vocabulary with capital letters where words are lower-cased.
    #[error(
        "{} has {tokens} tokens with capital letters, {token:?} first, but words are lower-cased: use \
         vocab.txt of bert-base-uncased",
        path.display()
    )]
    CasedVocabulary {
        /// The file.
        path: PathBuf,
        /// The first such token.
        token: String,
        /// How many there are.
        tokens: usize,
    },
    /// A vocabulary of another size than uncased BERT's.
    #[error(
        "{} has {found} tokens, and vocab.txt of bert-base-uncased has {expected}: is it cut short, or of \
         another model? Copy it again",
        path.display()
    )]
    NotBertsVocabulary {
        /// The file.
        path: PathBuf,
        /// Tokens of uncased BERT.
        expected: usize,
        /// Tokens of the file.
        found: usize,
    },
    /// A vocabulary to be learned that cannot hold its characters.
    #[error("a vocabulary of {size} tokens is too small: these texts' characters need {least}")]
    VocabularyTooSmall {
        /// The size asked for.
        size: usize,
        /// The least size for these texts.
        least: usize,
    },
    /// A file that is not a corpus.
    #[error("{} is no corpus that this program wrote", path.display())]
    NotACorpus {
        /// The file.
        path: PathBuf,
    },
    /// A corpus of another version of the format.
    #[error("{} has format version {found}, expected {expected}: make it again", path.display())]
    CorpusVersion {
        /// The file.
        path: PathBuf,
        /// The version that is read.
        expected: u32,
        /// Its version.
        found: u32,
    },
    /// A corpus that was changed or cut short.
    #[error("{} is damaged: {reason}; make it again", path.display())]
    CorpusDamaged {
        /// The file.
        path: PathBuf,
        /// How it shows.
        reason: &'static str,
    },
    /// A file of images that has another size than its format says.
    #[error(
        "{name} has {found} bytes: expected {expected}, 10,000 records of a label and 32 x 32 x 3 \
         pixels"
    )]
    BatchSize {
        /// The file.
        name: &'static str,
        /// The bytes it should have.
        expected: usize,
        /// Its bytes.
        found: usize,
    },
    /// An image of a class that is not there.
    #[error("{name}: record {record} has label {label}, above 9")]
    NoSuchClass {
        /// The file.
        name: &'static str,
        /// The image, counted from 0.
        record: usize,
        /// Its label.
        label: u8,
    },
    /// Pixels that are not those of whole images.
    #[error("there are {found} pixel values: images of this size have {expected}")]
    PixelCount {
        /// The number that fits.
        expected: usize,
        /// The number given.
        found: usize,
    },
    /// A size that must be at least one.
    #[error("{what} must be at least 1")]
    ZeroSize {
        /// What is of size zero.
        what: &'static str,
    },
    /// A number that must be in a range.
    #[error("{what} is {value}: it must be {range}")]
    OutOfRange {
        /// The argument.
        what: &'static str,
        /// Its value.
        value: f64,
        /// Where it must be.
        range: &'static str,
    },
    /// An index of something that is not there.
    #[error("there is no number {index} among {len}, counted from 0")]
    NoSuchIndex {
        /// The index.
        index: usize,
        /// How many there are.
        len: usize,
    },
}
