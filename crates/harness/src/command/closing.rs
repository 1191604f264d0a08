//! What `reproduce` says at its end.

use std::fmt::Write;
use std::path::Path;

use super::wrapping::{width, wrapped};
use crate::experiment::{ClaimResult, Verdict};
use crate::report::Report;
use crate::study::Source;

/// The columns of verdicts and keys, before what is said of a claim.
const MARGIN: usize = 37;

/// The verdicts, what was left out, and where the report is.
pub fn closing(report: &Report, page: &Path) -> String {
    let mut text = String::from("\n");
    for experiment in &report.experiments {
        let _ = writeln!(text, "{}: {}", experiment.about.name, experiment.about.title);
        for row in report.claims.iter().filter(|row| row.experiment == experiment.about.name) {
            text += &claim(row);
        }
        for excluded in &experiment.excluded {
            let left = format!("  left out: {} x {}", excluded.cells.len(), excluded.reason);
            text += &wrapped(&left, 4, width());
        }
        if let Some(failure) = &experiment.failure {
            text += &wrapped(&format!("  FAILED: {failure}"), 4, width());
        }
        text.push('\n');
    }
    text += &sums(report);
    let page = std::path::absolute(page).unwrap_or_else(|_| page.to_owned());
    let _ = writeln!(text, "Report: {}", page.display());
    text
}

/// A claim: its verdict, whether it goes beyond the paper, and what was obtained.
fn claim(row: &ClaimResult) -> String {
    let obtained = row.obtained.as_ref().map(|obtained| obtained.text.as_str());
    let said = obtained.or(row.reason.as_deref()).unwrap_or_default();
    let own = if row.source == Source::Beyond { "*" } else { " " };
    let line = format!("  {:<10} {own}{:<22} {said}", row.verdict.words(), row.claim.key);
    wrapped(&line, MARGIN, width())
}

/// How many claims have which verdict, the paper's and those beyond it apart.
fn sums(report: &Report) -> String {
    let mut text = String::new();
    for (source, whose) in [(Source::Paper, "Claims of the paper"), (Source::Beyond, "* beyond it")]
    {
        let count = |verdict: Verdict| match report.count_of(source, verdict) {
            0 => None,
            n => Some(format!("{n} {}", verdict.words())),
        };
        let counts: Vec<String> = Verdict::ALL.into_iter().filter_map(count).collect();
        if !counts.is_empty() {
            let _ = writeln!(text, "{whose}: {}.", counts.join(", "));
        }
    }
    if report.count_of(Source::Paper, Verdict::Differs) > 0 {
        text.push_str("A claim of the paper was NOT reproduced: what was obtained differs.\n");
    }
    match report.count_of(Source::Beyond, Verdict::Differs) {
        0 => {}
        1 => text.push_str("A claim beyond the paper differs; that is no failure.\n"),
        n => {
            let _ = writeln!(text, "{n} claims beyond the paper differ; that is no failure.");
        }
    }
    text
}
