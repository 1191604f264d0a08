//! How much of the first token's attention falls on the decisive word of a sentence.

use std::path::{Path, PathBuf};

use burn::tensor::Tensor;
use mirrorhead_datasets::{Corpus, DecisiveSentence, Piece, read_decisive};
use mirrorhead_harness::{CellContext, CellError};
use mirrorhead_transformers::{Noise, TextClassifier, TokenBatch};
use serde::{Deserialize, Serialize};

/// Sentences of our own, scored where no file of sentences is given.
const SENTENCES: [(&str, &str, bool); 20] = [
    ("the film was wonderful", "wonderful", true),
    ("the film was awful", "awful", false),
    ("what a superb cast", "superb", true),
    ("what a terrible script", "terrible", false),
    ("i loved every scene", "loved", true),
    ("i hated every scene", "hated", false),
    ("an excellent story", "excellent", true),
    ("a boring story", "boring", false),
    ("the acting is brilliant", "brilliant", true),
    ("the acting is dreadful", "dreadful", false),
    ("the music is beautiful", "beautiful", true),
    ("the music is annoying", "annoying", false),
    ("this is a great movie", "great", true),
    ("this is a bad movie", "bad", false),
    ("the ending was perfect", "perfect", true),
    ("the ending was stupid", "stupid", false),
    ("a charming little picture", "charming", true),
    ("a tedious little picture", "tedious", false),
    ("the dialogue is fantastic", "fantastic", true),
    ("the dialogue is horrible", "horrible", false),
];

/// The file of sentences in the data folder.
const SENTENCES_FILE: &str = "token_selection_sentences.json";

/// The file of sentences that is scored: the one given, else that in the data folder; none for our own.
pub fn sentences_file(given: Option<&Path>, data_dir: &Path) -> Option<PathBuf> {
    let own = data_dir.join(SENTENCES_FILE);
    given.map(Path::to_path_buf).or_else(|| own.is_file().then_some(own))
}

/// The attention of the first token over the pieces of a sentence, in the last block, on average over
/// its heads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SentenceAttention {
    /// The sentence.
    pub sentence: String,
    /// Its pieces, the special ones included.
    pub pieces: Vec<String>,
    /// The weight of each piece; they sum to 1.
    pub weights: Vec<f64>,
    /// Which pieces are the decisive word; none if it doesn't occur.
    pub decisive: Vec<usize>,
    /// Whether the opinion is classified correctly.
    pub correct: bool,
}

impl SentenceAttention {
    /// The weight on the decisive word, if it occurs.
    pub fn score(&self) -> Option<f64> {
        let weights = self.decisive.iter().map(|at| self.weights[*at]);
        (!self.decisive.is_empty()).then(|| weights.sum())
    }

    /// The weight on the decisive word, relative to the least and the greatest of the sentence,
    /// `$(a - \min)/(\max - \min)$` over all pieces, as the paper scores it; for words of one piece, like the
    /// paper. A sentence whose weights are all equal has none.
    pub fn relative_score(&self) -> Option<f64> {
        let &[decisive] = self.decisive.as_slice() else { return None };
        let least = self.weights.iter().copied().fold(f64::INFINITY, f64::min);
        let greatest = self.weights.iter().copied().fold(0.0, f64::max);
        (greatest > least).then(|| (self.weights[decisive] - least) / (greatest - least))
    }
}

/// A way to score a sentence.
pub type Score = fn(&SentenceAttention) -> Option<f64>;

/// The attention over several sentences.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct DecisiveAttention {
    /// One a sentence, in order.
    pub sentences: Vec<SentenceAttention>,
}

impl DecisiveAttention {
    /// The attention of a model over the sentences of [`sentences_file`], or our own.
    ///
    /// # Errors
    /// A file of sentences that can't be read.
    pub fn of(
        model: &TextClassifier,
        corpus: &Corpus,
        max_length: usize,
        context: &dyn CellContext,
    ) -> Result<Self, CellError> {
        let sentences = match sentences_file(context.sentences(), context.data_dir()) {
            Some(path) => read_decisive(&path)?,
            None => SENTENCES
                .map(|(sentence, decisive, positive)| DecisiveSentence {
                    sentence: sentence.into(),
                    decisive: decisive.into(),
                    positive,
                })
                .into(),
        };
        let attended = |sentence: &DecisiveSentence| attended(model, corpus, max_length, sentence);
        Ok(Self { sentences: sentences.iter().map(attended).collect() })
    }

    /// The mean score, over the sentences that have one, and their number.
    pub fn mean(&self, score: Score) -> (f64, usize) {
        let scores: Vec<f64> = self.sentences.iter().filter_map(score).collect();
        (scores.iter().sum::<f64>() / scores.len().max(1) as f64, scores.len())
    }
}

fn attended(
    model: &TextClassifier,
    corpus: &Corpus,
    max_length: usize,
    sentence: &DecisiveSentence,
) -> SentenceAttention {
    let mut pieces = corpus.vocabulary.encode_pieces(&sentence.sentence);
    pieces.truncate(max_length);
    let ids = pieces.iter().map(|piece| i32::try_from(piece.id).unwrap_or(i32::MAX)).collect();
    let batch =
        TokenBatch { ids, lengths: vec![pieces.len()], labels: vec![u8::from(sentence.positive)] };
    let logit: f32 = model.logits(&batch, &mut Noise::Off).into_scalar();
    let first_row = |map: Tensor<4>| {
        let [_, heads, _, tokens] = map.dims();
        map.slice([0..1, 0..heads, 0..1, 0..tokens]).mean_dim(1).into_data().try_to_vec::<f32>()
    };
    let weights = model.attention(&batch).pop().and_then(|map| first_row(map).ok());
    let lower = |text: &str| text.to_ascii_lowercase();
    let start = lower(&sentence.sentence).find(&lower(&sentence.decisive));
    let span = start.map_or(0..0, |start| start..start + sentence.decisive.len());
    let inside = |piece: &Piece| {
        let own = &piece.span;
        !own.is_empty() && own.start >= span.start && own.end <= span.end
    };
    SentenceAttention {
        sentence: sentence.sentence.clone(),
        decisive: (0..pieces.len()).filter(|at| inside(&pieces[*at])).collect(),
        weights: weights.unwrap_or_default().into_iter().map(f64::from).collect(),
        correct: (logit > 0.0) == sentence.positive,
        pieces: pieces
            .into_iter()
            .map(|piece| corpus.vocabulary.token(piece.id).unwrap_or_default().to_owned())
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attention(weights: &[f64], decisive: &[usize]) -> SentenceAttention {
        SentenceAttention {
            sentence: String::new(),
            pieces: vec![String::new(); weights.len()],
            weights: weights.to_vec(),
            decisive: decisive.to_vec(),
            correct: true,
        }
    }

    #[test]
    fn the_relative_score_is_zero_at_the_least_weight_and_one_at_the_greatest() {
        let weights = [0.1, 0.5, 0.2, 0.2];
        let scores = [0, 1, 2].map(|at| attention(&weights, &[at]).relative_score());
        assert_eq!(scores, [Some(0.0), Some(1.0), Some((0.2 - 0.1) / (0.5 - 0.1))]);
    }

    #[test]
    fn words_of_several_pieces_and_even_weights_have_a_weight_but_no_relative_score() {
        let several = attention(&[0.1, 0.5, 0.4], &[1, 2]);
        assert_eq!((several.score(), several.relative_score()), (Some(0.9), None));
        let even = attention(&[0.5, 0.5], &[1]);
        assert_eq!((even.score(), even.relative_score()), (Some(0.5), None));
    }
}
