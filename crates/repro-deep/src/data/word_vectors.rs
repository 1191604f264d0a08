//! Word vectors: shifted positive pointwise mutual information, factorised.

use std::collections::HashMap;

use mirrorhead_datasets::{Corpus, Documents};
use mirrorhead_kernels::{Matrix, elementary};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::leading_subspace::LeadingSubspace;

/// How word vectors are made.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct WordVectorSettings {
    /// The number of words, the most frequent ones; their pairs are stored, `$8 V^2$` bytes.
    pub words: usize,
    /// Two words meet if they stand at most this far apart.
    pub window: usize,
    /// `$\log s$` is taken off the mutual information.
    pub shift: f64,
    /// The dimension `$d$`.
    pub dim: usize,
    /// The seed of the random range finder.
    pub seed: u64,
}

/// Unit vectors of the most frequent words of some texts, learned from which words stand together:
///
/// `$$ M_{ab} = \max\Bigl(0, \log\frac{N n_{ab}}{n_a n_b} - \log s\Bigr) \approx U \Sigma U'^\top, \qquad
///    x_a \propto (U \Sigma^{1/2})_a - \bar x, $$`
///
/// where `$n_{ab}$` counts how often `$a$` and `$b$` stand within the window, `$n_a = \sum_b n_{ab}$`,
/// `$N = \sum_a n_a$`, and `$\bar x$` is the mean over all words of the texts. Without the mean, which all
/// texts share, the mean vectors of two texts would be almost the same. A word is a piece of letters
/// only: no punctuation, no number, no continuation. Labels are not looked at.
///
/// Sources: Levy and Goldberg, *Neural word embedding as implicit matrix factorization*, 2014 (shifted
/// PPMI, `$\Sigma^{1/2}$`); Mu and Viswanath, *All-but-the-top*, 2018 (the mean).
#[derive(Debug, Clone, PartialEq)]
pub struct WordVectors {
    /// `$d \times V$`: column `$a$` is `$x_a$`, of the most frequent word first.
    vectors: Matrix,
    places: HashMap<u32, usize>,
}

/// Texts that word vectors of these settings can't be made of.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[non_exhaustive]
pub enum WordVectorError {
    /// A setting that is no size.
    #[error("{setting} = {value} is out of range: it must be positive")]
    NotPositive {
        /// The setting.
        setting: &'static str,
        /// Its value.
        value: f64,
    },
    /// Fewer words than dimensions.
    #[error(
        "vectors of dimension {dim} need more words than that, and the texts have {words}; \
         take more texts or fewer dimensions"
    )]
    TooFewWords {
        /// The dimension asked for.
        dim: usize,
        /// The number of words with company.
        words: usize,
    },
}

impl WordVectors {
    /// Learns the vectors from the training texts of `corpus`.
    ///
    /// # Errors
    /// Settings that aren't positive; [`WordVectorError::TooFewWords`].
    pub fn learn(corpus: &Corpus, settings: &WordVectorSettings) -> Result<Self, WordVectorError> {
        settings.require_positive()?;
        let (words, frequencies) = frequent_words(corpus, settings.words);
        let information = mutual_information(&corpus.train, &words, settings);
        let WordVectorSettings { dim, seed, .. } = *settings;
        // A word that meets no other more often than by chance has no direction.
        let known =
            (0..words.len()).filter(|a| information.col(*a).iter().any(|m| *m > 0.0)).count();
        if known <= dim {
            return Err(WordVectorError::TooFewWords { dim, words: known });
        }
        let space = LeadingSubspace::of_symmetric(&information, dim, seed);
        let mut vectors = Matrix::from_fn(dim, words.len(), |k, a| {
            space.values()[k].sqrt() * space.vectors()[(a, k)]
        });
        centre(&mut vectors, &frequencies);
        let mut kept = Vec::with_capacity(words.len());
        let mut columns = Vec::with_capacity(vectors.len());
        for (a, word) in words.into_iter().enumerate() {
            if let Some(unit) = unit(vectors.col(a)) {
                kept.push(word);
                columns.extend(unit);
            }
        }
        let places = kept.iter().enumerate().map(|(place, word)| (*word, place)).collect();
        let vectors = Matrix::from_columns(dim, kept.len(), columns)
            .map_err(|_| WordVectorError::TooFewWords { dim, words: kept.len() })?;
        Ok(Self { vectors, places })
    }

    /// The dimension `$d$`.
    pub fn dim(&self) -> usize {
        self.vectors.nrows()
    }

    /// The vector of a word, if it has one.
    pub fn get(&self, word: u32) -> Option<&[f64]> {
        self.places.get(&word).map(|place| self.vectors.col(*place))
    }
}

impl WordVectorSettings {
    fn require_positive(&self) -> Result<(), WordVectorError> {
        let settings = [
            ("words", self.words as f64),
            ("window", self.window as f64),
            ("shift", self.shift),
            ("dim", self.dim as f64),
        ];
        match settings.into_iter().find(|(_, value)| !(value.is_finite() && *value > 0.0)) {
            Some((setting, value)) => Err(WordVectorError::NotPositive { setting, value }),
            None => Ok(()),
        }
    }
}

/// `x` over its length, unless it has none.
pub fn unit(x: &[f64]) -> Option<Vec<f64>> {
    let length = x.iter().map(|x| x * x).sum::<f64>().sqrt();
    (length > 0.0).then(|| x.iter().map(|x| x / length).collect())
}

/// The most frequent words of the training texts, and how often each occurs; of equals the first ids.
fn frequent_words(corpus: &Corpus, most: usize) -> (Vec<u32>, Vec<u64>) {
    let mut counts: HashMap<u32, u64> = HashMap::new();
    for i in 0..corpus.train.len() {
        for id in corpus.train.tokens(i) {
            *counts.entry(*id).or_insert(0) += 1;
        }
    }
    let is_word = |id: u32| {
        let token = corpus.vocabulary.token(id).unwrap_or_default();
        !token.is_empty() && token.chars().all(char::is_alphabetic)
    };
    let mut words: Vec<_> = counts.into_iter().filter(|(id, _)| is_word(*id)).collect();
    words.sort_unstable_by_key(|(id, count)| (std::cmp::Reverse(*count), *id));
    words.truncate(most);
    words.into_iter().unzip()
}

/// The matrix `$M$`.
fn mutual_information(texts: &Documents, words: &[u32], settings: &WordVectorSettings) -> Matrix {
    let mut information = Matrix::zeros(words.len(), words.len());
    let places: HashMap<u32, usize> = words.iter().enumerate().map(|(a, w)| (*w, a)).collect();
    for i in 0..texts.len() {
        let places: Vec<_> = texts.tokens(i).iter().map(|id| places.get(id).copied()).collect();
        for (at, a) in places.iter().enumerate() {
            let end = places.len().min(at.saturating_add(settings.window).saturating_add(1));
            let Some(a) = *a else { continue };
            for b in places[at + 1..end].iter().flatten() {
                // Counts are whole numbers, so their order doesn't matter.
                information[(a, *b)] += 1.0;
                information[(*b, a)] += 1.0;
            }
        }
    }
    let totals: Vec<f64> = (0..words.len()).map(|a| information.col(a).iter().sum()).collect();
    let all: f64 = totals.iter().sum();
    for (b, total) in totals.iter().enumerate() {
        for (m, other) in information.col_mut(b).iter_mut().zip(&totals) {
            if *m > 0.0 {
                *m = elementary::ln((*m / total) * (all / other) / settings.shift).max(0.0);
            }
        }
    }
    information
}

/// Takes off the mean over all words of the texts.
fn centre(vectors: &mut Matrix, frequencies: &[u64]) {
    let all = frequencies.iter().sum::<u64>() as f64;
    let mut mean = vec![0.0; vectors.nrows()];
    for (a, frequency) in frequencies.iter().enumerate() {
        let share = *frequency as f64 / all;
        for (mean, x) in mean.iter_mut().zip(vectors.col(a)) {
            *mean += share * x;
        }
    }
    for a in 0..vectors.ncols() {
        for (x, mean) in vectors.col_mut(a).iter_mut().zip(&mean) {
            *x -= mean;
        }
    }
}

#[cfg(test)]
mod tests {
    use mirrorhead_datasets::{PlantedReviews, Review, Reviews, Vocabulary};
    use mirrorhead_kernels::{Svd, dot};
    use rayon::ThreadPoolBuilder;

    use super::*;

    const SETTINGS: WordVectorSettings =
        WordVectorSettings { words: 500, window: 3, shift: 1.5, dim: 6, seed: 1 };

    fn planted() -> Corpus {
        let reviews = PlantedReviews { n_train: 300, ..PlantedReviews::default() };
        let reviews = reviews.sample(1).unwrap().reviews;
        let vocabulary = Vocabulary::train(&reviews.train, 1_000).unwrap();
        Corpus::tokenise(&reviews, vocabulary)
    }

    /// The words that have vectors, the most frequent first.
    fn words(vectors: &WordVectors) -> Vec<u32> {
        let mut words: Vec<_> = vectors.places.keys().copied().collect();
        words.sort_unstable_by_key(|word| vectors.places[word]);
        words
    }

    /// The cosines of all pairs of words, by the formula: every pair of places is looked at, and the
    /// whole matrix decomposed.
    fn cosines(corpus: &Corpus, words: &[u32]) -> Matrix {
        let (v, texts) = (words.len(), &corpus.train);
        let place = |id: &u32| words.iter().position(|word| word == id);
        let mut pairs = Matrix::zeros(v, v);
        let mut frequency = vec![0.0; v];
        for i in 0..texts.len() {
            let tokens = texts.tokens(i);
            for (s, a) in tokens.iter().enumerate() {
                let Some(a) = place(a) else { continue };
                frequency[a] += 1.0;
                for (t, b) in tokens.iter().enumerate() {
                    let Some(b) = place(b).filter(|_| s != t && s.abs_diff(t) <= 3) else {
                        continue;
                    };
                    pairs[(a, b)] += 1.0;
                }
            }
        }
        let row = |a: usize| (0..v).map(|b| pairs[(a, b)]).sum::<f64>();
        let total: f64 = (0..v).map(row).sum();
        let information = Matrix::from_fn(v, v, |a, b| {
            let pmi = (total * pairs[(a, b)] / (row(a) * row(b))).ln() - 1.5f64.ln();
            pmi.max(0.0)
        });
        let svd = Svd::new(information.as_slice(), v, v).unwrap();
        let root = |a: usize, k: usize| svd.left()[(a, k)] * svd.singular_values()[k].sqrt();
        let occurrences: f64 = frequency.iter().sum();
        let mean = |k: usize| (0..v).map(|a| frequency[a] / occurrences * root(a, k)).sum::<f64>();
        let means: Vec<f64> = (0..SETTINGS.dim).map(mean).collect();
        let vector = |a: usize| {
            let x: Vec<f64> = (0..SETTINGS.dim).map(|k| root(a, k) - means[k]).collect();
            unit(&x).unwrap()
        };
        let vectors: Vec<_> = (0..v).map(vector).collect();
        Matrix::from_fn(v, v, |a, b| dot(&vectors[a], &vectors[b]))
    }

    #[test]
    fn angles_between_words_are_those_of_the_dense_decomposition() {
        let corpus = planted();
        let found = WordVectors::learn(&corpus, &SETTINGS).unwrap();
        let words = words(&found);
        assert!(words.len() > 200, "{}", words.len());
        let exact = cosines(&corpus, &words);
        for (a, word) in words.iter().enumerate() {
            for (b, other) in words.iter().enumerate() {
                let cosine = dot(found.get(*word).unwrap(), found.get(*other).unwrap());
                // The range finder's own accuracy: singular values of words at random fall slowly.
                assert!((cosine - exact[(a, b)]).abs() < 1e-3, "{a} {b}: {cosine}");
            }
        }
    }

    #[test]
    fn vectors_are_the_same_for_any_number_of_threads() {
        let corpus = planted();
        let on = |threads: usize| {
            let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| WordVectors::learn(&corpus, &SETTINGS).unwrap())
        };
        assert_eq!(on(1), on(4));
    }

    #[test]
    fn words_are_of_letters_and_the_most_frequent_come_first() {
        let found = WordVectors::learn(&planted(), &SETTINGS).unwrap();
        let corpus = planted();
        let count = |word: &u32| {
            let texts = 0..corpus.train.len();
            texts.map(|i| corpus.train.tokens(i).iter().filter(|id| *id == word).count()).sum()
        };
        let words = words(&found);
        let counts: Vec<usize> = words.iter().map(count).collect();
        assert!(counts.is_sorted_by(|before, after| before >= after));
        let tokens = words.iter().map(|word| corpus.vocabulary.token(*word).unwrap());
        assert!(tokens.into_iter().all(|token| token.chars().all(char::is_alphabetic)));
        assert_eq!(found.get(corpus.vocabulary.padding()), None);
    }

    #[test]
    fn settings_and_texts_that_make_no_vectors_are_refused() {
        let corpus = planted();
        for (settings, setting) in [
            (WordVectorSettings { words: 0, ..SETTINGS }, "words"),
            (WordVectorSettings { window: 0, ..SETTINGS }, "window"),
            (WordVectorSettings { shift: 0.0, ..SETTINGS }, "shift"),
            (WordVectorSettings { shift: f64::NAN, ..SETTINGS }, "shift"),
            (WordVectorSettings { dim: 0, ..SETTINGS }, "dim"),
        ] {
            let error = WordVectors::learn(&corpus, &settings).unwrap_err().to_string();
            assert!(error.contains(setting), "{error}");
        }
        let texts = ["one two", "two three", "!!"];
        let review = |text: &str| Review { text: text.into(), label: 1 };
        let reviews = Reviews { train: texts.map(review).to_vec(), test: Vec::new(), repaired: 0 };
        let vocabulary = Vocabulary::train(&reviews.train, 100).unwrap();
        let few = Corpus::tokenise(&reviews, vocabulary);
        let error = WordVectors::learn(&few, &SETTINGS).unwrap_err();
        assert!(matches!(error, WordVectorError::TooFewWords { dim: 6, words: 3 }), "{error}");
        let no_texts = Corpus { train: few.test.clone(), ..few };
        let error = WordVectors::learn(&no_texts, &SETTINGS).unwrap_err();
        assert!(matches!(error, WordVectorError::TooFewWords { words: 0, .. }), "{error}");
    }
}
