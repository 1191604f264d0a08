//! The AttSVM norms of reference data, solved by an implementation of its own to a relative gap of 1e-13 or so.

use crate::common::{dense, norm};
use mirrorhead_svm::{HardMarginProblem, Outcome, SvmSettings, solve};
use serde_json::Value;

fn floats(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(|x| x.as_f64().expect("a number")).collect()
}

/// The rows `$(x_{i\alpha_i} - x_{it}) \otimes z_i$` of a reference file.
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
    let file: Value =
        serde_json::from_str(include_str!("../fixtures/att_svm_norms.json")).expect("valid JSON");
    let mut compared = 0;
    for data in file.as_array().expect("data sets") {
        for reference in data["selections"].as_array().expect("selections") {
            let selection: Vec<usize> = reference["alpha"]
                .as_array()
                .expect("a selection")
                .iter()
                .map(|a| usize::try_from(a.as_u64().expect("an index")).expect("a small index"))
                .collect();
            let rows = dense(&rows(data, &selection));
            for reference in reference["att_svm"].as_array().expect("references") {
                let p = reference["p"].as_f64().expect("p");
                let expected = reference["norm_p"].as_f64().expect("a norm");
                let problem = HardMarginProblem::new(&rows, norm(p)).expect("a valid problem");
                let solved = solve(&problem, &SvmSettings::default()).expect("valid settings");
                let name = format!("seed {}, p = {p}", data["seed"]);
                let Outcome::MaxMargin(solution) = solved else { panic!("{name}") };
                let error = (solution.norm() / expected - 1.0).abs();
                assert!(error <= 1e-9, "{name}: {} {expected}", solution.norm());
                compared += 1;
            }
        }
    }
    assert_eq!(compared, 102, "all of them are compared");
}
