//! Documents: token ids of many texts, one after another, with their labels.

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use crate::{Review, Vocabulary};

/// How many texts are encoded before their ids are appended.
const CHUNK: usize = 1024;

/// Token ids of many texts, in one vector with the ends of the texts in it, and a label each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Documents {
    pub(crate) tokens: Vec<u32>,
    pub(crate) ends: Vec<usize>,
    pub(crate) labels: Vec<u8>,
    pub(crate) padding: u32,
}

impl Documents {
    /// The documents of some reviews, each encoded as `[CLS]`, pieces, `[SEP]`, in their order.
    /// Texts are encoded in parallel.
    ///
    /// ```
    /// use mirrorhead_datasets::{Documents, Review, Vocabulary};
    /// let words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "good", "film"];
    /// let vocabulary = Vocabulary::new(words.map(String::from).to_vec())?;
    /// let reviews = [Review { text: "Good film".into(), label: 1 }];
    /// let documents = Documents::tokenise(&reviews, &vocabulary);
    /// assert_eq!((documents.tokens(0), documents.label(0)), (&[2, 4, 5, 3][..], 1));
    /// # Ok::<(), mirrorhead_datasets::DataError>(())
    /// ```
    pub fn tokenise(reviews: &[Review], vocabulary: &Vocabulary) -> Self {
        let mut documents = Self::with_padding(vocabulary.padding());
        for chunk in reviews.chunks(CHUNK) {
            let encoded: Vec<_> =
                chunk.par_iter().map(|review| vocabulary.encode(&review.text)).collect();
            for (ids, review) in encoded.iter().zip(chunk) {
                documents.push(ids, review.label);
            }
        }
        documents.tokens.shrink_to_fit();
        documents
    }

    /// No documents yet.
    pub(crate) fn with_padding(padding: u32) -> Self {
        Self { tokens: Vec::new(), ends: Vec::new(), labels: Vec::new(), padding }
    }

    pub(crate) fn push(&mut self, ids: &[u32], label: u8) {
        self.tokens.extend_from_slice(ids);
        self.ends.push(self.tokens.len());
        self.labels.push(label);
    }

    /// Number of documents.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The token ids of document `i`.
    ///
    /// # Panics
    /// If there is no document `i`, as a slice would.
    pub fn tokens(&self, i: usize) -> &[u32] {
        let start = if i == 0 { 0 } else { self.ends[i - 1] };
        &self.tokens[start..self.ends[i]]
    }

    /// The label of document `i`.
    ///
    /// # Panics
    /// If there is no document `i`, as a slice would.
    pub fn label(&self, i: usize) -> u8 {
        self.labels[i]
    }

    /// The labels of all documents.
    pub fn labels(&self) -> &[u8] {
        &self.labels
    }

    /// How many tokens each document has.
    pub fn lengths(&self) -> Vec<usize> {
        (0..self.len()).map(|i| self.tokens(i).len()).collect()
    }

    /// The id that fills up shorter documents of a batch.
    pub fn padding(&self) -> u32 {
        self.padding
    }
}
