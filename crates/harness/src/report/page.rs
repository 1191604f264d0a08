//! `index.html`: one page that explains itself, offline. Verdicts first, then each experiment.

use super::data::{RanOn, Report};
use super::headline::headline;
use super::html::{escape, prose};
use super::links::Links;
use super::palette;
use super::sections::section;
use super::tiles::verdicts;
use crate::duration::duration;

const STYLE: &str = include_str!("style.css");

/// The page of a report; `drawings[e][f]` is the drawing of figure `f` of experiment `e`.
pub fn page(report: &Report, drawings: &[Vec<String>], links: &Links) -> String {
    let style = style();
    let sections: String = report
        .experiments
        .iter()
        .zip(drawings)
        .map(|(experiment, drawings)| section(experiment, drawings, report, links))
        .collect();
    let headline = escape(&headline(report));
    let study = &report.study;
    let of = [study.authors, study.reference].into_iter().filter(|part| !part.is_empty());
    let of: Vec<String> = of.map(escape).collect();
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{headline}: {0}</title>\n<style>{style}</style>\n</head>\n<body>\n\
         <header>\n<h1>{headline}</h1>\n<p><cite>{0}</cite>{1}{2}. {3}</p>\n{4}</header>\n<main>\n\
         {5}{6}{sections}{7}</main>\n</body>\n</html>\n",
        escape(study.title),
        if of.is_empty() { "" } else { ", " },
        of.join(", "),
        escape(study.note),
        facts(report),
        verdicts(report, links),
        navigation(report),
        provenance(report),
    )
}

/// The style of a page, with the colours of its figures.
pub(super) fn style() -> String {
    let (light, dark) = palette::variables();
    STYLE.replace("/* light hues */", &light).replace("/* dark hues */", &dark)
}

/// What was run, and where, in a few words.
fn facts(report: &Report) -> String {
    let run = &report.provenance;
    let profile = format!("{:?}", run.scope.profile).to_lowercase();
    let seeds = run.scope.seeds.map_or("the profile's own".into(), |seeds| seeds.to_string());
    let cells = match (run.cells_run, run.cells_reused) {
        (run, 0) => format!("{run} run"),
        (run, kept) => format!("{run} run, {kept} found finished"),
    };
    let time = match run.threads {
        0 => "collected".into(),
        1 => format!("{} on 1 thread", duration(run.wall_seconds)),
        n => format!("{} on {n} threads", duration(run.wall_seconds)),
    };
    let facts = [
        ("Profile", profile),
        ("Seeds", seeds),
        ("Cells", cells),
        ("Time", time),
        ("Machine", machines(&report.ran_on, &run.machine.cpu)),
        ("Finished", run.finished_at.clone()),
    ];
    let fact = |(name, value): &(&str, String)| {
        format!("<div><dt>{name}</dt><dd>{}</dd></div>", escape(value))
    };
    format!("<dl class=\"facts\">{}</dl>\n", facts.iter().map(fact).collect::<String>())
}

/// The processors that cells were run on.
fn machines(ran_on: &[RanOn], here: &str) -> String {
    let mut cpus: Vec<&str> =
        ran_on.iter().map(|place| place.origin.machine.cpu.as_str()).collect();
    cpus.sort_unstable();
    cpus.dedup();
    if cpus.is_empty() { here.to_owned() } else { cpus.join(", ") }
}

fn navigation(report: &Report) -> String {
    if report.experiments.len() < 2 {
        return String::new();
    }
    let item = |experiment: &super::data::ExperimentReport| {
        let (name, title) = (escape(experiment.about.name), prose(experiment.about.title));
        format!("<li><a href=\"#{name}\">{title}</a></li>\n")
    };
    format!(
        "<nav aria-label=\"Experiments\"><h2>Experiments</h2>\n<ul>{}</ul></nav>\n",
        report.experiments.iter().map(item).collect::<String>()
    )
}

fn provenance(report: &Report) -> String {
    let run = &report.provenance;
    let build = &run.built_from;
    let rows = [
        ("Version", build.version.to_owned()),
        ("Git revision", build.git_revision.unwrap_or("not built from a git checkout").into()),
        ("Code fingerprint", build.code_fingerprint.into()),
        ("Compiler", format!("{}, {} build", build.rustc, run.build)),
        (
            "Written on",
            format!("{}, {} ({})", run.machine.host, run.machine.cpu, run.machine.platform),
        ),
    ];
    let row = |(name, value): &(&str, String)| {
        format!("<tr><th>{name}</th><td><code>{}</code></td></tr>\n", escape(value))
    };
    let place = |place: &RanOn| {
        let machine = &place.origin.machine;
        let features = machine.features.join(" ");
        let value = format!(
            "{} cells, {} of computing: {} ({}), {features}; version {}, {} build",
            place.cells,
            duration(place.seconds),
            machine.cpu,
            machine.platform,
            place.origin.version,
            place.origin.build,
        );
        format!("<tr><th>{}</th><td>{}</td></tr>\n", escape(&machine.host), escape(&value))
    };
    format!(
        "<section id=\"provenance\">\n<h2>Provenance</h2>\n<div class=\"scroll\"><table>\n{}</table>\
         </div>\n<h3>Where cells were run</h3>\n<div class=\"scroll\"><table>\n{}</table></div>\n\
         <p class=\"quiet\">Every number on this page, and more, is in \
         <a href=\"report.json\">report.json</a> beside it.</p>\n</section>\n",
        rows.iter().map(row).collect::<String>(),
        report.ran_on.iter().map(place).collect::<String>()
    )
}
