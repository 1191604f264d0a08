//! The comparison at equal fit on images, through the registry, on generated ones.

use mirrorhead_harness::{Cell, Entry, Profile, RunningCell, Scope, Verdict};
use mirrorhead_transformers::Evaluation;
use serde_json::{Value, json};

use crate::cifar10::experiment;

fn finished(entry: &Entry, cells: Vec<Cell>) -> Vec<(Value, Value)> {
    let scope = Scope::new(Profile::Quick);
    let run = |cell: Cell| {
        let folder = tempfile::tempdir().unwrap();
        let context = RunningCell::outside_a_run(&scope, folder.path());
        let outcome = entry.experiment.run_cell(&cell.config, &context).unwrap();
        (cell.config.clone(), outcome)
    };
    cells.into_iter().map(run).collect()
}

fn evaluation(value: &Value) -> Evaluation {
    serde_json::from_value(value.clone()).unwrap()
}

/// Whether so many were drawn, with the number of each of the four classes rounded.
fn is_about(n: usize, drawn: usize) -> bool {
    n.abs_diff(drawn) <= 2
}

/// That test images were classified at the first passing of each milestone, and only then.
fn assert_tested_on_the_way(outcome: &Value) {
    let mut most = 0.0;
    for epoch in outcome["epochs"].as_array().unwrap() {
        let train = evaluation(&epoch["train"]);
        assert!(is_about(train.n, 400), "{epoch}");
        let accuracy = train.accuracy();
        let milestones = [0.6, 0.7, 0.8, 0.9, 0.95, 0.995];
        let passes = milestones.iter().any(|milestone| most < *milestone && accuracy >= *milestone);
        assert_eq!(epoch.get("test").is_some(), passes, "{epoch} after {most}");
        most = accuracy.max(most);
    }
}

#[test]
fn the_quick_profile_fits_planted_images_with_every_method_and_has_every_finding() {
    let (entry, scope) = (experiment("cifar10-equal-fit"), Scope::new(Profile::Quick));
    let mut outcomes = finished(&entry, entry.cells(&scope).unwrap());
    assert_eq!(outcomes.len(), 6);
    let further = entry.experiment.further_cells(&scope, entry.fingerprint, &outcomes).unwrap();
    let compared = finished(&entry, further);
    assert_eq!(compared.len(), 9);
    for (config, outcome) in &compared {
        assert_eq!(outcome["end"], json!("fitted"), "{config}");
        assert_tested_on_the_way(outcome);
        let last = &outcome["last"];
        let test = evaluation(&last["test"]);
        // One of four classes.
        assert!(is_about(test.n, 200) && test.accuracy() > 0.6, "{config}: {test:?}");
        let pruned = last["pruned"].as_array().unwrap();
        let kept: Vec<_> = pruned.iter().map(|pruned| pruned["kept"].as_f64().unwrap()).collect();
        assert_eq!(kept, [0.5, 0.2, 0.1, 0.05, 0.01]);
        assert!(evaluation(&pruned[4]["test"]).correct < test.correct, "{config}");
    }
    outcomes.extend(compared);
    let summary = entry.experiment.summarise(&outcomes).unwrap();
    let keys: Vec<_> = summary.findings.iter().map(|finding| finding.key).collect();
    assert_eq!(keys, entry.experiment.claims().iter().map(|claim| claim.key).collect::<Vec<_>>());
    // Three seeds are too few for an interval.
    assert!(summary.findings.iter().all(|finding| finding.verdict == Verdict::NotJudged));
    assert_eq!((summary.figures.len(), summary.tables.len()), (5, 4));
}

#[test]
fn methods_of_a_seed_learn_the_same_images_from_the_same_weights() {
    let (entry, scope) = (experiment("cifar10-equal-fit"), Scope::new(Profile::Quick));
    let still = |mut cell: Cell| {
        cell.config["step_size"] = json!(0.0);
        cell.config["max_epochs"] = json!(1);
        cell
    };
    let cells: Vec<Cell> = entry.cells(&scope).unwrap().into_iter().map(still).collect();
    let outcomes = finished(&entry, cells);
    // Without a step every method stays where all began, up to rounding.
    let losses = |outcome: &Value| {
        let parts = [&outcome["epochs"][0]["train"], &outcome["last"]["test"]];
        parts.map(|part| evaluation(part).loss)
    };
    for (config, outcome) in &outcomes[1..] {
        for (loss, first) in losses(outcome).into_iter().zip(losses(&outcomes[0].1)) {
            assert!((loss - first).abs() < 1e-4 * first, "{config}: {loss}, {first}");
        }
    }
}
