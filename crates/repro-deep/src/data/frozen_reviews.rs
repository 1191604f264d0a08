//! Reviews under frozen word vectors and a frozen decoder: all that a single head doesn't learn.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use mirrorhead_attention::{AttentionWeights, Dataset, TokenScores};
use mirrorhead_datasets::Corpus;
use mirrorhead_harness::CellError;
use mirrorhead_kernels::{Matrix, position_of_max};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::review_tokens::{ReviewTokens, long_enough, read_out};
use super::text_source::TextSource;
use super::word_vectors::{WordVectorSettings, WordVectors};

/// How many words of a class are kept.
const WORDS_NAMED: usize = 30;

/// What is frozen, and how it is made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FrozenSettings {
    /// The texts.
    pub source: TextSource,
    /// The vectors of their words.
    pub vectors: WordVectorSettings,
    /// The most tokens of a review.
    pub tokens: usize,
    /// The ridge `$\rho$` of the decoder.
    pub ridge: f64,
}

/// Word vectors and decoder from all training reviews, and the test reviews as tokens.
pub struct FrozenReviews {
    corpus: Arc<Corpus>,
    vectors: WordVectors,
    tokens: usize,
    /// Training reviews that have two different words.
    usable: Vec<usize>,
    /// `$v$`, of unit length.
    pub decoder: Matrix,
    /// The test reviews that have two different words.
    pub test: ReviewTokens,
}

/// What was frozen last; other cells use the same.
static LAST: Mutex<Option<(FrozenSettings, Arc<FrozenReviews>)>> = Mutex::new(None);

impl FrozenReviews {
    /// Made once, whoever asks.
    ///
    /// # Errors
    /// Data that can't be read, or are too few for word vectors.
    pub fn of(settings: &FrozenSettings, data_dir: &Path) -> Result<Arc<Self>, CellError> {
        let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((made, reviews)) = last.as_ref()
            && made == settings
        {
            return Ok(Arc::clone(reviews));
        }
        let corpus = settings.source.corpus(data_dir)?;
        let reviews = Arc::new(Self::freeze(settings, corpus)?);
        *last = Some((settings.clone(), Arc::clone(&reviews)));
        Ok(reviews)
    }

    fn freeze(settings: &FrozenSettings, corpus: Arc<Corpus>) -> Result<Self, CellError> {
        let tokens = settings.tokens;
        let vectors = WordVectors::learn(&corpus, &settings.vectors)?;
        let usable = long_enough(&corpus.train, &vectors);
        let decoder = read_out(&corpus.train, &usable, &vectors, tokens, settings.ridge);
        let decoder = decoder.ok_or_else(|| {
            CellError::new("the mean word vectors of the training reviews say nothing about labels")
        })?;
        let decoder = Matrix::column(decoder)?;
        let positions = long_enough(&corpus.test, &vectors);
        let test = ReviewTokens::of(&corpus.test, &positions, &vectors, tokens);
        let test = test?;
        Ok(Self { corpus, vectors, tokens, usable, decoder, test })
    }

    /// `n` training reviews, drawn without replacement; the first of them are those of fewer with the
    /// same seed.
    ///
    /// # Errors
    /// There are fewer than that.
    pub fn draw(&self, n: usize, seed: u64) -> Result<ReviewTokens, CellError> {
        if n > self.usable.len() {
            let found = self.usable.len();
            return Err(CellError::new(format!(
                "a head of {n} reviews needs as many with two different words, and there are {found}"
            )));
        }
        let mut positions = self.usable.clone();
        positions.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
        positions.truncate(n);
        ReviewTokens::of(&self.corpus.train, &positions, &self.vectors, self.tokens)
            .map_err(CellError::from)
    }

    /// The dimension `$d$`.
    pub fn dim(&self) -> usize {
        self.vectors.dim()
    }

    /// The part of some reviews that a head classifies as their labels say.
    ///
    /// # Errors
    /// A key-query matrix of another shape.
    pub fn accuracy(&self, key_query: &Matrix, reviews: &Dataset) -> Result<f64, CellError> {
        let weights = AttentionWeights::of(key_query, reviews)?;
        let scores = TokenScores::of(reviews, &self.decoder)?;
        let correct = (0..reviews.len()).filter(|i| margin(&weights, &scores, *i) > 0.0).count();
        Ok(correct as f64 / reviews.len() as f64)
    }

    /// The words most attended to in the test reviews that a head takes for negative, and in those it
    /// takes for positive, each with the number of reviews.
    ///
    /// # Errors
    /// A key-query matrix of another shape.
    pub fn attended(&self, key_query: &Matrix) -> Result<[Vec<(String, usize)>; 2], CellError> {
        let (words, reviews) = (&self.test.words, &self.test.data);
        let weights = AttentionWeights::of(key_query, reviews)?;
        let scores = TokenScores::of(reviews, &self.decoder)?;
        let mut counts = [BTreeMap::new(), BTreeMap::new()];
        for (i, words) in words.iter().enumerate() {
            let class = usize::from(margin(&weights, &scores, i) * reviews.labels()[i] > 0.0);
            let word = words[position_of_max(weights.sequence(i))];
            *counts[class].entry(word).or_insert(0) += 1;
        }
        Ok(counts.map(|counts| self.most_frequent(counts)))
    }

    fn most_frequent(&self, counts: BTreeMap<u32, usize>) -> Vec<(String, usize)> {
        let mut words: Vec<_> = counts.into_iter().collect();
        words.sort_by_key(|(word, count)| (Reverse(*count), *word));
        words.truncate(WORDS_NAMED);
        let spelled = |word| self.corpus.vocabulary.token(word).unwrap_or_default().to_owned();
        words.into_iter().map(|(word, count)| (spelled(word), count)).collect()
    }
}

/// `$y_i f(X_i, z_i)$` of review `i`.
fn margin(weights: &AttentionWeights, scores: &TokenScores, i: usize) -> f64 {
    let terms = weights.sequence(i).iter().zip(scores.sequence(i));
    terms.map(|(weight, score)| weight * score).sum()
}
