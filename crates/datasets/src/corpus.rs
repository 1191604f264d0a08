//! A corpus: documents to learn from and to test on, with the vocabulary that made them.

use std::path::Path;

use crate::checksum::sha256_hex;
use crate::{DataError, Documents, Reviews, Vocabulary, corpus_file, whole_file};

/// Tokenised reviews, and their vocabulary.
///
/// ```
/// use mirrorhead_datasets::{Corpus, PlantedReviews, Vocabulary};
/// let planted = PlantedReviews::default().sample(1)?;
/// let vocabulary = Vocabulary::train(&planted.reviews.train, 500)?;
/// let corpus = Corpus::tokenise(&planted.reviews, vocabulary);
/// assert_eq!(corpus.train.len(), planted.reviews.train.len());
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("planted.corpus");
/// corpus.save(&path)?;
/// assert_eq!(Corpus::load(&path)?, corpus);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Corpus {
    /// The vocabulary of the ids.
    pub vocabulary: Vocabulary,
    /// To learn from.
    pub train: Documents,
    /// To test on.
    pub test: Documents,
}

impl Corpus {
    /// Encodes reviews, in their order and in parallel.
    pub fn tokenise(reviews: &Reviews, vocabulary: Vocabulary) -> Self {
        let train = Documents::tokenise(&reviews.train, &vocabulary);
        let test = Documents::tokenise(&reviews.test, &vocabulary);
        Self { vocabulary, train, test }
    }

    /// The SHA-256 of the file that [`Self::save`] writes, in hexadecimal digits: one number for
    /// vocabulary, ids and labels.
    pub fn fingerprint(&self) -> String {
        sha256_hex(&self.to_bytes())
    }

    /// Writes the corpus to one file: ids of two bytes where the vocabulary allows it, a format
    /// version and a checksum.
    ///
    /// # Errors
    /// [`DataError::Write`]; the file is then as it was before.
    pub fn save(&self, path: &Path) -> Result<(), DataError> {
        whole_file::write(path, &self.to_bytes())
    }

    /// Reads what [`Self::save`] wrote.
    ///
    /// # Errors
    /// [`DataError::Read`]; [`DataError::NotACorpus`] for another kind of file;
    /// [`DataError::CorpusVersion`] for another version's; [`DataError::CorpusDamaged`] for one that
    /// was cut short or changed.
    pub fn load(path: &Path) -> Result<Self, DataError> {
        let (vocabulary, [train, test]) = corpus_file::from_bytes(path, &whole_file::read(path)?)?;
        Ok(Self { vocabulary, train, test })
    }

    fn to_bytes(&self) -> Vec<u8> {
        corpus_file::to_bytes(&self.vocabulary, [&self.train, &self.test])
    }
}
