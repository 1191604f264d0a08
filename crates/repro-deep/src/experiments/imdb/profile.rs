//! Sizes, methods and step sizes of the experiments on reviews, for each profile.

use mirrorhead_datasets::{PlantedReviews, file_digest};
use mirrorhead_harness::{CellError, Profile, Scope};
use mirrorhead_transformers::TextClassifierConfig;

use crate::data::text_source::{Pieces, TextSource};
use crate::experiments::shared::step_sizes::{FACTORS, TUNING_SEED};
use crate::measures::decisive_attention::sentences_file;
use crate::training::method::Method;
use crate::training::text_training::{Batching, TextTraining};

/// The methods, in the order of the tables.
pub const METHODS: [Method; 4] = [
    Method::MirrorDescent { p: 1.1 },
    Method::MirrorDescent { p: 2.0 },
    Method::MirrorDescent { p: 3.0 },
    Method::Adam,
];

/// Pieces learned from the training reviews where BERT's would make most of the model.
const LEARNED_PIECES: usize = 8_000;

/// The generated reviews of the quick profile.
const PLANTED: PlantedReviews = PlantedReviews {
    n_train: 2_000,
    n_test: 500,
    shortest: 5,
    longest: 20,
    neutral_words: 200,
    label_noise: 0.0,
};

/// The sizes of the models of a profile, by number of blocks.
pub fn blocks(profile: Profile) -> &'static [usize] {
    match profile {
        Profile::Quick | Profile::Cpu => &[1],
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
        Profile::Cpu => {
            TextClassifierConfig { max_length: 64, width: 32, n_heads: 2, hidden: 128, ..paper }
        }
        Profile::Paper => paper,
    }
}

/// The paper's step sizes of its own models; the paper has no Adam on reviews, and uses 1e-4 on images.
pub fn paper_step(n_blocks: usize, method: Method) -> f64 {
    let steps = match n_blocks {
        3 => [8e-4, 4e-4, 4e-6],
        4 => [6e-4, 4e-4, 6e-6],
        _ => [1e-3, 1e-3, 1e-5],
    };
    let place = METHODS.iter().position(|other| *other == method);
    place.and_then(|place| steps.get(place)).copied().unwrap_or(1e-4)
}

/// The middle of the grid of step sizes of a method.
fn middle(profile: Profile, method: Method) -> f64 {
    let place = METHODS.iter().position(|other| *other == method).unwrap_or(0);
    let steps = match profile {
        Profile::Quick => [4e-3, 2e-2, 2e-2, 2e-2],
        _ => [3e-3, 6e-3, 1e-3, 1e-3],
    };
    steps[place]
}

/// The epochs of a run that tunes.
fn tuning_epochs(profile: Profile) -> usize {
    if profile == Profile::Quick { 4 } else { 16 }
}

/// The runs that tune step sizes: every method and size on a grid of its own, for one seed.
pub fn grid(scope: &Scope) -> Vec<TextTraining> {
    let Ok(texts) = texts(scope) else { return Vec::new() };
    let mut cells = Vec::new();
    for n_blocks in blocks(scope.profile) {
        for method in METHODS {
            for factor in FACTORS {
                let step_size = factor * middle(scope.profile, method);
                let whole = training(scope, &texts, (*n_blocks, method, step_size, TUNING_SEED));
                cells.push(TextTraining { max_epochs: tuning_epochs(scope.profile), ..whole });
            }
        }
    }
    cells
}

/// The runs that are compared, with the step size of each method for each number of blocks.
pub fn runs(scope: &Scope, step_size: impl Fn(usize, Method) -> f64) -> Vec<TextTraining> {
    let Ok(texts) = texts(scope) else { return Vec::new() };
    let seeds = scope.seeds(3, if scope.profile == Profile::Cpu { 5 } else { 10 });
    let mut cells = Vec::new();
    for seed in seeds {
        for n_blocks in blocks(scope.profile) {
            for method in METHODS {
                let step_size = step_size(*n_blocks, method);
                cells.push(training(scope, &texts, (*n_blocks, method, step_size, seed)));
            }
        }
    }
    cells
}

/// What is read: the texts, and [the digest](TextTraining::sentences) of the sentences that attention is
/// scored on.
pub type Texts = (TextSource, Option<String>);

/// The texts of a profile.
///
/// # Errors
/// The reviews, BERT's vocabulary or the sentences can't be read, or are damaged.
pub fn texts(scope: &Scope) -> Result<Texts, CellError> {
    let folder = &scope.data_dir;
    let source = match scope.profile {
        Profile::Quick => Ok(TextSource::Planted { reviews: PLANTED, seed: 1 }),
        Profile::Cpu => TextSource::imdb(folder, Pieces::Learned(LEARNED_PIECES)),
        Profile::Paper => Pieces::bert(folder).and_then(|pieces| TextSource::imdb(folder, pieces)),
    };
    let file = sentences_file(scope.sentences.as_deref(), folder);
    let sentences = file.map(|path| file_digest(&path)).transpose();
    Ok((source?, sentences?))
}

/// A run on these texts.
pub fn training(
    scope: &Scope,
    (source, sentences): &Texts,
    (n_blocks, method, step_size, seed): (usize, Method, f64, u64),
) -> TextTraining {
    let profile = scope.profile;
    TextTraining {
        source: source.clone(),
        sentences: sentences.clone(),
        device: scope.device,
        micro_batch: scope.micro_batch,
        model: model(profile, n_blocks),
        method,
        step_size,
        attention_scale: None,
        batch: if profile == Profile::Quick { 20 } else { 100 },
        batching: match profile {
            Profile::Quick | Profile::Cpu => Batching::ByLength,
            Profile::Paper => Batching::Shuffled,
        },
        validation: 0.1,
        n_train: None,
        n_test: None,
        milestones: Vec::new(),
        pruned_to: Vec::new(),
        stop_accuracy: 0.995,
        max_epochs: match profile {
            Profile::Quick => 20,
            Profile::Cpu => 160,
            Profile::Paper => 1_000,
        },
        seed,
    }
}
