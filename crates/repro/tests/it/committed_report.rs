//! What pages say of verdicts and numbers is what the committed reports say.
//!
//! The reports are `docs/results/synthetic/report.json`, claims and provenance of a run of every experiment of the core, of
//! which README and the pages on theorems tell, and those of experiments on real data that have a page of their own
//! (`docs/results/imdb-equal-fit/report.json`). Pages have five kinds of places that follow from their report, each closed by `<!-- end -->`:
//!
//! - `<!-- verdicts: NAMES -->`, a table of the claims of these experiments, or of `all`;
//! - `<!-- verdict: EXPERIMENT/KEY ... -->`, the verdict of some claims in words;
//! - `<!-- number: EXPERIMENT/KEY FORMAT LABEL -->`, what was measured under a label: decimals, or `e` and digits;
//! - `<!-- matrix: EXPERIMENT/KEY SEPARATOR -->`, what was measured under labels that are `COLUMN SEPARATOR ROW`;
//! - `<!-- table: EXPERIMENT/KEY COLUMNS -->`, a table among the exhibits: columns by their numbers, from 0,
//!   with a colon and the decimals that are shown, if not two.
//!
//! With `MIRRORHEAD_REPORT` set to a `report.json` of the core, [`renew`] takes its claims over and writes these places anew;
//! a run of some experiments renews the claims of these, and its provenance is kept among the `renewals`. [`renew_real_data`] does for
//! those of [`REAL_DATA`], whose exhibits are kept, too.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use places::{claim, renewed, text};

mod places;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn committed() -> PathBuf {
    root().join("docs/results/synthetic/report.json")
}

fn read(path: &Path) -> Value {
    let text = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).expect("a report")
}

/// The experiments on real data whose reports are committed.
const REAL_DATA: [&str; 4] = ["imdb-equal-fit", "cifar10-equal-fit", "recipe", THEOREM];

/// Of these, the one that is about a theorem, and whose page is among those on theorems.
const THEOREM: &str = "single-head-imdb";

/// The report of such an experiment, and its page.
fn real_data(name: &str) -> (PathBuf, Vec<PathBuf>) {
    let folder = if name == THEOREM { "theorems" } else { "real-data" };
    let page = root().join(format!("docs/{folder}/{name}.md"));
    (root().join(format!("docs/results/{name}/report.json")), vec![page])
}

/// README and the pages on theorems, but for those on real data.
fn pages() -> Vec<PathBuf> {
    let theorems = fs::read_dir(root().join("docs/theorems")).expect("a folder");
    let mut pages: Vec<_> = theorems.map(|entry| entry.expect("an entry").path()).collect();
    pages.retain(|page| !page.ends_with(format!("{THEOREM}.md")));
    pages.sort();
    pages.extend([root().join("README.md"), root().join("docs/what-we-found.md")]);
    pages
}

#[test]
fn pages_say_what_the_committed_report_says() {
    let of_real_data = REAL_DATA.map(|name| (real_data(name), 5));
    for ((report, pages), least) in [((committed(), pages()), 40)].into_iter().chain(of_real_data) {
        let report = read(&report);
        let mut places = 0;
        for path in pages {
            let page = fs::read_to_string(&path).expect("a page");
            let (new, n) = renewed(&page, &report);
            places += n;
            assert!(page == new, "{}: other than in the report; see `renew`", path.display());
        }
        assert!(places >= least, "{places} places");
    }
}

#[test]
#[ignore = "writes the committed report and the pages: MIRRORHEAD_REPORT=out/report.json"]
fn renew() {
    take_over(asked_for(), (committed(), pages()), json!({}));
}

#[test]
#[ignore = "writes the committed report and its page: MIRRORHEAD_REPORT=out/report.json"]
fn renew_real_data() {
    for name in REAL_DATA {
        let mut report = asked_for();
        let of_it = |field: &str, of: &Value| of[field] == name;
        let experiments = report["experiments"].as_array_mut().expect("a list");
        experiments.retain(|experiment| of_it("name", experiment));
        if experiments.is_empty() {
            continue;
        }
        let claims = report["claims"].as_array_mut().expect("a list");
        claims.retain(|claim| of_it("experiment", claim));
        let experiments = report["experiments"].clone();
        take_over(report, real_data(name), json!({ "experiments": experiments }));
    }
}

/// The report that is to be taken over.
fn asked_for() -> Value {
    let from = std::env::var_os("MIRRORHEAD_REPORT").expect("MIRRORHEAD_REPORT, a report.json");
    read(Path::new(&from))
}

/// Takes over of a report what it says of the run and its claims, and of `kept` experiments all but cells and figures; and
/// makes the pages anew.
fn take_over(mut report: Value, (committed, pages): (PathBuf, Vec<PathBuf>), mut kept: Value) {
    // Whose machine it was is nobody's business; its processor is kept.
    report["provenance"].as_object_mut().expect("an object").remove("host");
    let experiments = kept.get_mut("experiments").and_then(Value::as_array_mut);
    for experiment in experiments.into_iter().flatten() {
        let experiment = experiment.as_object_mut().expect("an object");
        experiment.retain(|field, _| field != "cells" && field != "figures");
    }
    if kept["experiments"].is_array() {
        for field in ["schema_version", "provenance", "claims"] {
            kept[field] = report[field].clone();
        }
    } else {
        kept = merged(&read(&committed), &report);
    }
    let lines = serde_json::to_string_pretty(&kept).expect("JSON") + "\n";
    fs::create_dir_all(committed.parent().expect("a folder")).expect("writable");
    fs::write(committed, lines).expect("writable");
    for path in pages {
        let page = fs::read_to_string(&path).expect("a page");
        fs::write(&path, renewed(&page, &kept).0).expect("writable");
    }
}

/// The claims of the experiments that a report is of, and all others as they were; in the order of the registry.
fn merged(committed: &Value, report: &Value) -> Value {
    let listed = |list: &Value| list.as_array().cloned().unwrap_or_default();
    let of: Vec<Value> =
        listed(&report["experiments"]).iter().map(|run| run["name"].clone()).collect();
    let is_new = |claim: &Value| of.contains(&claim["experiment"]);
    let registry = mirrorhead_repro::registry();
    let position = |claim: &Value| {
        let is_own = |name: &str| claim["experiment"] == name;
        registry.all().iter().position(|entry| is_own(entry.experiment.about().name))
    };
    // What the registry has no more is dropped.
    let mut others = listed(&committed["claims"]);
    others.retain(|claim| !is_new(claim) && position(claim).is_some());
    let mut renewals = listed(&committed["renewals"]);
    let mut provenance = &committed["provenance"];
    if others.is_empty() {
        (provenance, renewals) = (&report["provenance"], Vec::new());
    } else {
        let asked = |run: &Value| ["profile", "seeds"].map(|field| run[field].clone());
        assert_eq!(asked(provenance), asked(&report["provenance"]), "of one profile");
        for renewal in &mut renewals {
            renewal["experiments"].as_array_mut().expect("a list").retain(|own| !of.contains(own));
        }
        renewals.retain(|renewal| renewal["experiments"] != json!([]));
        renewals.push(json!({ "experiments": of, "provenance": report["provenance"] }));
    }
    let mut claims: Vec<Value> = listed(&report["claims"]).into_iter().filter(is_new).collect();
    claims.extend(others);
    claims.sort_by_key(position);
    json!({
        "schema_version": report["schema_version"],
        "provenance": provenance,
        "renewals": renewals,
        "claims": claims,
    })
}

#[test]
fn a_run_of_one_experiment_renews_its_claims_and_no_others() {
    let claim = |experiment: &str, key: &str, verdict: &str| json!({ "experiment": experiment, "key": key, "verdict": verdict });
    let run = |at: &str| json!({ "profile": "paper", "seeds": null, "finished_at": at });
    let committed = json!({
        "provenance": run("first"),
        "claims": [claim("descent", "descent", "reproduced"), claim("rate", "rate", "differs"), claim("gone", "x", "differs")],
    });
    let report = json!({
        "schema_version": 1, "provenance": run("second"), "experiments": [{ "name": "rate" }],
        "claims": [claim("rate", "rate", "reproduced"), claim("descent", "descent", "not_run")],
    });
    let once = merged(&committed, &report);
    assert_eq!(
        once["claims"],
        json!([claim("descent", "descent", "reproduced"), claim("rate", "rate", "reproduced")])
    );
    assert_eq!(once["provenance"], run("first"));
    let renewal = json!([{ "experiments": ["rate"], "provenance": run("second") }]);
    assert_eq!(once["renewals"], renewal);
    assert_eq!(merged(&once, &report)["renewals"], renewal);
    let whole = json!({
        "provenance": run("third"), "experiments": [{ "name": "rate" }, { "name": "descent" }],
        "claims": committed["claims"],
    });
    let whole = merged(&once, &whole);
    assert_eq!((&whole["provenance"], &whole["renewals"]), (&run("third"), &json!([])));
}

#[test]
fn the_committed_report_has_every_claim_of_the_core() {
    let report = read(&committed());
    for entry in mirrorhead_repro::registry().all() {
        let name = entry.experiment.about().name;
        for own in entry.experiment.claims() {
            let found = claim(&report, &format!("{name}/{}", own.key));
            assert_eq!(text(&found["statement"]), own.statement, "{name}, {}", own.key);
            assert_eq!(text(&found["expected"]), own.expected, "{name}, {}", own.key);
        }
    }
}
