//! What `reproduce` says at its end.

use std::fmt::Write;
use std::path::Path;

use crate::experiment::Verdict;
use crate::report::Report;

/// The verdicts, what was left out, and where the report is.
pub fn closing(report: &Report, page: &Path) -> String {
    let mut text = String::from("\n");
    for experiment in &report.experiments {
        let _ = writeln!(text, "{}: {}", experiment.about.name, experiment.about.title);
        for row in report.claims.iter().filter(|row| row.experiment == experiment.about.name) {
            let obtained = row.obtained.as_ref().map(|obtained| obtained.text.as_str());
            let said = obtained.or(row.reason.as_deref()).unwrap_or_default();
            let _ = writeln!(text, "  {:<10}  {:<17}  {said}", row.verdict.words(), row.claim.key);
        }
        for excluded in &experiment.excluded {
            let _ = writeln!(text, "  left out: {} x {}", excluded.cells.len(), excluded.reason);
        }
        if let Some(failure) = &experiment.failure {
            let _ = writeln!(text, "  FAILED: {failure}");
        }
        text.push('\n');
    }
    let _ = writeln!(
        text,
        "{} reproduced, {} differ, {} not judged, {} not run. Report: {}",
        report.count(Verdict::Reproduced),
        report.count(Verdict::Differs),
        report.count(Verdict::NotJudged),
        report.count(Verdict::NotRun),
        std::path::absolute(page).unwrap_or_else(|_| page.to_owned()).display(),
    );
    if report.count(Verdict::Differs) > 0 {
        text.push_str("A claim was NOT reproduced: what was obtained differs from the paper.\n");
    }
    text
}
