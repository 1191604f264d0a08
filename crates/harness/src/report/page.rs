//! `index.html`: one page that explains itself, offline.

use std::fmt::Write;

use super::data::{CellState, ExperimentReport, Report};
use super::html::{escape, short};
use super::palette;
use super::supplements::supplement;
use crate::duration::duration;
use crate::experiment::{ClaimResult, Figure, Measurement, Verdict};

/// How many measurements of a claim stand in the table itself.
const SHOWN: usize = 3;
const STYLE: &str = include_str!("style.css");

/// The page of a report; `drawings[e][f]` is the drawing of figure `f` of experiment `e`.
pub fn page(report: &Report, drawings: &[Vec<String>]) -> String {
    let style = style();
    let sections: String = report
        .experiments
        .iter()
        .zip(drawings)
        .map(|(experiment, drawings)| section(experiment, drawings))
        .collect();
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>Mirrorhead: reproduction report</title>\n<style>{style}</style>\n</head>\n<body>\n\
         <header>\n<h1>Optimizing attention with mirror descent, reproduced</h1>\n\
         <p>Claims and figures of Julistiono, Ataee Tarzanagh and Azizan \
         (arXiv 2410.14581), recomputed by Mirrorhead. {}</p>\n{}</header>\n<main>\n\
         <section id=\"claims\">\n<h2>Claims</h2>\n{}</section>\n{sections}{}</main>\n\
         </body>\n</html>\n",
        run_sentence(report),
        counts(report),
        claim_table(&report.claims),
        provenance(report),
    )
}

/// The style of a page, with the colours of its figures.
pub(super) fn style() -> String {
    let (light, dark) = palette::variables();
    STYLE.replace("/* light hues */", &light).replace("/* dark hues */", &dark)
}

fn run_sentence(report: &Report) -> String {
    let run = &report.provenance;
    let kept = match run.cells_reused {
        0 => String::new(),
        kept => format!(", {kept} found finished"),
    };
    escape(&format!(
        "{} cells run{kept}, in {} on {} thread{}, finished {}.",
        run.cells_run,
        duration(run.wall_seconds),
        run.threads,
        if run.threads == 1 { "" } else { "s" },
        run.finished_at,
    ))
}

fn counts(report: &Report) -> String {
    let count = |verdict: Verdict| match report.count(verdict) {
        0 => String::new(),
        n => format!("<li class=\"{}\">{n} {}</li>", class(verdict), verdict.words()),
    };
    format!("<ul class=\"counts\">{}</ul>\n", Verdict::ALL.map(count).concat())
}

fn claim_table(claims: &[ClaimResult]) -> String {
    let row = |claim: &ClaimResult| {
        let obtained = claim.obtained.as_ref().map_or_else(
            || format!("<span class=\"quiet\">{}</span>", escape(reason(claim))),
            |obtained| {
                let lines: Vec<_> = obtained.measurements.iter().map(measurement).collect();
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
                format!(
                    "{} <span class=\"quiet\">(n = {})</span>{numbers}",
                    escape(&obtained.text),
                    obtained.n
                )
            },
        );
        format!(
            "<tr><td><b>{}</b><br><a href=\"#{1}\" class=\"quiet\">{1}</a></td><td>{2}</td>\
             <td>{3}</td><td>{obtained}</td><td><span class=\"verdict {4}\">{5}</span></td></tr>\n",
            escape(claim.claim.key),
            escape(claim.experiment),
            escape(claim.claim.statement),
            escape(claim.claim.expected),
            class(claim.verdict),
            claim.verdict.words(),
        )
    };
    format!(
        "<div class=\"scroll\"><table class=\"claims\">\n<thead><tr><th>Claim</th><th>Statement</th>\
         <th>Expected</th><th>Obtained</th><th>Verdict</th></tr></thead>\n<tbody>\n{}</tbody>\n\
         </table></div>\n",
        claims.iter().map(row).collect::<String>()
    )
}

fn measurement(measured: &Measurement) -> String {
    let spread = measured.spread.as_ref().map_or(String::new(), |spread| {
        format!(" ({}: {} to {})", spread.kind, short(spread.low), short(spread.high))
    });
    let value = short(measured.value);
    let line = format!("{}: {value}{spread}, n = {}", measured.label, measured.n);
    format!("<div class=\"quiet\">{}</div>", escape(&line))
}

fn section(experiment: &ExperimentReport, drawings: &[String]) -> String {
    let figures: String = experiment
        .figures
        .iter()
        .zip(drawings)
        .map(|(figure, drawing)| figure_html(figure, drawing))
        .collect();
    let failure = experiment
        .failure
        .as_ref()
        .map_or(String::new(), |failure| format!("<p class=\"failure\">{}</p>\n", escape(failure)));
    format!(
        "<section id=\"{0}\">\n<h2>{1} <code>{0}</code></h2>\n<p>{2}</p>\n\
         <div class=\"beside\">\n<aside><h3>What the paper shows</h3><p>{3}</p></aside>\n\
         <div class=\"figures\">{failure}{figures}</div>\n</div>\n{4}{5}{6}</section>\n",
        escape(experiment.about.name),
        escape(experiment.about.title),
        escape(experiment.about.setting),
        escape(experiment.about.expectation),
        experiment.supplements.iter().map(supplement).collect::<String>(),
        exclusions(experiment),
        cells(experiment),
    )
}

pub(super) fn figure_html(figure: &Figure, drawing: &str) -> String {
    format!(
        "<figure>{}<figcaption>{}</figcaption></figure>\n",
        palette::themed(drawing).replacen(
            "<svg ",
            &format!("<svg role=\"img\" aria-label=\"{}\" ", escape(&figure.title)),
            1
        ),
        escape(&figure.caption)
    )
}

fn exclusions(experiment: &ExperimentReport) -> String {
    if experiment.excluded.is_empty() {
        return "<p class=\"quiet\">No cell was left out: every hypothesis held.</p>\n".into();
    }
    let item = |excluded: &crate::experiment::Exclusion| {
        format!(
            "<li><b>{}</b> {} <span class=\"quiet\">{}</span></li>",
            excluded.cells.len(),
            escape(&excluded.reason),
            escape(&excluded.cells.join(", "))
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
    for cell in &experiment.cells {
        let state = match &cell.state {
            CellState::Finished { seconds, .. } => {
                total += seconds;
                format!("{seconds:.3} s")
            }
            CellState::Failed { reason } => format!("failed: {}", escape(reason)),
            CellState::Skipped => "not started".into(),
        };
        // Writing to a string can't fail.
        let _ =
            write!(rows, "<li>{} <span class=\"quiet\">{state}</span></li>", escape(&cell.label));
    }
    format!(
        "<details><summary>{} cells, {} of computing</summary>\n<ul class=\"cells\">{rows}</ul>\n\
         </details>\n",
        experiment.cells.len(),
        duration(total)
    )
}

fn provenance(report: &Report) -> String {
    let run = &report.provenance;
    let profile = format!("{:?}", run.scope.profile).to_lowercase();
    let seeds = run.scope.seeds.map_or("the profile's own".into(), |n| n.to_string());
    let rows = [
        ("Version", run.built_from.version.to_owned()),
        (
            "Git revision",
            run.built_from.git_revision.unwrap_or("not built from a git checkout").into(),
        ),
        ("Code fingerprint", run.built_from.code_fingerprint.into()),
        ("Compiler", format!("{}, {} build", run.built_from.rustc, run.build)),
        ("Processor", format!("{} ({})", run.cpu, run.platform)),
        ("Profile", profile),
        ("Seeds", seeds),
    ];
    let row = |(name, value): (&str, String)| {
        format!("<tr><th>{name}</th><td><code>{}</code></td></tr>\n", escape(&value))
    };
    format!(
        "<section id=\"provenance\">\n<h2>Provenance</h2>\n<div class=\"scroll\"><table>\n{}</table>\
         </div>\n<p class=\"quiet\">Every number on this page, and more, is in \
         <code>report.json</code> beside it.</p>\n</section>\n",
        rows.map(row).concat()
    )
}

fn reason(claim: &ClaimResult) -> &str {
    claim.reason.as_deref().unwrap_or("nothing was measured")
}

fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Reproduced => "reproduced",
        Verdict::Differs => "differs",
        Verdict::NotJudged => "not-judged",
        Verdict::NotRun => "not-run",
    }
}
