//! The figures, the table and the verdicts of the comparison on images.

use mirrorhead_harness::{
    Axis, Claim, Figure, Finding, Obtained, Quantity, Summary, Table, TableEntry,
};
use mirrorhead_transformers::VisionTransformerConfig;

use super::profile::METHODS;
use super::tables::settings;
use crate::experiments::shared::over_seeds::{FEWEST_SEEDS, difference, measurement};
use crate::experiments::shared::paper_settings::deviations;
use crate::experiments::shared::run_lines::{run_lines, validation};
use crate::experiments::shared::step_sizes::{self, GridRun, TUNING_SEED};
use crate::measures::weight_census::WeightCensus;
use crate::training::image_training::{ImageOutcome, ImageTraining};
use crate::training::method::Method;
use crate::training::train::End;
use crate::training::trained::Trained;

const SPARSER_THAN_ADAM: Claim = Claim {
    key: "sparser-than-adam",
    statement: "keys, queries and values trained with p = 1.1 are sparser than those trained by Adam",
    expected: "after the last epoch, for each of the three, Hoyer's sparseness and the share of \
                   entries below a hundredth of the largest both exceed Adam's by more than twice the \
                   standard error of the difference",
};

const ACCURACY_OF_ADAM: Claim = Claim {
    key: "accuracy-of-adam",
    statement: "a model trained with p = 1.1 classifies as many test images correctly as one trained \
                    by Adam",
    expected: "after at least 150 epochs, where the two curves of the paper meet, the mean test \
                   accuracy at the best validation epoch is at most two points below Adam's",
};

const SPARSER_THAN_GRADIENT_DESCENT: Claim = Claim {
    key: "sparser-than-gradient-descent",
    statement: "keys, queries and values trained with p = 1.1 are sparser than those trained by \
                    gradient descent (p = 2), which is not in the paper's comparison",
    expected: "as for Adam",
};

const NO_RUN_LOST: Claim = Claim {
    key: "no-run-lost",
    statement: "every run trains",
    expected: "no run ends with a loss that is not finite",
};

/// The claims, in order.
pub const CLAIMS: [Claim; 4] =
    [SPARSER_THAN_ADAM, ACCURACY_OF_ADAM, SPARSER_THAN_GRADIENT_DESCENT, NO_RUN_LOST];

/// How far below Adam's an accuracy may be and count as equal.
const ACCURACY_MARGIN: f64 = 0.02;
/// Epochs after which the paper's curves of p = 1.1 and Adam have met.
const CURVES_MEET: usize = 150;
/// The test accuracies of the paper's runs before that, read off their curves: epoch, Adam, p = 1.1.
const PAPER_CURVES: [(usize, &str, &str); 3] =
    [(11, "0.69 to 0.73", "0.51 to 0.56"), (40, "0.78", "0.69"), (100, "0.79", "0.775")];
/// What is counted in a census, in order.
const WEIGHT_MATRICES: [&str; 3] = ["keys", "queries", "values"];
/// p = 1.1.
const SPARSE_METHOD: Method = METHODS[0];

type Cells = [(ImageTraining, ImageOutcome)];

/// The figures and the verdicts.
pub fn summarise(cells: &Cells) -> Summary {
    let sizes = (0..WEIGHT_MATRICES.len()).map(|map| sizes(cells, map));
    let findings = vec![
        sparser(cells, &SPARSER_THAN_ADAM, Method::Adam),
        as_accurate(cells),
        sparser(cells, &SPARSER_THAN_GRADIENT_DESCENT, Method::MirrorDescent { p: 2.0 }),
        lost(cells),
    ];
    let grid = tuning(cells);
    let configs: Vec<_> = compared(cells).map(|(config, _)| config).collect();
    let n_blocks = grid.first().map(|run| run.n_blocks);
    let tuning = n_blocks.map(|n_blocks| step_sizes::figure(&grid, n_blocks, &METHODS));
    Summary {
        figures: std::iter::once(learning(cells)).chain(sizes).chain(tuning).collect(),
        tables: vec![table(cells), deviations(&settings(&configs))],
        findings,
        ..Summary::default()
    }
}

/// Accuracies and sparseness, the paper's accuracy beside those of the paper's model.
fn table(cells: &Cells) -> Table {
    let is_paper =
        |(config, _): &(ImageTraining, _)| config.model == VisionTransformerConfig::paper();
    let in_paper = cells.iter().all(is_paper) && !cells.is_empty();
    let row = |method: &Method| {
        let outcomes = runs(cells, *method);
        let obtained = |value: &dyn Fn(&ImageOutcome) -> f64| {
            let values: Vec<f64> = outcomes.iter().map(|outcome| 100.0 * value(outcome)).collect();
            Quantity::mean(&values, 1)
        };
        let last = obtained(&|outcome| outcome.last.test.accuracy());
        let beside = in_paper && *method != (Method::MirrorDescent { p: 2.0 });
        let mut row = vec![
            TableEntry::text(method.to_string()),
            TableEntry::Obtained { obtained: obtained(&|outcome| outcome.best.test.accuracy()) },
            if beside {
                TableEntry::BesidePaper { obtained: last, paper: Quantity::new(81.0, 0) }
            } else {
                TableEntry::Obtained { obtained: last }
            },
        ];
        for map in 0..WEIGHT_MATRICES.len() {
            let hoyer = obtained(&|outcome| outcome.last.weights[map].hoyer);
            let small = obtained(&|outcome| outcome.last.weights[map].sparsity);
            row.extend([hoyer, small].map(|obtained| TableEntry::Obtained { obtained }));
        }
        row
    };
    let weights =
        WEIGHT_MATRICES.iter().flat_map(|map| [format!("{map}: Hoyer"), format!("{map}: small")]);
    let columns = ["method", "test accuracy, best epoch", "test accuracy, last epoch"];
    Table {
        key: "accuracy-and-sparseness".into(),
        title: "Accuracy and sparseness".into(),
        caption: "All in percent, mean and standard deviation over seeds. Hoyer: his sparseness, 0 for \
                  entries of equal size and 100 for a single one; small: the share of entries below a \
                  hundredth of the largest; both after the last epoch."
            .into(),
        columns: columns.into_iter().map(String::from).chain(weights).collect(),
        rows: METHODS.iter().map(row).collect(),
    }
}

/// The runs that are compared, and not for tuning.
pub fn compared(cells: &Cells) -> impl Iterator<Item = &(ImageTraining, ImageOutcome)> {
    cells.iter().filter(|(config, _)| config.seed != TUNING_SEED)
}

/// The runs that tune step sizes.
pub fn tuning(cells: &Cells) -> Vec<GridRun> {
    let run = |(config, outcome): &(ImageTraining, ImageOutcome)| GridRun {
        n_blocks: config.model.n_blocks,
        method: config.method,
        step_size: config.step_size,
        accuracy: outcome.best_validation(),
    };
    cells.iter().filter(|(config, _)| config.seed == TUNING_SEED).map(run).collect()
}

fn runs(cells: &Cells, method: Method) -> Vec<&ImageOutcome> {
    let own = compared(cells).filter(|(config, _)| config.method == method);
    own.map(|(_, outcome)| outcome).collect()
}

/// A number of every run of a method.
fn values(cells: &Cells, method: Method, value: impl Fn(&ImageOutcome) -> f64) -> Vec<f64> {
    runs(cells, method).into_iter().map(value).collect()
}

/// A way to measure how sparse entries are.
type Sparseness = (&'static str, fn(&WeightCensus) -> f64);
const SPARSENESS: [Sparseness; 2] =
    [("Hoyer", |census| census.hoyer), ("small entries", |census| census.sparsity)];

fn sparser(cells: &Cells, claim: &Claim, than: Method) -> Finding {
    let (mut held, mut measurements, mut texts) = (true, Vec::new(), Vec::new());
    let mut fewest = usize::MAX;
    for (map, name) in WEIGHT_MATRICES.iter().enumerate() {
        for (measure, of) in SPARSENESS {
            let of = |method| values(cells, method, |outcome| of(&outcome.last.weights[map]));
            let [sparse, other] = [SPARSE_METHOD, than].map(of);
            fewest = fewest.min(sparse.len()).min(other.len());
            let (ahead, error) = difference(&sparse, &other);
            held &= ahead > 2.0 * error;
            texts.push(format!("{name}, {measure}: {:+.1} points", 100.0 * ahead));
            for (method, values) in [(SPARSE_METHOD, &sparse), (than, &other)] {
                let label = format!("{name}, {measure}, {method}");
                measurements.extend((!values.is_empty()).then(|| measurement(label, values)));
            }
        }
    }
    let text = format!("{SPARSE_METHOD} against {than}, {}", texts.join("; "));
    finding(claim, (text, measurements), (fewest, held))
}

fn as_accurate(cells: &Cells) -> Finding {
    let accuracy = |trained: &Trained| trained.test.accuracy();
    let of = |method| values(cells, method, |outcome| accuracy(&outcome.best));
    let [sparse, adam] = [SPARSE_METHOD, Method::Adam].map(of);
    let (ahead, error) = difference(&sparse, &adam);
    let text = format!(
        "{SPARSE_METHOD} against Adam: {:+.2} points, standard error {:.2}",
        100.0 * ahead,
        100.0 * error
    );
    let mut measurements = Vec::new();
    for method in METHODS {
        let last = values(cells, method, |outcome| accuracy(&outcome.last));
        for (epoch, values) in [("best", of(method)), ("last", last)] {
            let label = format!("{method}: mean, {epoch} epoch");
            measurements.extend((!values.is_empty()).then(|| measurement(label, &values)));
        }
    }
    let (fewest, held) = (sparse.len().min(adam.len()), ahead >= -ACCURACY_MARGIN);
    let epochs = compared(cells).map(|(config, _)| config.max_epochs).min().unwrap_or(0);
    if epochs >= CURVES_MEET {
        return finding(&ACCURACY_OF_ADAM, (text, measurements), (fewest, held));
    }
    let obtained = Obtained { text: String::new(), measurements, n: fewest };
    ACCURACY_OF_ADAM.judged_if(false, held, obtained, &needed_epochs(epochs, &text))
}

/// What a judgement of the accuracies needs, after `epochs` epochs in which `text` was found.
fn needed_epochs(epochs: usize, text: &str) -> String {
    let distance = |row: &&(usize, &str, &str)| row.0.abs_diff(epochs);
    let theirs = PAPER_CURVES.iter().min_by_key(distance).map(|(epoch, adam, mirror)| {
        format!(
            "; near epoch {epoch} the paper's curves have {adam} for Adam and {mirror} for p = 1.1"
        )
    });
    let theirs = theirs.unwrap_or_default();
    format!("{CURVES_MEET} epochs, where the paper's curves meet; after {epochs}, {text}{theirs}")
}

/// A finding that needs a mean over seeds.
fn finding(
    claim: &Claim,
    (text, measurements): (String, Vec<mirrorhead_harness::Measurement>),
    (n, held): (usize, bool),
) -> Finding {
    let obtained = Obtained { text, measurements, n };
    claim.judged_if(n >= FEWEST_SEEDS, held, obtained, &format!("{FEWEST_SEEDS} seeds"))
}

fn lost(cells: &Cells) -> Finding {
    let diverged = |(_, outcome): &&(_, ImageOutcome)| matches!(outcome.end, End::Diverged { .. });
    let lost = compared(cells).filter(diverged).count();
    let n = compared(cells).count();
    let text = format!("{lost} of {n} runs diverged");
    let obtained = Obtained { text, measurements: Vec::new(), n };
    NO_RUN_LOST.judged_if(n > 0, lost == 0, obtained, "a run")
}

/// Validation accuracy along the epochs.
fn learning(cells: &Cells) -> Figure {
    Figure {
        key: "learning".into(),
        title: "Validation accuracy".into(),
        caption: "Accuracy on the validation images after each epoch; one line a seed.".into(),
        x: Axis::linear("epoch"),
        y: Axis::linear("validation accuracy"),
        series: run_lines(&METHODS, |method| runs(cells, method), validation),
    }
}

/// How the sizes of the entries of keys, queries or values are distributed.
fn sizes(cells: &Cells, map: usize) -> Figure {
    let points = |outcome: &ImageOutcome| {
        let census = &outcome.last.weights[map];
        let below = std::iter::once(&census.below).chain(&census.counts);
        let up_to = below.scan(0, |sum, count| {
            *sum += count;
            Some(*sum as f64 / census.n.max(1) as f64)
        });
        WeightCensus::edges().zip(up_to).map(Into::into).collect()
    };
    let name = WEIGHT_MATRICES[map];
    Figure {
        key: format!("weights-{name}"),
        title: format!("Entries of the {name}"),
        caption:
            "The share of entries that are smaller than a size, over all blocks, after the last \
                  epoch; one line a seed. A line far to the left: most entries are next to nothing."
                .into(),
        x: Axis::log("size"),
        y: Axis::linear("share of entries below it"),
        series: run_lines(&METHODS, |method| runs(cells, method), points),
    }
}
