//! Where texts come from, and their tokens.

use std::path::Path;
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
const BERT: &str = "bert_base_uncased_vocab.txt";

impl Pieces {
    /// BERT's, as they are in the data folder.
    ///
    /// # Errors
    /// The file isn't there, or is no vocabulary.
    pub fn bert(data_dir: &Path) -> Result<Self, DataError> {
        let sha256 = Vocabulary::from_file(&data_dir.join(BERT))?.fingerprint();
        Ok(Self::Bert { sha256 })
    }

    fn vocabulary(&self, reviews: &Reviews, data_dir: &Path) -> Result<Vocabulary, DataError> {
        match self {
            Self::Bert { .. } => Vocabulary::from_file(&data_dir.join(BERT)),
            Self::Learned(size) => Vocabulary::train(&reviews.train, *size),
        }
    }
}

/// Reviews and tokens that were read or made last; other cells use the same.
static LAST_READ: Mutex<Option<Arc<Reviews>>> = Mutex::new(None);
static LAST_CORPUS: Mutex<Option<(TextSource, Arc<Corpus>)>> = Mutex::new(None);

impl TextSource {
    /// IMDb as it is in the data folder.
    ///
    /// # Errors
    /// It isn't there, or it is damaged.
    pub fn imdb(data_dir: &Path, pieces: Pieces) -> Result<Self, DataError> {
        let reviews = Arc::new(read_imdb(&find_imdb(data_dir)?)?);
        let sha256 = reviews.fingerprint();
        *LAST_READ.lock().unwrap_or_else(PoisonError::into_inner) = Some(reviews);
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
                let read = LAST_READ.lock().unwrap_or_else(PoisonError::into_inner).take();
                let reviews = match read {
                    Some(reviews) => reviews,
                    None => Arc::new(read_imdb(&find_imdb(data_dir)?)?),
                };
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
