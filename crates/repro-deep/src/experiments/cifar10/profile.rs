//! Sizes, methods and step sizes of the experiments on images, for each profile.

use mirrorhead_datasets::{Normalisation, PlantedImages};
use mirrorhead_harness::{CellError, Profile, Scope};
use mirrorhead_transformers::VisionTransformerConfig;

use crate::data::image_source::ImageSource;
use crate::experiments::shared::step_sizes::{FACTORS, TUNING_SEED};
use crate::training::image_training::ImageTraining;
use crate::training::method::Method;
use crate::training::processor::processor;

/// The methods, in the order of the tables.
pub const METHODS: [Method; 3] =
    [Method::MirrorDescent { p: 1.1 }, Method::MirrorDescent { p: 2.0 }, Method::Adam];

/// The part of the epochs that a tuning run has: one in so many.
const TUNING_PART: usize = 4;

/// The generated images of the quick profile.
const PLANTED: PlantedImages =
    PlantedImages { n_train: 800, n_test: 400, side: 16, patch: 4, n_classes: 4 };

/// The means of CIFAR-10, and the numbers that the paper's scripts divide by: not its deviations, which are 0.247,
/// 0.243, 0.262.
pub const PAPER_NORMALISATION: Normalisation =
    Normalisation { mean: [0.4914, 0.4822, 0.4465], deviation: [0.2023, 0.1994, 0.2010] };

/// The model of a profile.
pub fn model(profile: Profile) -> VisionTransformerConfig {
    let paper = VisionTransformerConfig::paper();
    match profile {
        Profile::Quick => VisionTransformerConfig {
            side: PLANTED.side,
            n_classes: usize::from(PLANTED.n_classes),
            width: 32,
            n_blocks: 2,
            n_heads: 2,
            hidden: 32,
            ..paper
        },
        Profile::Cpu => VisionTransformerConfig {
            side: 32,
            patch: 8,
            width: 64,
            n_blocks: 2,
            n_heads: 2,
            hidden: 64,
            dropout: 0.0,
            ..paper
        },
        Profile::Paper => paper,
    }
}

/// The paper's step sizes of its own model; it has none for p = 2 and methods with exact zeros, where this is our choice.
pub fn paper_step(method: Method) -> f64 {
    match method {
        Method::MirrorDescent { .. } | Method::Grouped { .. } | Method::LinBreg { .. } => 5e-2,
        Method::Adam | Method::AdaBreg { .. } => 1e-4,
    }
}

/// The middle of the grid of step sizes of a method.
fn middle(profile: Profile, method: Method) -> f64 {
    let place = METHODS.iter().position(|other| *other == method).unwrap_or(0);
    let steps = match profile {
        Profile::Quick => [5e-2, 1e-1, 3e-3],
        _ => [2e-1, 2e-1, 1e-3],
    };
    steps[place]
}

/// The runs that tune step sizes: every method on a grid of its own, for one seed.
pub fn grid(scope: &Scope) -> Vec<ImageTraining> {
    let Ok(source) = source(scope) else { return Vec::new() };
    let run = |method| {
        FACTORS.map(|factor| {
            let step_size = factor * middle(scope.profile, method);
            let whole = training(scope, source.clone(), (method, step_size, TUNING_SEED));
            let max_epochs = whole.max_epochs.div_ceil(TUNING_PART);
            ImageTraining { max_epochs, ..whole }
        })
    };
    METHODS.into_iter().flat_map(run).collect()
}

/// The runs that are compared, with the step size of each method.
pub fn runs(scope: &Scope, step_size: impl Fn(Method) -> f64) -> Vec<ImageTraining> {
    let Ok(source) = source(scope) else { return Vec::new() };
    let run = |seed| {
        METHODS.map(|method| training(scope, source.clone(), (method, step_size(method), seed)))
    };
    scope.seeds(3, 3).flat_map(run).collect()
}

/// The images of a profile.
///
/// # Errors
/// CIFAR-10 isn't in the data folder, or is damaged; a device that this binary doesn't have.
pub fn source(scope: &Scope) -> Result<ImageSource, CellError> {
    processor(scope.device)?;
    match scope.profile {
        Profile::Quick => Ok(planted()),
        Profile::Cpu | Profile::Paper => {
            ImageSource::cifar10(&scope.data_dir).map_err(CellError::from)
        }
    }
}

/// The generated images of the quick profile.
pub fn planted() -> ImageSource {
    ImageSource::Planted { images: PLANTED, seed: 1 }
}

/// A run on these images.
pub fn training(
    scope: &Scope,
    source: ImageSource,
    (method, step_size, seed): (Method, f64, u64),
) -> ImageTraining {
    let quick = scope.profile == Profile::Quick;
    ImageTraining {
        source,
        model: model(scope.profile),
        method,
        step_size,
        attention_scale: None,
        batch: if quick { 20 } else { 100 },
        // A moved patch would be none of the model's.
        crop_padding: (!quick).then_some(4),
        normalisation: (scope.profile == Profile::Paper).then_some(PAPER_NORMALISATION),
        validation: 0.1,
        n_train: None,
        n_test: None,
        milestones: Vec::new(),
        pruned_to: Vec::new(),
        stop_accuracy: None,
        max_epochs: match scope.profile {
            Profile::Quick | Profile::Cpu => 12,
            Profile::Paper => 1_000,
        },
        device: scope.device,
        micro_batch: scope.micro_batch,
        seed,
    }
}
