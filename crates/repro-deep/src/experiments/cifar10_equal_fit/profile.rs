//! Sizes, methods and step sizes of the comparison at equal fit.

use mirrorhead_harness::{Profile, Scope};
use mirrorhead_transformers::VisionTransformerConfig;

use crate::experiments::cifar10::profile::{METHODS, source, training};
use crate::experiments::equal_fit::profile::{KEPT, MILESTONES, STOP_ACCURACY};
use crate::experiments::shared::step_sizes::TUNING_SEED;
use crate::training::image_training::ImageTraining;
use crate::training::method::Method;

/// The grid of step sizes of a method, around one with which a pilot reached the stopping rule.
fn steps(profile: Profile, method: Method) -> [f64; 2] {
    let place = METHODS.iter().position(|other| *other == method).unwrap_or(0);
    let steps = match profile {
        Profile::Quick => [[2.5e-2, 5e-2], [5e-2, 1e-1], [3e-3, 6e-3]],
        Profile::Cpu | Profile::Paper => [[3e-2, 5e-2], [5e-2, 1e-1], [5e-4, 1e-3]],
    };
    steps[place]
}

/// The smaller of the two.
pub fn smaller(profile: Profile, method: Method) -> f64 {
    steps(profile, method)[0]
}

/// The runs that tune step sizes.
pub fn grid(scope: &Scope) -> Vec<ImageTraining> {
    let of = |method: Method| steps(scope.profile, method).map(|step| (method, step, TUNING_SEED));
    on_images(scope, METHODS.into_iter().flat_map(of))
}

/// The runs that are compared, for every method that has a step size.
pub fn runs(scope: &Scope, step_size: impl Fn(Method) -> Option<f64>) -> Vec<ImageTraining> {
    let steps: Vec<_> =
        METHODS.into_iter().filter_map(|method| Some((method, step_size(method)?))).collect();
    let of = |seed| steps.iter().map(move |(method, step)| (*method, *step, seed));
    on_images(scope, scope.seeds(3, 10).flat_map(of))
}

/// Runs on the images of the scope.
fn on_images(
    scope: &Scope,
    settings: impl Iterator<Item = (Method, f64, u64)>,
) -> Vec<ImageTraining> {
    let Ok(source) = source(scope) else { return Vec::new() };
    settings.map(|setting| run(scope, training(scope, source.clone(), setting))).collect()
}

/// A run as it is at equal fit.
fn run(scope: &Scope, whole: ImageTraining) -> ImageTraining {
    let own = ImageTraining {
        crop_padding: None,
        milestones: MILESTONES.into(),
        pruned_to: KEPT.into(),
        stop_accuracy: Some(STOP_ACCURACY),
        ..whole
    };
    match scope.profile {
        Profile::Quick => ImageTraining {
            n_train: Some(400),
            n_test: Some(200),
            max_epochs: 60,
            model: VisionTransformerConfig { dropout: 0.0, ..own.model },
            ..own
        },
        Profile::Cpu | Profile::Paper => ImageTraining {
            n_train: Some(1_000),
            n_test: Some(5_000),
            validation: 0.01,
            max_epochs: 200,
            batch: 10,
            normalisation: None,
            model: VisionTransformerConfig {
                side: 32,
                patch: 8,
                width: 64,
                n_blocks: 2,
                n_heads: 2,
                hidden: 128,
                dropout: 0.0,
                ..own.model
            },
            ..own
        },
    }
}
