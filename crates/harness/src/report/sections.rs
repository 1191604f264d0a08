//! The section of an experiment: its claims with what was measured, figures beside them, tables, data.

use std::fmt::Write;

use super::alternative::alternative;
use super::data::{CellState, ExperimentReport, Report};
use super::html::{class, escape, prose, said, short};
use super::links::Links;
use super::palette;
use super::supplements::supplement;
use super::tiles::anchor;
use crate::duration::duration;
use crate::experiment::{ClaimResult, Exclusion, Figure, Measurement};
use crate::study::Source;

/// How many measurements of a claim are shown at once.
const SHOWN: usize = 3;

/// How many cells are listed; all of them are in `report.json`.
const LISTED: usize = 300;

/// How many cells that were left out are named.
const NAMED: usize = 50;

/// The section of an experiment; `drawings[f]` is the drawing of its figure `f`.
pub fn section(
    experiment: &ExperimentReport,
    drawings: &[String],
    report: &Report,
    links: &Links,
) -> String {
    let name = experiment.about.name;
    let figures: String = experiment
        .figures
        .iter()
        .zip(drawings)
        .map(|(figure, drawing)| figure_html(name, figure, drawing, links))
        .collect();
    let failure = experiment
        .failure
        .as_ref()
        .map_or(String::new(), |failure| format!("<p class=\"failure\">{}</p>\n", escape(failure)));
    let claims: String =
        report.claims.iter().filter(|claim| claim.experiment == name).map(claim_html).collect();
    let page = links.page(report.study.page(name));
    let page = page.map_or(String::new(), |page| format!("<p class=\"quiet\">More: {page}</p>"));
    let shows = if report.claims.iter().any(|c| c.experiment == name && c.source == Source::Paper) {
        "What the paper shows"
    } else {
        "What is expected"
    };
    format!(
        "<section id=\"{0}\">\n<h2>{1} <code>{0}</code></h2>\n<p>{2}</p>\n{failure}\
         <div class=\"beside\">\n<div class=\"claims\">{claims}<aside><h3>{shows}</h3><p>{3}</p>{page}</aside></div>\n\
         <div class=\"figures\">{figures}</div>\n</div>\n{4}{5}{6}</section>\n",
        escape(name),
        prose(experiment.about.title),
        prose(experiment.about.setting),
        prose(experiment.about.expectation),
        experiment.supplements.iter().map(supplement).collect::<String>(),
        exclusions(experiment),
        cells(experiment),
    )
}

fn claim_html(claim: &ClaimResult) -> String {
    let obtained = claim.obtained.as_ref();
    let n = obtained.map_or(String::new(), |obtained| {
        format!(" <span class=\"quiet\">(n = {})</span>", obtained.n)
    });
    let lines: Vec<String> =
        obtained.iter().flat_map(|obtained| &obtained.measurements).map(measurement).collect();
    let (shown, more) = lines.split_at(lines.len().min(SHOWN));
    let mut numbers = shown.concat();
    if !more.is_empty() {
        let _ = write!(
            numbers,
            "<details><summary>{} more</summary>{}</details>",
            more.len(),
            more.concat()
        );
    }
    let whose = if claim.source == Source::Paper { "" } else { ", beyond the paper" };
    format!(
        "<article id=\"{}\" class=\"claim\"><h3><span class=\"verdict {}\">{}</span> \
         <code>{}</code><span class=\"quiet\">{whose}</span></h3>\n<p>{}</p>\n\
         <p><b>Expected:</b> {}</p>\n<p><b>Obtained:</b> {}{n}</p>{numbers}</article>\n",
        anchor(claim),
        class(claim.verdict),
        claim.verdict.words(),
        escape(claim.claim.key),
        prose(claim.claim.statement),
        prose(claim.claim.expected),
        prose(said(claim)),
    )
}

fn measurement(measured: &Measurement) -> String {
    let spread = measured.spread.as_ref().map_or(String::new(), |spread| {
        format!(" ({}: {} to {})", spread.kind, short(spread.low), short(spread.high))
    });
    let value = short(measured.value);
    let line = format!("{}: {value}{spread}, n = {}", measured.label, measured.n);
    format!("<div class=\"quiet\">{}</div>", prose(&line))
}

fn figure_html(experiment: &str, figure: &Figure, drawing: &str, links: &Links) -> String {
    let name = format!("figures/{experiment}-{}", figure.key);
    let file = |ending: &str| {
        links.file(&format!("{name}.{ending}"), &ending.to_uppercase()).unwrap_or_default()
    };
    // Whoever converts drawings puts links to what it makes where the comment is.
    let files = format!("{} {}<!--more:{}-->", file("svg"), file("csv"), escape(&name));
    format!(
        "<figure>{}<figcaption>{} <span class=\"files\">{files}</span></figcaption></figure>\n",
        palette::themed(drawing).replacen(
            "<svg ",
            &format!("<svg role=\"img\" aria-label=\"{}\" ", escape(&alternative(figure))),
            1
        ),
        prose(&figure.caption)
    )
}

fn exclusions(experiment: &ExperimentReport) -> String {
    if experiment.excluded.is_empty() {
        return "<p class=\"quiet\">No cell was left out: every hypothesis held.</p>\n".into();
    }
    let item = |excluded: &Exclusion| {
        let named = excluded.cells.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>();
        let more = match excluded.cells.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(", and {more} more"),
        };
        format!(
            "<li><b>{}</b> {} <span class=\"quiet\">{}{more}</span></li>",
            excluded.cells.len(),
            prose(&excluded.reason),
            escape(&named.join(", "))
        )
    };
    format!(
        "<h3>Left out, because a hypothesis failed</h3>\n<ul>{}</ul>\n",
        experiment.excluded.iter().map(item).collect::<String>()
    )
}

fn cells(experiment: &ExperimentReport) -> String {
    let mut rows = String::new();
    let mut total = 0.0;
    for (at, cell) in experiment.cells.iter().enumerate() {
        let state = match &cell.state {
            CellState::Finished { seconds, .. } => {
                total += seconds;
                format!("{seconds:.3} s")
            }
            CellState::Failed { reason } => format!("failed: {}", escape(reason)),
            CellState::Skipped => "not started".into(),
        };
        if at < LISTED {
            // Writing to a string can't fail.
            let _ = write!(
                rows,
                "<li>{} <span class=\"quiet\">{state}</span></li>",
                escape(&cell.label)
            );
        }
    }
    let more = match experiment.cells.len().saturating_sub(LISTED) {
        0 => String::new(),
        more => format!("<p class=\"quiet\">and {more} more, in report.json</p>\n"),
    };
    format!(
        "<details class=\"data\"><summary>{} cells, {} of computing</summary>\n<ul class=\"cells\">{rows}</ul>\n\
         {more}</details>\n",
        experiment.cells.len(),
        duration(total)
    )
}
