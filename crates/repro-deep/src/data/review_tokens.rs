//! Reviews as the data of a single attention head: frozen word vectors, mean vectors as queries.

use mirrorhead_attention::{AttentionError, Dataset};
use mirrorhead_datasets::Documents;
use mirrorhead_kernels::{KernelError, Matrix, Svd, TokenBatch, add_scaled};
use thiserror::Error;

use super::word_vectors::{WordVectors, unit};

/// Reviews as tokens `$X_i$`, queries `$z_i$` and labels `$y_i$`.
///
/// `$X_i$` are the vectors of the first distinct words of review `$i$`: the same word twice would be two
/// tokens that no `$W$` tells apart, and no constraint between them could be met. `$z_i$` is their mean, of unit length.
#[derive(Debug, Clone, PartialEq)]
pub struct ReviewTokens {
    /// Tokens, queries, labels.
    pub data: Dataset,
    /// The words that the tokens are the vectors of.
    pub words: Vec<Vec<u32>>,
}

/// Reviews that are no data of a head.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReviewError {
    /// A review without two different words that have vectors, or whose mean is zero.
    #[error("review {review} has {words} different words that have vectors; it takes at least two")]
    TooShort {
        /// Its position among the documents.
        review: usize,
        /// The number of words with vectors.
        words: usize,
    },
    /// No review.
    #[error(transparent)]
    Tokens(#[from] KernelError),
    /// Sizes or labels that don't fit.
    #[error(transparent)]
    Data(#[from] AttentionError),
}

impl ReviewTokens {
    /// The reviews at these positions, each cut after `most` different words.
    ///
    /// # Errors
    /// [`ReviewError::TooShort`]; no reviews.
    pub fn of(
        documents: &Documents,
        positions: &[usize],
        vectors: &WordVectors,
        most: usize,
    ) -> Result<Self, ReviewError> {
        let words: Vec<_> = positions
            .iter()
            .map(|i| different_words(documents.tokens(*i), vectors, most))
            .collect();
        let mut queries = Vec::with_capacity(words.len());
        for (review, words) in positions.iter().zip(&words) {
            let query = unit(&mean(words, vectors)).filter(|_| words.len() >= 2);
            let too_short = ReviewError::TooShort { review: *review, words: words.len() };
            queries.push(query.ok_or(too_short)?);
        }
        let lengths: Vec<_> = words.iter().map(Vec::len).collect();
        let tokens = words.iter().flatten().filter_map(|word| vectors.get(*word)).flatten();
        let tokens = TokenBatch::new(vectors.dim(), &lengths, tokens.copied().collect())?;
        let labels = positions.iter().map(|i| sign(documents.label(*i))).collect();
        let data = Dataset::new(tokens, &Matrix::from_rows(&queries)?, labels)?;
        Ok(Self { data, words })
    }
}

/// The positions of the reviews with at least two different words that have vectors.
pub fn long_enough(documents: &Documents, vectors: &WordVectors) -> Vec<usize> {
    let is_long = |i: &usize| different_words(documents.tokens(*i), vectors, 2).len() == 2;
    (0..documents.len()).filter(is_long).collect()
}

/// The decoder `$v$`: the ridge regression of labels on the mean of each review's tokens, of unit length,
///
/// `$$ v \propto \Bigl(\frac1N\sum_i \bar x_i \bar x_i^\top + \rho I\Bigr)^{-1} \frac1N\sum_i y_i \bar x_i. $$`
///
/// It is the best decoder, in squares, of the head that attends to all tokens alike (`$W = 0$`).
/// `None` if the means say nothing about labels.
pub fn read_out(
    documents: &Documents,
    positions: &[usize],
    vectors: &WordVectors,
    most: usize,
    ridge: f64,
) -> Option<Vec<f64>> {
    let dim = vectors.dim();
    let (mut second, mut first) = (Matrix::zeros(dim, dim), vec![0.0; dim]);
    let share = 1.0 / positions.len() as f64;
    for i in positions {
        let mean = mean(&different_words(documents.tokens(*i), vectors, most), vectors);
        for (column, x) in mean.iter().enumerate() {
            add_scaled(second.col_mut(column), share * x, &mean);
        }
        add_scaled(&mut first, share * sign(documents.label(*i)), &mean);
    }
    let mut inverse = Matrix::zeros(dim, dim);
    let svd = Svd::new(second.as_slice(), dim, dim)?;
    svd.with_values(|sigma| 1.0 / (sigma + ridge), inverse.as_mut_slice());
    let mut decoder = vec![0.0; dim];
    for (column, y) in first.iter().enumerate() {
        add_scaled(&mut decoder, *y, inverse.col(column));
    }
    unit(&decoder)
}

/// The first `most` different words that have vectors, in the order of the text.
fn different_words(tokens: &[u32], vectors: &WordVectors, most: usize) -> Vec<u32> {
    let mut words = Vec::with_capacity(most);
    for token in tokens {
        if words.len() == most {
            break;
        }
        if vectors.get(*token).is_some() && !words.contains(token) {
            words.push(*token);
        }
    }
    words
}

fn mean(words: &[u32], vectors: &WordVectors) -> Vec<f64> {
    let mut mean = vec![0.0; vectors.dim()];
    for x in words.iter().filter_map(|word| vectors.get(*word)) {
        add_scaled(&mut mean, 1.0 / words.len() as f64, x);
    }
    mean
}

fn sign(label: u8) -> f64 {
    if label == 1 { 1.0 } else { -1.0 }
}

#[cfg(test)]
mod tests {
    use mirrorhead_attention::{AttentionWeights, TokenScores};
    use mirrorhead_datasets::{Corpus, PlantedReviews, Vocabulary};

    use super::*;
    use crate::data::word_vectors::WordVectorSettings;

    fn planted() -> (Corpus, WordVectors) {
        let reviews = PlantedReviews { n_train: 400, ..PlantedReviews::default() };
        let reviews = reviews.sample(1).unwrap().reviews;
        let vocabulary = Vocabulary::train(&reviews.train, 1_000).unwrap();
        let corpus = Corpus::tokenise(&reviews, vocabulary);
        let settings = WordVectorSettings { words: 500, window: 5, shift: 1.0, dim: 6, seed: 1 };
        let vectors = WordVectors::learn(&corpus, &settings).unwrap();
        (corpus, vectors)
    }

    #[test]
    fn tokens_are_different_words_in_the_order_of_the_text() {
        let (corpus, vectors) = planted();
        let positions = long_enough(&corpus.train, &vectors);
        let reviews = ReviewTokens::of(&corpus.train, &positions, &vectors, 7).unwrap();
        assert_eq!(reviews.data.len(), positions.len());
        for (i, words) in reviews.words.iter().enumerate() {
            assert!((2..=7).contains(&words.len()));
            let text = corpus.train.tokens(positions[i]);
            let places: Vec<_> =
                words.iter().map(|w| text.iter().position(|id| id == w).unwrap()).collect();
            assert!(places.is_sorted_by(|before, after| before < after));
            for (t, word) in words.iter().enumerate() {
                assert_eq!(reviews.data.tokens().token(i, t), vectors.get(*word).unwrap());
            }
            let label = if corpus.train.label(positions[i]) == 1 { 1.0 } else { -1.0 };
            assert_eq!(reviews.data.labels()[i], label);
        }
    }

    #[test]
    fn the_decoder_is_stationary_for_the_squares_of_uniform_attention() {
        let (corpus, vectors) = planted();
        let positions = long_enough(&corpus.train, &vectors);
        let ridge = 0.01;
        let decoder = read_out(&corpus.train, &positions, &vectors, 7, ridge).unwrap();
        let reviews = ReviewTokens::of(&corpus.train, &positions, &vectors, 7).unwrap();
        let decoder = Matrix::column(decoder).unwrap();
        // Outputs of the model itself at W = 0, and the gradient of the squares at c v. The scale c is
        // lost when v becomes a unit vector: the best one is where the gradient along v is zero.
        let scores = TokenScores::of(&reviews.data, &decoder).unwrap();
        let uniform = AttentionWeights::of(&Matrix::zeros(6, 6), &reviews.data).unwrap();
        let n = positions.len() as f64;
        let (mut linear, mut quadratic) = (vec![0.0; 6], vec![0.0; 6]);
        for i in 0..reviews.data.len() {
            let weighted = uniform.sequence(i).iter().zip(scores.sequence(i));
            let margin: f64 = weighted.map(|(s, gamma)| s * gamma).sum();
            let y = reviews.data.labels()[i];
            for t in 0..reviews.words[i].len() {
                let x = reviews.data.tokens().token(i, t);
                let share = uniform.sequence(i)[t] / n;
                add_scaled(&mut linear, share * y, x);
                add_scaled(&mut quadratic, share * y * margin, x);
            }
        }
        add_scaled(&mut quadratic, ridge, decoder.as_slice());
        let along = |x: &[f64]| x.iter().zip(decoder.as_slice()).map(|(a, b)| a * b).sum::<f64>();
        let scale = along(&linear) / along(&quadratic);
        let size = linear.iter().map(|x| x.abs()).fold(0.0, f64::max);
        for (l, q) in linear.iter().zip(&quadratic) {
            assert!((l - scale * q).abs() < 1e-10 * size, "{l} {q}");
        }
        assert!(scale > 0.0);
    }

    #[test]
    fn a_review_of_one_word_is_refused_by_its_position() {
        let (corpus, vectors) = planted();
        let error = ReviewTokens::of(&corpus.train, &[3], &vectors, 1).unwrap_err();
        assert!(error.to_string().contains("review 3 has 1 different words"), "{error}");
        assert!(ReviewTokens::of(&corpus.train, &[], &vectors, 7).is_err());
    }
}
