//! Documents: token ids of many texts, one after another, with their labels.

use std::collections::HashMap;

use rayon::iter::ParallelIterator;
use rayon::slice::ParallelSlice;

use crate::{Review, Vocabulary};

/// How many texts a thread encodes at a time.
const REVIEWS_IN_CHUNK: usize = 2048;

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
        let chunks: Vec<_> = reviews
            .par_chunks(REVIEWS_IN_CHUNK)
            .map(|chunk| Self::of_chunk(chunk, vocabulary))
            .collect();
        let mut documents = Self::empty(vocabulary);
        documents.tokens.reserve_exact(chunks.iter().map(|chunk| chunk.tokens.len()).sum());
        for chunk in chunks {
            let before = documents.tokens.len();
            documents.tokens.extend(chunk.tokens);
            documents.ends.extend(chunk.ends.iter().map(|end| before + end));
            documents.labels.extend(chunk.labels);
        }
        documents
    }

    fn of_chunk(reviews: &[Review], vocabulary: &Vocabulary) -> Self {
        let mut spellings = HashMap::new();
        let mut documents = Self::empty(vocabulary);
        for review in reviews {
            documents.tokens.extend(vocabulary.encode_recalling(&review.text, &mut spellings));
            documents.ends.push(documents.tokens.len());
            documents.labels.push(review.label);
        }
        documents
    }

    fn empty(vocabulary: &Vocabulary) -> Self {
        let padding = vocabulary.padding();
        Self { tokens: Vec::new(), ends: Vec::new(), labels: Vec::new(), padding }
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
