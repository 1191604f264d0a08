//! The section of one experiment in the report, and its rows in the claim table.

use serde_json::Value;

use crate::cells::CellStatus;
use crate::experiment::{AnyExperiment, Cell, CellError, ClaimResult, Summary};
use crate::registry::Entry;
use crate::report::{CellReport, CellState, ExperimentReport, Supplement};

/// The claims and the section of one experiment. With a cell missing, or when the experiment couldn't say
/// for this reason which cells follow, its claims are not judged.
pub fn section(
    entry: Entry,
    cells: &[(&Cell, &CellStatus)],
    refusal: Option<&CellError>,
) -> (Vec<ClaimResult>, ExperimentReport) {
    let experiment = entry.experiment;
    let about = experiment.about();
    let finished: Vec<(Value, Value)> = cells
        .iter()
        .filter_map(|(cell, status)| match status {
            CellStatus::Finished { result, .. } => {
                Some((cell.config.clone(), result.outcome.clone()))
            }
            _ => None,
        })
        .collect();
    let missing = cells.len() - finished.len();
    let first = cells.iter().find_map(|(cell, status)| match status {
        CellStatus::Failed(error) => Some(format!("{}: {error}", cell.label)),
        _ => None,
    });
    let mut failure = (missing > 0).then(|| {
        let why = first.unwrap_or_else(|| "another experiment failed before".into());
        format!("{missing} of {} cells have no result ({why})", cells.len())
    });
    if let (None, Some(why)) = (&failure, refusal) {
        failure = Some(format!("it can't say which cells follow: {why}"));
    }
    let summary = experiment.summarise(&finished).unwrap_or_else(|error| {
        failure.get_or_insert(error.to_string());
        Summary::default()
    });
    let claims = match &failure {
        None => ClaimResult::table(about.name, &experiment.claims(), &summary.findings),
        Some(why) => not_run(experiment, why),
    };
    let state = |status: &CellStatus| match status {
        CellStatus::Finished { result, .. } => {
            CellState::Finished { seconds: result.seconds, outcome: result.outcome.clone() }
        }
        CellStatus::Failed(error) => CellState::Failed { reason: error.to_string() },
        CellStatus::Skipped => CellState::Skipped,
    };
    let cells = cells.iter().map(|(cell, status)| CellReport {
        label: cell.label.clone(),
        config: cell.config.clone(),
        state: state(status),
    });
    let tables = summary.tables.into_iter().map(Supplement::from);
    let texts = summary.texts.into_iter().map(Supplement::from);
    let report = ExperimentReport {
        about,
        code_fingerprint: entry.fingerprint,
        figures: summary.figures,
        supplements: tables.chain(texts).collect(),
        excluded: summary.excluded,
        failure,
        cells: cells.collect(),
    };
    (claims, report)
}

/// The claims and the section of an experiment that couldn't run, for this reason.
pub fn refused(entry: Entry, why: &CellError) -> (Vec<ClaimResult>, ExperimentReport) {
    let failure = format!("it can't run: {why}");
    let report = ExperimentReport {
        about: entry.experiment.about(),
        code_fingerprint: entry.fingerprint,
        figures: Vec::new(),
        supplements: Vec::new(),
        excluded: Vec::new(),
        failure: Some(failure.clone()),
        cells: Vec::new(),
    };
    (not_run(entry.experiment, &failure), report)
}

/// The claims of an experiment, none of them judged.
pub fn not_run(experiment: &dyn AnyExperiment, why: &str) -> Vec<ClaimResult> {
    let row = |claim| ClaimResult::not_run(experiment.about().name, claim, why);
    experiment.claims().into_iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cells::FinishedCell;
    use crate::cells::toy::{TOY, cells, origin};
    use crate::experiment::Verdict;

    fn summarised(last: CellStatus) -> (Vec<ClaimResult>, ExperimentReport) {
        let finished = |outcome: f64| CellStatus::Finished {
            result: FinishedCell::now(outcome.into(), 0.1, &origin()),
            reused: false,
        };
        let statuses = [finished(1.0), finished(4.0), last];
        let cells = cells(&TOY);
        let own: Vec<_> = cells.iter().map(|(_, cell)| cell).zip(&statuses).collect();
        section(Entry { experiment: &TOY, fingerprint: "code" }, &own, None)
    }

    #[test]
    fn claims_are_judged_when_every_cell_has_a_result() {
        let result = FinishedCell::now(9.0.into(), 0.1, &origin());
        let (claims, report) = summarised(CellStatus::Finished { result, reused: true });
        assert_eq!((claims[0].verdict, &report.failure), (Verdict::Reproduced, &None));
        let result = FinishedCell::now(2.0.into(), 0.1, &origin());
        let (claims, _) = summarised(CellStatus::Finished { result, reused: true });
        assert_eq!(claims[0].verdict, Verdict::Differs);
    }

    #[test]
    fn with_a_cell_missing_no_claim_is_judged_and_the_figures_remain() {
        let (claims, report) = summarised(CellStatus::Failed(CellError::new("asked to")));
        assert_eq!(claims[0].verdict, Verdict::NotRun);
        let failure = report.failure.unwrap();
        assert!(failure.contains("1 of 3 cells") && failure.contains("seed 3: asked to"));
        assert_eq!(report.figures.len(), 1);
        let (claims, _) = summarised(CellStatus::Skipped);
        assert!(claims[0].reason.as_ref().unwrap().contains("another experiment failed"));
    }

    #[test]
    fn an_experiment_that_refuses_has_a_section_that_says_why() {
        let entry = Entry { experiment: &TOY, fingerprint: "code" };
        let (claims, report) = refused(entry, &CellError::new("there are no squares"));
        assert_eq!((claims.len(), claims[0].verdict), (1, Verdict::NotRun));
        assert!(claims[0].reason.as_ref().unwrap().contains("there are no squares"));
        assert!(report.failure.unwrap().contains("there are no squares"));
    }
}
