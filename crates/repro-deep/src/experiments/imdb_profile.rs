//! Sizes, methods and step sizes of the experiments on reviews, for each profile.

use mirrorhead_datasets::{PlantedReviews, file_digest};
use mirrorhead_deep::TextClassifierConfig;
use mirrorhead_repro::{CellError, Profile, Scope};

use crate::method::Method;
use crate::text_source::{Pieces, TextSource};
use crate::text_training::TextTraining;

/// The methods, in the order of the tables.
pub const METHODS: [Method; 4] = [
    Method::MirrorDescent { p: 1.1 },
    Method::MirrorDescent { p: 2.0 },
    Method::MirrorDescent { p: 3.0 },
    Method::Adam,
];

/// Pieces learned from the training reviews where BERT's would make most of the model.
const LEARNED: usize = 8_000;

/// The generated reviews of the quick profile.
const PLANTED: PlantedReviews = PlantedReviews {
    n_train: 1_000,
    n_test: 500,
    shortest: 5,
    longest: 20,
    neutral_words: 200,
    label_noise: 0.0,
};

/// The sizes of the models of a profile, by number of blocks.
pub fn blocks(profile: Profile) -> &'static [usize] {
    match profile {
        Profile::Quick => &[1],
        Profile::Cpu => &[1, 2],
        Profile::Paper => &[3, 4, 6],
    }
}

/// The model of this many blocks.
pub fn model(profile: Profile, n_blocks: usize) -> TextClassifierConfig {
    // The vocabulary's size is that of the corpus.
    let paper = TextClassifierConfig::paper(1, n_blocks);
    match profile {
        Profile::Quick => TextClassifierConfig {
            max_length: 32,
            width: 16,
            n_heads: 2,
            hidden: 32,
            dropout: 0.1,
            ..paper
        },
        Profile::Cpu if n_blocks == 1 => {
            TextClassifierConfig { max_length: 256, width: 64, n_heads: 2, hidden: 256, ..paper }
        }
        Profile::Cpu => {
            TextClassifierConfig { max_length: 64, width: 32, n_heads: 2, hidden: 64, ..paper }
        }
        Profile::Paper => paper,
    }
}

/// The step size of a method: the paper's for its own models, and for the smaller ones what
/// `imdb-steps` finds best on validation reviews.
pub fn step_size(profile: Profile, n_blocks: usize, method: Method) -> f64 {
    let place = METHODS.iter().position(|other| *other == method).unwrap_or(0);
    let steps = match (profile, n_blocks) {
        (Profile::Quick, _) => [1e-2, 1e-2, 1e-3, 1e-2],
        (Profile::Cpu, 1) => [1e-3, 1e-3, 1e-4, 1e-3],
        (Profile::Cpu, _) => [1e-3, 1e-3, 1e-4, 1e-3],
        (Profile::Paper, 3) => [8e-4, 4e-4, 4e-6, 1e-4],
        (Profile::Paper, 4) => [6e-4, 4e-4, 6e-6, 1e-4],
        (Profile::Paper, _) => [1e-3, 1e-3, 1e-5, 1e-4],
    };
    steps[place]
}

/// The texts of a profile.
///
/// # Errors
/// The reviews or BERT's vocabulary aren't in the data folder, or are damaged.
pub fn source(scope: &Scope) -> Result<TextSource, CellError> {
    let folder = &scope.data_dir;
    match scope.profile {
        Profile::Quick => Ok(TextSource::Planted { reviews: PLANTED, seed: 1 }),
        Profile::Cpu => TextSource::imdb(folder, Pieces::Learned(LEARNED)),
        Profile::Paper => Pieces::bert(folder).and_then(|pieces| TextSource::imdb(folder, pieces)),
    }
    .map_err(CellError::new)
}

/// The digest of the command's sentences, if it names a file of them.
///
/// # Errors
/// The file can't be read.
pub fn sentences(scope: &Scope) -> Result<Option<String>, CellError> {
    scope.sentences.as_deref().map(file_digest).transpose().map_err(CellError::new)
}

/// A run of a profile.
pub fn training(
    profile: Profile,
    source: TextSource,
    sentences: Option<String>,
    (n_blocks, method, step_size, seed): (usize, Method, f64, u64),
) -> TextTraining {
    TextTraining {
        source,
        sentences,
        model: model(profile, n_blocks),
        method,
        step_size,
        batch: if profile == Profile::Quick { 20 } else { 100 },
        validation: 0.1,
        stop_accuracy: 0.995,
        max_epochs: match profile {
            Profile::Quick => 12,
            Profile::Cpu => 10,
            Profile::Paper => 100,
        },
        seed,
    }
}
