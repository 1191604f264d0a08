//! The settings of the runs on images beside the paper's.

use mirrorhead_transformers::VisionTransformerConfig;

use super::profile::{METHODS, PAPER_NORMALISATION, paper_step};
use crate::data::image_source::ImageSource;
use crate::experiments::shared::paper_settings::PaperSetting;
use crate::training::image_training::ImageTraining;
use crate::training::method::Method;

/// The settings of the runs that are compared.
pub fn settings(runs: &[&ImageTraining]) -> Vec<PaperSetting> {
    let Some(&run) = runs.first() else { return Vec::new() };
    let (paper, model) = (VisionTransformerConfig::paper(), &run.model);
    let source = match run.source {
        ImageSource::Cifar10 { .. } => "CIFAR-10",
        ImageSource::Planted { .. } => "generated images",
    };
    let divisor = match run.normalisation {
        Some(normalisation) => format!("{:?}", normalisation.deviation),
        None => "the deviations of the images".into(),
    };
    let moved =
        run.crop_padding.map_or("none".into(), |padding| format!("by up to {padding}, mirrored"));
    let mut settings = vec![
        PaperSetting::new("images", "CIFAR-10", source),
        PaperSetting::new("images to learn from", "all for training", learned(run)),
        PaperSetting::new("side of the images / of patches", sides(&paper), sides(model)),
        PaperSetting::new(
            "pixels are divided by",
            format!("{:?}", PAPER_NORMALISATION.deviation),
            divisor,
        ),
        PaperSetting::new("random moves", "by up to 4, mirrored", moved),
        PaperSetting::new("blocks / heads of each", heads(&paper), heads(model)),
        PaperSetting::new("width", paper.width, model.width),
        PaperSetting::new("hidden units", paper.hidden, model.hidden),
        PaperSetting::new("dropout", paper.dropout, model.dropout),
        PaperSetting::new("images in a batch", 100, run.batch),
        PaperSetting::new(
            "best epoch",
            "by the test images",
            format!("by {} of the training images", run.validation),
        ),
        PaperSetting::new("training ends at an accuracy of", "none", stop(run)),
        PaperSetting::new("most epochs", 1_000, run.max_epochs),
        PaperSetting::new("random numbers", "one seed, not set anew", "a seed for each run"),
        PaperSetting::new(
            "state of mirror descent",
            "the weights, in f32",
            "their dual points, in f32",
        ),
    ];
    settings.extend(METHODS.iter().filter_map(|method| step(runs, *method)));
    settings
}

fn learned(run: &ImageTraining) -> String {
    run.n_train.map_or_else(|| "all for training".into(), |n| format!("{n}, drawn for each seed"))
}

fn stop(run: &ImageTraining) -> String {
    run.stop_accuracy.map_or_else(|| "none".into(), |accuracy| accuracy.to_string())
}

fn sides(model: &VisionTransformerConfig) -> String {
    format!("{} / {}", model.side, model.patch)
}

fn heads(model: &VisionTransformerConfig) -> String {
    format!("{} / {}", model.n_blocks, model.n_heads)
}

/// The step size of a method, if there are runs of it.
fn step(runs: &[&ImageTraining], method: Method) -> Option<PaperSetting> {
    let run = runs.iter().find(|run| run.method == method)?;
    let paper = match method {
        Method::MirrorDescent { p: 2.0 } => "not run".into(),
        _ => format!("{:e}", paper_step(method)),
    };
    Some(PaperSetting::new(format!("step of {method}"), paper, format!("{:e}", run.step_size)))
}
