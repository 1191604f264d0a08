//! The certified AttSVM norms of the shared reference data: all of them where the files are there.

mod common;

use std::path::Path;

use common::{dense, norm};
use mirrorhead_svm::{HardMarginProblem, Outcome, SvmSettings, solve};
use serde_json::Value;

fn floats(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(|x| x.as_f64().expect("a number")).collect()
}

/// The rows $(x_{i\alpha_i} - x_{it}) \otimes z_i$ of a reference file.
fn rows(file: &Value, selection: &[usize]) -> Vec<Vec<f64>> {
    let tokens = file["X"].as_array().expect("sequences");
    let queries = file["Z"].as_array().expect("queries");
    let mut rows = Vec::new();
    for ((sequence, query), &selected) in tokens.iter().zip(queries).zip(selection) {
        let sequence: Vec<_> = sequence.as_array().expect("tokens").iter().map(floats).collect();
        let query = floats(query);
        for (t, token) in sequence.iter().enumerate().filter(|(t, _)| *t != selected) {
            assert_ne!(t, selected);
            let difference: Vec<f64> =
                sequence[selected].iter().zip(token).map(|(a, b)| a - b).collect();
            rows.push(query.iter().flat_map(|z| difference.iter().map(move |x| x * z)).collect());
        }
    }
    rows
}

#[test]
fn every_reference_norm_is_met() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/golden");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        return;
    };
    let mut compared = 0;
    for entry in entries {
        let path = entry.expect("a readable folder").path();
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default().to_owned();
        if !name.starts_with("att_gd_seed_") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a readable file");
        let file: Value = serde_json::from_str(&text).expect("valid JSON");
        for run in file["runs"].as_array().expect("runs") {
            let selection: Vec<usize> = run["alpha"]
                .as_array()
                .expect("a selection")
                .iter()
                .map(|a| usize::try_from(a.as_u64().expect("an index")).expect("a small index"))
                .collect();
            let rows = dense(&rows(&file, &selection));
            for reference in run["att_svm"].as_array().expect("references") {
                let p = reference["p"].as_f64().expect("p");
                let expected = reference["norm_p"].as_f64().expect("a norm");
                let problem = HardMarginProblem::new(&rows, norm(p)).expect("a valid problem");
                let solved = solve(&problem, &SvmSettings::default()).expect("valid settings");
                let Outcome::MaxMargin(solution) = solved else { panic!("{name}, p = {p}") };
                let error = (solution.norm() / expected - 1.0).abs();
                assert!(error <= 1e-9, "{name}, p = {p}: {} {expected}", solution.norm());
                compared += 1;
            }
        }
    }
    assert!(compared > 0, "reference files without references");
}
