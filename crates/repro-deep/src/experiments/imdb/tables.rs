//! The settings of the runs on reviews beside the paper's.

use mirrorhead_transformers::TextClassifierConfig;

use super::profile::paper_step;
use crate::data::text_source::{Pieces, TextSource};
use crate::experiments::shared::paper_settings::PaperSetting;
use crate::training::method::Method;
use crate::training::text_training::{Batching, TextTraining};

/// The settings of the runs that are compared.
pub fn settings(runs: &[&TextTraining]) -> Vec<PaperSetting> {
    let Some(&run) = runs.first() else { return Vec::new() };
    let paper = TextClassifierConfig::paper(1, run.model.n_blocks);
    let mut settings = vec![
        PaperSetting::new("texts", "25,000 reviews of IMDb", texts(&run.source)),
        PaperSetting::new("pieces", "the 30,522 of BERT", pieces(&run.source)),
        PaperSetting::new("most pieces of a text", paper.max_length, run.model.max_length),
    ];
    settings.extend(model(runs, &paper));
    settings.extend([
        PaperSetting::new("texts in a batch", 100, run.batch),
        PaperSetting::new("order of the texts", "shuffled", order(run.batching)),
        PaperSetting::new(
            "best epoch",
            "by the test texts",
            format!("by {} of the training texts", run.validation),
        ),
        PaperSetting::new("training ends at an accuracy of", 0.995, run.stop_accuracy),
        PaperSetting::new("most epochs", 1_000, run.max_epochs),
        PaperSetting::new("random numbers", "one seed, not set anew", "a seed for each run"),
        PaperSetting::new(
            "state of mirror descent",
            "the weights, in f32",
            "their dual points, in f32",
        ),
    ]);
    settings.extend(methods(runs).into_iter().map(|method| step(runs, method)));
    settings
}

/// The sizes of the models.
fn model(runs: &[&TextTraining], paper: &TextClassifierConfig) -> Vec<PaperSetting> {
    let model = &runs[0].model;
    let mut blocks: Vec<String> =
        runs.iter().map(|run| format!("{} / {}", run.model.n_blocks, run.model.n_heads)).collect();
    blocks.sort();
    blocks.dedup();
    vec![
        PaperSetting::new("blocks / heads of each", "3 / 3, 4 / 4, 6 / 6", blocks.join(", ")),
        PaperSetting::new("width", paper.width, model.width),
        PaperSetting::new("hidden units", paper.hidden, model.hidden),
        PaperSetting::new(
            "dropout on attention weights and residuals",
            paper.dropout,
            model.dropout,
        ),
    ]
}

/// The methods of the runs, in their order.
fn methods(runs: &[&TextTraining]) -> Vec<Method> {
    let mut methods = Vec::new();
    for run in runs {
        if !methods.contains(&run.method) {
            methods.push(run.method);
        }
    }
    methods
}

/// The step sizes of a method.
fn step(runs: &[&TextTraining], method: Method) -> PaperSetting {
    let mut steps: Vec<(usize, f64)> = runs
        .iter()
        .filter(|run| run.method == method)
        .map(|run| (run.model.n_blocks, run.step_size))
        .collect();
    steps.sort_by(|a, b| a.partial_cmp(b).expect("finite steps"));
    steps.dedup();
    let papers: Vec<_> = [3, 4, 6].map(|blocks| (blocks, paper_step(blocks, method))).into();
    let paper = match method {
        Method::MirrorDescent { .. } => joined(&papers),
        Method::Grouped { .. } | Method::Adam | Method::LinBreg { .. } | Method::AdaBreg { .. } => {
            "not run".into()
        }
    };
    PaperSetting::new(format!("step of {method}"), paper, joined(&steps))
}

fn joined(steps: &[(usize, f64)]) -> String {
    steps.iter().map(|(_, step)| format!("{step:e}")).collect::<Vec<_>>().join(", ")
}

fn texts(source: &TextSource) -> &'static str {
    match source {
        TextSource::Imdb { .. } => "25,000 reviews of IMDb",
        TextSource::Planted { .. } => "generated reviews",
    }
}

fn pieces(source: &TextSource) -> String {
    match source {
        TextSource::Imdb { pieces: Pieces::Bert { .. }, .. } => "the 30,522 of BERT".into(),
        TextSource::Imdb { pieces: Pieces::Learned(n), .. } => {
            format!("{n} learned from the texts")
        }
        TextSource::Planted { .. } => "learned from the texts".into(),
    }
}

fn order(batching: Batching) -> &'static str {
    match batching {
        Batching::Shuffled => "shuffled",
        Batching::ByLength => "shuffled batches of like length",
    }
}

#[cfg(test)]
mod tests {
    use mirrorhead_harness::{Profile, Scope};

    use super::*;
    use crate::experiments::imdb::profile::{METHODS, blocks, training};
    use crate::experiments::shared::paper_settings::deviations;
    use crate::experiments::shared::paper_settings::tests::markdown;

    /// The runs of a profile on reviews, which needn't be there.
    fn runs_of(profile: Profile, pieces: &Pieces) -> Vec<TextTraining> {
        let texts = (TextSource::Imdb { sha256: String::new(), pieces: pieces.clone() }, None);
        let run = |blocks, method| {
            let run = (blocks, method, paper_step(blocks, method), 1);
            training(&Scope::new(profile), &texts, run)
        };
        let of = |blocks: &usize| METHODS.map(|method| run(*blocks, method));
        blocks(profile).iter().flat_map(of).collect()
    }

    fn table(runs: &[TextTraining]) -> Vec<String> {
        markdown(&deviations(&settings(&runs.iter().collect::<Vec<_>>())))
    }

    #[test]
    fn the_page_lists_every_deviation_of_the_profile_paper() {
        let bert = Pieces::Bert { sha256: String::new() };
        let page = include_str!("../../../../../docs/real-data/imdb.md");
        let rows = table(&runs_of(Profile::Paper, &bert));
        assert_eq!(rows.len(), 4, "{rows:#?}");
        for row in rows {
            assert!(page.contains(&row), "{row}");
        }
    }
}
