//! A padded batch: documents of different lengths as one rectangle of ids.

use crate::batches::require_indices;
use crate::{DataError, Documents};

/// Token ids of some documents, filled up with padding to the longest of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaddedBatch {
    /// Ids, documents x `longest`, row by row.
    pub ids: Vec<i32>,
    /// How many ids of each row are the document's; padding comes after.
    pub lengths: Vec<usize>,
    /// The documents' labels.
    pub labels: Vec<u8>,
    /// The greatest length.
    pub longest: usize,
}

/// Documents as one rectangle. A document longer than `max_length` loses its end, and so keeps its
/// `[CLS]`.
///
/// # Errors
/// [`DataError::ZeroSize`] for an empty batch or a greatest length of zero, [`DataError::NoSuchIndex`]
/// for a document that is not there.
///
/// ```
/// use mirrorhead_datasets::{Documents, Review, Vocabulary, padded};
/// let words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "good", "film"];
/// let vocabulary = Vocabulary::new(words.map(String::from).to_vec())?;
/// let review = |text: &str| Review { text: text.into(), label: 1 };
/// let documents = Documents::tokenise(&[review("good"), review("a good film")], &vocabulary);
/// let batch = padded(&documents, &[0, 1], 4)?;
/// assert_eq!(batch.ids, [2, 4, 3, 0, 2, 1, 4, 5]);
/// assert_eq!((batch.lengths, batch.longest), (vec![3, 4], 4));
/// # Ok::<(), mirrorhead_datasets::DataError>(())
/// ```
///
/// # Panics
/// Never: ids are positions in a vocabulary, which has fewer than `$2^{31}$` tokens.
pub fn padded(
    documents: &Documents,
    batch: &[usize],
    max_length: usize,
) -> Result<PaddedBatch, DataError> {
    for (what, size) in [("the batch", batch.len()), ("max_length", max_length)] {
        if size == 0 {
            return Err(DataError::ZeroSize { what });
        }
    }
    require_indices(batch, documents.len())?;
    let rows =
        batch.iter().map(|i| documents.tokens(*i)).map(|ids| &ids[..ids.len().min(max_length)]);
    let lengths: Vec<_> = rows.clone().map(<[u32]>::len).collect();
    let longest = lengths.iter().copied().max().unwrap_or(0);
    let mut ids = Vec::with_capacity(batch.len() * longest);
    for row in rows {
        let padding = std::iter::repeat_n(&documents.padding, longest - row.len());
        let row = row.iter().chain(padding);
        ids.extend(
            row.map(|id| i32::try_from(*id).expect("a vocabulary has fewer than 2^31 tokens")),
        );
    }
    let labels = batch.iter().map(|i| documents.label(*i)).collect();
    Ok(PaddedBatch { ids, lengths, labels, longest })
}
