//! The course of a run as figures, and the page that shows them beside its numbers.

use mirrorhead_harness::report::Sheet;
use mirrorhead_harness::{Axis, Figure, ReproError, Series, Shape, Table, TableEntry};
use mirrorhead_mirror::LpNorm;

use super::outcome::CommandResult;
use super::summary::facts;
use super::trace::TraceTable;

/// The page of one run, and its figures.
///
/// # Errors
/// A figure can't be drawn.
pub fn run_sheet(
    result: &CommandResult,
    norm: LpNorm,
    trace: &TraceTable,
) -> Result<Sheet, ReproError> {
    let p = norm.p();
    let file = result.settings["file"].as_str().unwrap_or_default();
    let facts = facts(result).into_iter();
    let table = Table {
        key: "numbers".into(),
        title: "Numbers".into(),
        caption:
            "Every digit, and more, is in result.json; the course is in trace.csv and trace.npz."
                .into(),
        columns: vec![String::new(), "value".into()],
        rows: facts
            .map(|(name, value)| [name.to_owned(), value].map(TableEntry::text).into())
            .collect(),
    };
    let title = format!("ℓp-AttGD at p = {p}");
    Sheet::new(&title, &format!("On {file}."), &[table.into()], &run_figures(p, trace))
}

fn run_figures(p: f64, trace: &TraceTable) -> [Figure; 4] {
    let [norms, divergences, least, mean] = trace.columns().map(|(_, column)| column);
    let line = |label: &str, hue, values: &[f64]| {
        Series::new(label, hue, Shape::Line { points: trace.points(values) })
    };
    let figure = |key: &str, title: &str, caption: &str, y: Axis, series| Figure {
        key: key.into(),
        title: title.into(),
        caption: caption.into(),
        x: Axis::log("iteration"),
        y,
        series,
    };
    let positive = trace.losses().iter().all(|loss| *loss > 0.0);
    let scale = if positive { Axis::log } else { Axis::linear };
    [
        figure(
            "loss",
            "Loss",
            "The risk along the run.",
            scale("loss"),
            vec![line("loss", 0, trace.losses())],
        ),
        figure(
            "norm",
            "Norm of W",
            "It grows without end where the data can be told apart.",
            Axis::linear(format!("norm of W at p = {p}")),
            vec![line("norm", 0, &norms)],
        ),
        figure(
            "divergence",
            "Distance from the certified direction",
            "The directional Bregman divergence of W from the AttSVM of the selection found at the end: 0 aligned, 2 \
             opposed.",
            Axis::log("divergence"),
            vec![line("divergence", 0, &divergences)],
        ),
        figure(
            "probability",
            "Probability of the selected tokens",
            "The attention on the tokens selected at the end: of the sequence that has least, and the mean.",
            Axis::linear("probability"),
            vec![line("least", 0, &least), line("mean", 1, &mean)],
        ),
    ]
}
