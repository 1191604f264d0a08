//! Where texts come from, and their tokens.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use mirrorhead_datasets::{
    Corpus, DataError, PlantedReviews, Reviews, Vocabulary, find_imdb, read_imdb,
};
use serde::{Deserialize, Serialize};

/// The texts of an experiment. Where a file lies is no part of it, what it holds is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextSource {
    /// The Large Movie Review Dataset.
    Imdb {
        /// [`Reviews::fingerprint`].
        sha256: String,
        /// Their WordPieces.
        pieces: Pieces,
    },
    /// Generated reviews with one decisive word each.
    Planted {
        /// Their sizes.
        reviews: PlantedReviews,
        /// Their seed.
        seed: u64,
    },
}

/// Where WordPieces come from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pieces {
    /// BERT's vocabulary, `bert_base_uncased_vocab.txt` in the data folder, as in the paper.
    Bert {
        /// [`Vocabulary::fingerprint`].
        sha256: String,
    },
    /// As many as this, learned from the training texts.
    Learned(usize),
}

/// How many pieces generated reviews have at most.
const PLANTED_PIECES: usize = 2_000;
/// The file of BERT's vocabulary.
const BERT_VOCABULARY_FILE: &str = "bert_base_uncased_vocab.txt";

impl Pieces {
    /// BERT's, as they are in the data folder.
    ///
    /// # Errors
    /// The file isn't there, or is no vocabulary.
    pub fn bert(data_dir: &Path) -> Result<Self, DataError> {
        let sha256 = Vocabulary::uncased_bert(&data_dir.join(BERT_VOCABULARY_FILE))?.fingerprint();
        Ok(Self::Bert { sha256 })
    }

    fn vocabulary(&self, reviews: &Reviews, data_dir: &Path) -> Result<Vocabulary, DataError> {
        match self {
            Self::Bert { .. } => Vocabulary::uncased_bert(&data_dir.join(BERT_VOCABULARY_FILE)),
            Self::Learned(size) => Vocabulary::train(&reviews.train, *size),
        }
    }
}

/// The tokens that were made last; other cells use the same.
static LAST_CORPUS: Mutex<Option<(TextSource, Arc<Corpus>)>> = Mutex::new(None);
/// The archive that was read last: a process reads it once to know what it holds.
static LAST_READ: Mutex<Option<ReadReviews>> = Mutex::new(None);

/// What an archive of reviews holds.
struct ReadReviews {
    path: PathBuf,
    /// [`Reviews::fingerprint`].
    sha256: String,
    /// Until they are made into tokens, which take less memory.
    reviews: Option<Reviews>,
}

impl TextSource {
    /// IMDb as it is in the data folder.
    ///
    /// # Errors
    /// It isn't there, or it is damaged.
    pub fn imdb(data_dir: &Path, pieces: Pieces) -> Result<Self, DataError> {
        let path = find_imdb(data_dir)?;
        let mut last = LAST_READ.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(ReadReviews { sha256, .. }) = last.as_ref().filter(|last| last.path == path) {
            return Ok(Self::Imdb { sha256: sha256.clone(), pieces });
        }
        let reviews = read_imdb(&path)?;
        let sha256 = reviews.fingerprint();
        *last = Some(ReadReviews { path, sha256: sha256.clone(), reviews: Some(reviews) });
        Ok(Self::Imdb { sha256, pieces })
    }

    /// The tokens; read and made once, whoever asks.
    ///
    /// # Errors
    /// Data that can't be read.
    pub fn corpus(&self, data_dir: &Path) -> Result<Arc<Corpus>, DataError> {
        let mut last = LAST_CORPUS.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((source, corpus)) = last.as_ref()
            && source == self
        {
            return Ok(Arc::clone(corpus));
        }
        let corpus = Arc::new(self.tokenised(data_dir)?);
        *last = Some((self.clone(), Arc::clone(&corpus)));
        Ok(corpus)
    }

    fn tokenised(&self, data_dir: &Path) -> Result<Corpus, DataError> {
        match self {
            Self::Imdb { pieces, .. } => {
                let path = find_imdb(data_dir)?;
                let mut last = LAST_READ.lock().unwrap_or_else(PoisonError::into_inner);
                let same = last.as_mut().filter(|last| last.path == path);
                let reviews = match same.and_then(|last| last.reviews.take()) {
                    Some(reviews) => reviews,
                    None => read_imdb(&path)?,
                };
                drop(last);
                Ok(Corpus::tokenise(&reviews, pieces.vocabulary(&reviews, data_dir)?))
            }
            Self::Planted { reviews, seed } => {
                let reviews = reviews.sample(*seed)?.reviews;
                let pieces = Pieces::Learned(PLANTED_PIECES).vocabulary(&reviews, data_dir)?;
                Ok(Corpus::tokenise(&reviews, pieces))
            }
        }
    }
}
