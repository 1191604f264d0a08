//! Sizes, methods and step sizes of the comparison at equal fit.

use mirrorhead_harness::{CellError, Profile, Scope};
use mirrorhead_transformers::TextClassifierConfig;

use crate::data::text_source::{Pieces, TextSource};
use crate::experiments::equal_fit::profile::{KEPT, MILESTONES, STOP_ACCURACY};
use crate::experiments::imdb::profile::{Texts, texts as imdb_texts, training};
use crate::experiments::shared::step_sizes::TUNING_SEED;
use crate::training::method::Method;
use crate::training::text_training::{Batching, TextTraining};

/// The methods, in the order of the tables.
pub const METHODS: [Method; 7] = [
    Method::MirrorDescent { p: 1.1 },
    Method::MirrorDescent { p: 2.0 },
    Method::MirrorDescent { p: 3.0 },
    Method::Adam,
    Method::LinBreg { threshold: 0.1 },
    Method::AdaBreg { threshold: 0.1 },
    Method::AdaBreg { threshold: 0.0 },
];

/// Pieces learned from the training reviews: few, since rare ones can't be learned from a thousand reviews.
const LEARNED_PIECES: usize = 2_000;

/// The texts of a profile.
///
/// # Errors
/// The reviews or the sentences can't be read, or are damaged.
pub fn texts(scope: &Scope) -> Result<Texts, CellError> {
    let profile = match scope.profile {
        Profile::Quick => Profile::Quick,
        Profile::Cpu | Profile::Paper => Profile::Cpu,
    };
    let (source, sentences) = imdb_texts(&Scope { profile, ..scope.clone() })?;
    let source = match source {
        TextSource::Imdb { sha256, .. } => {
            TextSource::Imdb { sha256, pieces: Pieces::Learned(LEARNED_PIECES) }
        }
        planted @ TextSource::Planted { .. } => planted,
    };
    Ok((source, sentences))
}

/// The grid of step sizes of a method, around one with which a pilot reached the stopping rule.
fn steps(profile: Profile, method: Method) -> [f64; 2] {
    let place = METHODS.iter().position(|other| *other == method).unwrap_or(0);
    let steps = match profile {
        Profile::Quick => {
            let (descent, adam) = ([2e-2, 4e-2], [1e-2, 2e-2]);
            [[4e-3, 8e-3], descent, descent, adam, descent, adam, adam]
        }
        Profile::Cpu | Profile::Paper => {
            let adam = [5e-4, 1e-3];
            [[4e-3, 8e-3], [1.5e-2, 2.5e-2], [1e-3, 1.5e-3], adam, [2e-2, 3e-2], adam, adam]
        }
    };
    steps[place]
}

/// The smaller of the two.
pub fn smaller(profile: Profile, method: Method) -> f64 {
    steps(profile, method)[0]
}

/// The runs that tune step sizes.
pub fn grid(scope: &Scope) -> Vec<TextTraining> {
    let Ok(texts) = texts(scope) else { return Vec::new() };
    let of = |method: Method| {
        let steps = steps(scope.profile, method);
        steps.map(|step| run(scope, &texts, (method, step, TUNING_SEED)))
    };
    METHODS.into_iter().flat_map(of).collect()
}

/// The runs that are compared, for every method that has a step size.
pub fn runs(scope: &Scope, step_size: impl Fn(Method) -> Option<f64>) -> Vec<TextTraining> {
    let Ok(texts) = texts(scope) else { return Vec::new() };
    let mut cells = Vec::new();
    for seed in scope.seeds(3, 10) {
        for method in METHODS {
            let step = step_size(method);
            cells.extend(step.map(|step| run(scope, &texts, (method, step, seed))));
        }
    }
    cells
}

/// A run on these texts.
fn run(
    scope: &Scope,
    texts: &Texts,
    (method, step_size, seed): (Method, f64, u64),
) -> TextTraining {
    let whole = training(scope, texts, (1, method, step_size, seed));
    let own = TextTraining {
        batching: Batching::Shuffled,
        milestones: MILESTONES.into(),
        pruned_to: KEPT.into(),
        stop_accuracy: STOP_ACCURACY,
        ..whole
    };
    match scope.profile {
        Profile::Quick => TextTraining { n_train: Some(400), max_epochs: 60, ..own },
        Profile::Cpu | Profile::Paper => TextTraining {
            n_train: Some(1_000),
            n_test: Some(5_000),
            validation: 0.02,
            max_epochs: 400,
            batch: 10,
            model: TextClassifierConfig {
                width: 48,
                n_heads: 2,
                hidden: 192,
                max_length: 64,
                dropout: 0.0,
                ..whole.model
            },
            ..own
        },
    }
}
