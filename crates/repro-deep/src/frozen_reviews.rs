//! Reviews under frozen word vectors and a frozen decoder: all that a single head doesn't learn.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use mirrorhead_attention::{AttentionWeights, Dataset, TokenScores};
use mirrorhead_datasets::Corpus;
use mirrorhead_kernels::Matrix;
use mirrorhead_repro::CellError;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::review_tokens::{ReviewTokens, long_enough, read_out};
use crate::text_source::TextSource;
use crate::word_vectors::{WordVectorSettings, WordVectors};

/// What is frozen, and how it is made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FrozenSettings {
    /// The texts.
    pub source: TextSource,
    /// The vectors of their words.
    pub vectors: WordVectorSettings,
    /// The most tokens of a review.
    pub tokens: usize,
    /// The ridge $\rho$ of the decoder.
    pub ridge: f64,
}

/// Word vectors and decoder from all training reviews, and the test reviews as tokens.
pub struct FrozenReviews {
    corpus: Arc<Corpus>,
    vectors: WordVectors,
    tokens: usize,
    /// Training reviews that have two different words.
    usable: Vec<usize>,
    /// $v$, of unit length.
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
        let corpus = settings.source.corpus(data_dir).map_err(CellError::new)?;
        let reviews = Arc::new(Self::freeze(settings, corpus)?);
        *last = Some((settings.clone(), Arc::clone(&reviews)));
        Ok(reviews)
    }

    fn freeze(settings: &FrozenSettings, corpus: Arc<Corpus>) -> Result<Self, CellError> {
        let tokens = settings.tokens;
        let vectors = WordVectors::learn(&corpus, &settings.vectors).map_err(CellError::new)?;
        let usable = long_enough(&corpus.train, &vectors);
        let decoder = read_out(&corpus.train, &usable, &vectors, tokens, settings.ridge);
        let decoder = decoder.ok_or_else(|| {
            CellError::new("the mean word vectors of the training reviews say nothing about labels")
        })?;
        let decoder = Matrix::column(decoder).map_err(CellError::new)?;
        let positions = long_enough(&corpus.test, &vectors);
        let test = ReviewTokens::of(&corpus.test, &positions, &vectors, tokens);
        let test = test.map_err(CellError::new)?;
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
            .map_err(CellError::new)
    }

    /// The dimension $d$.
    pub fn dim(&self) -> usize {
        self.vectors.dim()
    }

    /// A word in letters.
    pub fn spelled(&self, word: u32) -> &str {
        self.corpus.vocabulary.token(word).unwrap_or_default()
    }

    /// The part of some reviews that a head classifies as their labels say.
    ///
    /// # Errors
    /// A key-query matrix of another shape.
    pub fn accuracy(&self, key_query: &Matrix, reviews: &Dataset) -> Result<f64, CellError> {
        let weights = AttentionWeights::of(key_query, reviews).map_err(CellError::new)?;
        let scores = TokenScores::of(reviews, &self.decoder).map_err(CellError::new)?;
        let margin = |i: &usize| {
            let terms = weights.sequence(*i).iter().zip(scores.sequence(*i));
            terms.map(|(weight, score)| weight * score).sum::<f64>()
        };
        let correct = (0..reviews.len()).filter(|i| margin(i) > 0.0).count();
        Ok(correct as f64 / reviews.len() as f64)
    }
}
