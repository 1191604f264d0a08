//! WordPiece vocabularies: BERT's, or learned from texts.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::path::Path;

use tokenizers::models::wordpiece::WordPiece;
use tokenizers::{Model, OffsetReferential, OffsetType};

use crate::checksum::sha256_hex;
use crate::learned_pieces::learn_pieces;
use crate::words::{SPECIAL, spaced, words};
use crate::{DataError, whole_file};

/// Why no word lacks ids.
const UNKNOWN: &str = "there is a token for unknown words";

/// Tokens of uncased BERT.
const BERTS_TOKENS: usize = 30_522;

/// A WordPiece vocabulary with BERT's lower-casing normalization: control characters go, accents are
/// stripped, words end at white space, punctuation and CJK characters stand alone. A word becomes its
/// longest prefix in the vocabulary, then the longest continuation `##...`, and so on; a word that
/// cannot be spelled, or has more than 100 characters, becomes `[UNK]`.
///
/// ```
/// use mirrorhead_datasets::Vocabulary;
/// let words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "un", "##aff", "##able", "!"];
/// let vocabulary = Vocabulary::new(words.map(String::from).to_vec())?;
/// assert_eq!(vocabulary.encode("Unaffable!"), [2, 4, 5, 6, 7, 3]);
/// assert_eq!(vocabulary.token(6), Some("##able"));
/// # Ok::<(), mirrorhead_datasets::DataError>(())
/// ```
///
/// Source: Schuster and Nakajima, *Japanese and Korean Voice Search*, 2012; Devlin, Chang, Lee,
/// Toutanova, *BERT*, 2019.
#[derive(Debug, Clone)]
pub struct Vocabulary {
    tokens: Vec<String>,
    model: WordPiece,
    padding: u32,
    start: u32,
    end: u32,
}

/// Vocabularies are equal if they have the same tokens in the same order.
impl PartialEq for Vocabulary {
    fn eq(&self, other: &Self) -> bool {
        self.tokens == other.tokens
    }
}

/// One token of a text, and the bytes of the text that it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The token's id.
    pub id: u32,
    /// The bytes of the text; empty, at the text's start and end, for `[CLS]` and `[SEP]`.
    pub span: Range<usize>,
}

impl Vocabulary {
    /// The vocabulary of these tokens; the id of a token is its position.
    ///
    /// # Errors
    /// [`DataError::MissingTokens`] unless `[PAD]`, `[UNK]`, `[CLS]` and `[SEP]` are there;
    /// [`DataError::InvalidToken`] for a token that is empty, holds white space or is there twice.
    ///
    /// # Panics
    /// Never: tokens without white space are the lines of a text, and the special ones are there.
    pub fn new(tokens: Vec<String>) -> Result<Self, DataError> {
        let mut seen = HashSet::with_capacity(tokens.len());
        for (line, token) in (1..).zip(&tokens) {
            let spaced = token.contains(char::is_whitespace);
            if token.is_empty() || spaced || !seen.insert(token.as_str()) {
                return Err(DataError::InvalidToken { line, token: token.clone() });
            }
        }
        let missing: Vec<_> = SPECIAL.into_iter().filter(|token| !seen.contains(token)).collect();
        if !missing.is_empty() {
            return Err(DataError::MissingTokens { missing });
        }
        let ids = WordPiece::read_bytes(to_text(&tokens).as_bytes()).expect("lines are read");
        let model = WordPiece::builder().vocab(ids).build().expect("no file is read");
        let special = SPECIAL.map(|token| model.token_to_id(token).expect("it isn't missing"));
        let [padding, _, start, end] = special;
        Ok(Self { tokens, model, padding, start, end })
    }

    /// Reads BERT's format: one token a line, the id of a token is its line, counted from 0.
    ///
    /// # Errors
    /// [`DataError::Read`], [`DataError::NotText`], and those of [`Self::new`].
    pub fn from_file(path: &Path) -> Result<Self, DataError> {
        let text = String::from_utf8(whole_file::read(path)?)
            .map_err(|_| DataError::NotText { path: path.to_owned() })?;
        Self::new(text.lines().map(String::from).collect())
    }

    /// Reads the vocabulary of uncased BERT, all 30,522 tokens of it. Another one would be taken without a word, and most
    /// texts would become `[UNK]`.
    ///
    /// # Errors
    /// Those of [`Self::from_file`]; [`DataError::CasedVocabulary`] where tokens have capital letters, which lower-cased
    /// words never match; [`DataError::NotBertsVocabulary`] where tokens are missing, or there are more.
    pub fn uncased_bert(path: &Path) -> Result<Self, DataError> {
        let vocabulary = Self::from_file(path)?;
        let special = |token: &str| token.starts_with('[') && token.ends_with(']');
        let capital = |token: &&String| !special(token) && token.to_lowercase() != **token;
        let mut cased = vocabulary.tokens.iter().filter(capital);
        if let Some(first) = cased.next() {
            let (path, token) = (path.to_owned(), first.clone());
            return Err(DataError::CasedVocabulary { path, token, tokens: 1 + cased.count() });
        }
        match vocabulary.len() {
            BERTS_TOKENS => Ok(vocabulary),
            found => Err(DataError::NotBertsVocabulary {
                path: path.to_owned(),
                expected: BERTS_TOKENS,
                found,
            }),
        }
    }

    /// Writes BERT's format, which [`Self::from_file`] reads.
    ///
    /// # Errors
    /// [`DataError::Write`]; the file is then as it was before.
    pub fn save(&self, path: &Path) -> Result<(), DataError> {
        whole_file::write(path, self.to_text().as_bytes())
    }

    /// Learns a vocabulary of `size` tokens: the special ones, every character of the texts, first
    /// and within a word, and then, again and again, the most frequent pair of neighbouring pieces,
    /// joined. It is smaller if every word is one piece before that.
    ///
    /// The same texts give the same vocabulary, whatever the number of threads.
    ///
    /// # Errors
    /// [`DataError::VocabularyTooSmall`] if the special tokens and characters alone are more.
    ///
    /// ```
    /// use mirrorhead_datasets::Vocabulary;
    /// let vocabulary = Vocabulary::train(&["low lower lowest", "Lowly low!"], 23)?;
    /// assert!(vocabulary.id("low").is_some());
    /// # Ok::<(), mirrorhead_datasets::DataError>(())
    /// ```
    pub fn train<S: AsRef<str> + Sync>(texts: &[S], size: usize) -> Result<Self, DataError> {
        Self::new(learn_pieces(texts, size)?)
    }

    /// The ids of `[CLS]`, the text's pieces, `[SEP]`.
    ///
    /// # Panics
    /// Never: every vocabulary has a token for words that it cannot spell.
    pub fn encode(&self, text: &str) -> Vec<u32> {
        self.encode_recalling(text, &mut HashMap::new())
    }

    /// As [`Self::encode`], with the ids of what stood between spaces before.
    pub(crate) fn encode_recalling<'a>(
        &self,
        text: &'a str,
        spellings: &mut HashMap<&'a str, Vec<u32>>,
    ) -> Vec<u32> {
        let mut ids = vec![self.start];
        for spaced in spaced(text) {
            ids.extend(spellings.entry(spaced).or_insert_with(|| self.spell(spaced)).iter());
        }
        ids.push(self.end);
        ids
    }

    /// The pieces that [`Self::encode`] gives the ids of, with the bytes of the text that each stands
    /// for.
    ///
    /// ```
    /// use mirrorhead_datasets::Vocabulary;
    /// let words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "un", "##aff", "##able", "!"];
    /// let vocabulary = Vocabulary::new(words.map(String::from).to_vec())?;
    /// let text = "Unaffable!";
    /// let spans = vocabulary.encode_pieces(text).into_iter().map(|piece| &text[piece.span]);
    /// assert_eq!(spans.collect::<Vec<_>>(), ["", "Un", "aff", "able", "!", ""]);
    /// # Ok::<(), mirrorhead_datasets::DataError>(())
    /// ```
    ///
    /// # Panics
    /// Never: every vocabulary has a token for words that it cannot spell.
    pub fn encode_pieces(&self, text: &str) -> Vec<Piece> {
        let mut words = words(text);
        words
            .tokenize(|word| self.model.tokenize(word.get()))
            .and_then(|()| words.into_encoding(None, 0, OffsetType::Byte))
            .map(|encoding| {
                let inner = encoding.get_ids().iter().zip(encoding.get_offsets());
                let inner = inner.map(|(&id, &(start, end))| Piece { id, span: start..end });
                let first = Piece { id: self.start, span: 0..0 };
                let last = Piece { id: self.end, span: text.len()..text.len() };
                std::iter::once(first).chain(inner).chain([last]).collect()
            })
            .expect(UNKNOWN)
    }

    fn spell(&self, text: &str) -> Vec<u32> {
        let words = words(text);
        words
            .get_splits(OffsetReferential::Original, OffsetType::None)
            .iter()
            .flat_map(|(word, ..)| self.model.tokenize(word).expect(UNKNOWN))
            .map(|token| token.id)
            .collect()
    }

    /// Number of tokens.
    #[expect(clippy::len_without_is_empty, reason = "a vocabulary has four tokens at least")]
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// The token of an id, if there is one.
    pub fn token(&self, id: u32) -> Option<&str> {
        self.tokens.get(id as usize).map(String::as_str)
    }

    /// The id of a token, if it is in the vocabulary.
    pub fn id(&self, token: &str) -> Option<u32> {
        self.model.token_to_id(token)
    }

    /// The id of `[PAD]`.
    pub fn padding(&self) -> u32 {
        self.padding
    }

    /// The SHA-256 of the file that [`Self::save`] writes, in hexadecimal digits.
    pub fn fingerprint(&self) -> String {
        sha256_hex(self.to_text().as_bytes())
    }

    /// BERT's format.
    pub(crate) fn to_text(&self) -> String {
        to_text(&self.tokens)
    }
}

fn to_text(tokens: &[String]) -> String {
    tokens.iter().flat_map(|token| [token.as_str(), "\n"]).collect()
}
