//! Planted reviews: neutral words around one decisive word.

use std::ops::Range;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::{DataError, Review, Reviews};

/// The words that decide for a positive opinion.
const POSITIVE: [&str; 12] = [
    "good",
    "great",
    "excellent",
    "wonderful",
    "superb",
    "brilliant",
    "delightful",
    "masterful",
    "charming",
    "gripping",
    "perfect",
    "touching",
];

/// The words that decide for a negative opinion.
const NEGATIVE: [&str; 12] = [
    "bad",
    "awful",
    "terrible",
    "horrible",
    "boring",
    "dreadful",
    "pathetic",
    "clumsy",
    "dull",
    "tedious",
    "wretched",
    "appalling",
];

/// A generator of texts with a known answer: neutral, made-up words in random order, and at a random
/// place among them exactly one decisive word, which gives the label. Both opinions are equally
/// likely.
///
/// ```
/// use mirrorhead_datasets::PlantedReviews;
/// let planted = PlantedReviews::default().sample(1)?;
/// let (review, decisive) = (&planted.reviews.train[7], &planted.train[7]);
/// assert_eq!(&review.text[decisive.span.clone()], decisive.word);
/// assert_eq!(review.label, decisive.label);
/// # Ok::<(), mirrorhead_datasets::DataError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PlantedReviews {
    /// Texts to learn from.
    pub n_train: usize,
    /// Texts to test on.
    pub n_test: usize,
    /// Fewest words of a text, the decisive one included.
    pub shortest: usize,
    /// Most words of a text, the decisive one included.
    pub longest: usize,
    /// How many neutral words there are, at most 3,600.
    pub neutral_words: usize,
    /// The probability that a label contradicts its decisive word, in `$[0, 1]$`.
    pub label_noise: f64,
}

/// 200 and 100 texts of 5 to 20 words, of 200 neutral ones, without noise.
impl Default for PlantedReviews {
    fn default() -> Self {
        Self {
            n_train: 200,
            n_test: 100,
            shortest: 5,
            longest: 20,
            neutral_words: 200,
            label_noise: 0.0,
        }
    }
}

/// Planted reviews, and what decides each of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlantedCorpus {
    /// The texts with their labels.
    pub reviews: Reviews,
    /// The decisive words of the texts to learn from.
    pub train: Vec<DecisiveWord>,
    /// The decisive words of the texts to test on.
    pub test: Vec<DecisiveWord>,
}

/// The word that decides a text's label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisiveWord {
    /// The word.
    pub word: &'static str,
    /// The bytes of the text that it stands at.
    pub span: Range<usize>,
    /// The label that it speaks for, before noise: 1 positive, 0 negative.
    pub label: u8,
}

impl PlantedReviews {
    /// Draws texts. Equal seeds give equal texts, and those to test on don't depend on the number of
    /// those to learn from.
    ///
    /// # Errors
    /// [`DataError::ZeroSize`], or [`DataError::OutOfRange`], if a number is not as its field says.
    pub fn sample(&self, seed: u64) -> Result<PlantedCorpus, DataError> {
        self.require_valid()?;
        let (train, train_words) = self.part(seed, 0, self.n_train);
        let (test, test_words) = self.part(seed, 1, self.n_test);
        let reviews = Reviews { train, test, repaired: 0 };
        Ok(PlantedCorpus { reviews, train: train_words, test: test_words })
    }

    fn require_valid(&self) -> Result<(), DataError> {
        let sizes = [("shortest", self.shortest), ("neutral_words", self.neutral_words)];
        if let Some((what, _)) = sizes.into_iter().find(|(_, size)| *size == 0) {
            return Err(DataError::ZeroSize { what });
        }
        let ranges = [
            ("longest", self.longest as f64, self.longest >= self.shortest, "at least shortest"),
            (
                "neutral_words",
                self.neutral_words as f64,
                self.neutral_words <= 3600,
                "at most 3600",
            ),
            ("label_noise", self.label_noise, (0.0..=1.0).contains(&self.label_noise), "in [0, 1]"),
        ];
        match ranges.into_iter().find(|(_, _, is_valid, _)| !is_valid) {
            None => Ok(()),
            Some((what, value, _, range)) => Err(DataError::OutOfRange { what, value, range }),
        }
    }

    fn part(&self, seed: u64, stream: u64, count: usize) -> (Vec<Review>, Vec<DecisiveWord>) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(stream);
        (0..count).map(|_| self.review(&mut rng)).unzip()
    }

    fn review(&self, rng: &mut ChaCha8Rng) -> (Review, DecisiveWord) {
        let (words, label) = if rng.random() { (POSITIVE, 1) } else { (NEGATIVE, 0) };
        let word = words[rng.random_range(0..words.len())];
        let length = rng.random_range(self.shortest..=self.longest);
        let place = rng.random_range(0..length);
        let mut text = String::new();
        let mut span = 0..0;
        for at in 0..length {
            if at > 0 {
                text.push(' ');
            }
            if at == place {
                span = text.len()..text.len() + word.len();
                text.push_str(word);
            } else {
                text.push_str(&neutral_word(rng.random_range(0..self.neutral_words)));
            }
        }
        let noise = u8::from(rng.random_bool(self.label_noise));
        (Review { text, label: label ^ noise }, DecisiveWord { word, span, label })
    }
}

/// A made-up word: two syllables of 60, each a consonant and a vowel, as no decisive word is.
fn neutral_word(number: usize) -> String {
    const CONSONANTS: &[u8; 12] = b"bdfgklmnprst";
    const VOWELS: &[u8; 5] = b"aeiou";
    let syllable = |k: usize| [CONSONANTS[k / 5], VOWELS[k % 5]];
    let syllables = [syllable(number % 60), syllable(number / 60)];
    syllables.as_flattened().iter().map(|byte| char::from(*byte)).collect()
}
