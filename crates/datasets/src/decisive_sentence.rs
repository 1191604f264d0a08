//! Sentences whose decisive word a reader named.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::{DataError, whole_file};

/// A short sentence, the word that decides its opinion, and the opinion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisiveSentence {
    /// The sentence.
    pub sentence: String,
    /// The word that decides, as its reader wrote it: it may not occur in the sentence.
    pub decisive: String,
    /// Whether the opinion is positive.
    pub positive: bool,
}

/// Reads a JSON array of `{"sentence", "decisive", "positive"}`.
///
/// # Errors
/// [`DataError::Read`], [`DataError::Json`] for another layout, and [`DataError::EmptyPart`] for an
/// empty array.
///
/// ```
/// use mirrorhead_datasets::read_decisive;
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("sentences.json");
/// std::fs::write(&path, r#"[{"sentence": "I hated it", "decisive": "hated", "positive": false}]"#)?;
/// assert_eq!(read_decisive(&path)?[0].decisive, "hated");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn read_decisive(path: &Path) -> Result<Vec<DecisiveSentence>, DataError> {
    let bytes = whole_file::read(path)?;
    let sentences: Vec<_> = serde_json::from_slice(&bytes)
        .map_err(|source| DataError::Json { path: path.to_owned(), source })?;
    if sentences.is_empty() {
        return Err(DataError::EmptyPart { path: path.to_owned(), part: "array of sentences" });
    }
    Ok(sentences)
}
