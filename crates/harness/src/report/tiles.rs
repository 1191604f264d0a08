//! The verdicts, first of all: a tile for every claim that was run, those that differ before the others.

use super::data::Report;
use super::html::{class, escape, prose, said};
use super::links::Links;
use crate::experiment::{ClaimResult, Verdict};
use crate::study::Source;

/// The order of the tiles.
const ORDER: [Verdict; 3] = [Verdict::Differs, Verdict::NotJudged, Verdict::Reproduced];

/// The claims of the paper, those beyond it, and what wasn't run.
pub fn verdicts(report: &Report, links: &Links) -> String {
    let strips: String = [
        (Source::Paper, "Claims of the paper"),
        (Source::Beyond, "Beyond the paper: our own questions, and theorems of others"),
    ]
    .into_iter()
    .map(|(source, title)| strip(report, source, title, links))
    .collect();
    format!(
        "<section id=\"verdicts\" aria-label=\"Verdicts\">\n{strips}{}</section>\n",
        not_run(report)
    )
}

fn strip(report: &Report, source: Source, title: &str, links: &Links) -> String {
    let of = |verdict: Verdict| {
        let claims = report.claims.iter();
        claims.filter(move |claim| claim.source == source && claim.verdict == verdict)
    };
    let tiles: String =
        ORDER.into_iter().flat_map(of).map(|claim| tile(claim, report, links)).collect();
    let count = |verdict: Verdict| match report.count_of(source, verdict) {
        0 => String::new(),
        n => format!("<li class=\"{}\">{n} {}</li>", class(verdict), verdict.words()),
    };
    let counts = Verdict::ALL.map(count).concat();
    if counts.is_empty() {
        return String::new();
    }
    let tiles = if tiles.is_empty() {
        String::new()
    } else {
        format!("<ul class=\"tiles\">\n{tiles}</ul>\n")
    };
    format!("<h2>{title}</h2>\n<ul class=\"counts\">{counts}</ul>\n{tiles}")
}

/// A tile: of a claim that differs with the condition that failed.
fn tile(claim: &ClaimResult, report: &Report, links: &Links) -> String {
    let why = match claim.verdict {
        Verdict::Reproduced => String::new(),
        Verdict::Differs => format!(
            "<p><b>Expected:</b> {}</p><p><b>Obtained:</b> {}</p>",
            prose(claim.claim.expected),
            prose(said(claim))
        ),
        Verdict::NotJudged | Verdict::NotRun => format!("<p>{}</p>", prose(said(claim))),
    };
    let page = links.page(report.study.page(claim.experiment));
    let page = page.map_or(String::new(), |page| format!(" · {page}"));
    format!(
        "<li class=\"tile {}\"><span class=\"verdict {0}\">{}</span>\
         <a href=\"#{}\">{}</a>{why}<p class=\"quiet\">{}{page}</p></li>\n",
        class(claim.verdict),
        claim.verdict.words(),
        anchor(claim),
        prose(claim.claim.statement),
        escape(claim.experiment),
    )
}

/// Where a claim stands in the section of its experiment.
pub fn anchor(claim: &ClaimResult) -> String {
    escape(&format!("{}-{}", claim.experiment, claim.claim.key))
}

/// What wasn't run, a row for every claim, and for every experiment of a larger binary.
fn not_run(report: &Report) -> String {
    let claims = report.claims.iter().filter(|claim| claim.verdict == Verdict::NotRun);
    let claims = claims.map(|claim| {
        let whose = if claim.source == Source::Paper { "paper" } else { "beyond" };
        [claim.experiment, claim.claim.statement, whose, said(claim)]
    });
    let elsewhere = report.elsewhere.iter().map(|row| [row.name, row.title, "paper", row.reason]);
    let rows: Vec<[&str; 4]> = claims.chain(elsewhere).collect();
    if rows.is_empty() {
        return String::new();
    }
    let row = |cells: &[&str; 4]| {
        let cells = cells.map(|cell| format!("<td>{}</td>", prose(cell)));
        format!("<tr>{}</tr>\n", cells.concat())
    };
    format!(
        "<details id=\"not-run\"><summary>Not run: {} rows</summary>\n<div class=\"scroll\"><table>\n\
         <thead><tr><th>Experiment</th><th>Claim</th><th>Whose</th><th>Why</th></tr></thead>\n\
         <tbody>\n{}</tbody>\n</table></div></details>\n",
        rows.len(),
        rows.iter().map(row).collect::<String>()
    )
}
