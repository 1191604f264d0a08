//! What the pages on theorems say of verdicts and numbers is what the committed report says.
//!
//! Between `<!-- verdicts: NAMES -->` and `<!-- end of verdicts -->` a page has the table that follows from
//! `docs/results/core/claims.json`, for the experiments named or for `all`. With `MIRRORHEAD_REPORT` set to a `report.json` of all experiments of the
//! core, the test takes the claims over from it and writes the tables anew.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

const BEGIN: &str = "<!-- verdicts: ";
const END: &str = "<!-- end of verdicts -->";

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

/// The committed report; a new one, if there is one to be taken over.
fn report() -> Value {
    let committed = docs().join("results/core/claims.json");
    if let Some(report) = std::env::var_os("MIRRORHEAD_REPORT") {
        let text = fs::read(report).expect("a report");
        let report: Value = serde_json::from_slice(&text).expect("a report");
        let kept = json!({
            "schema_version": report["schema_version"],
            "provenance": report["provenance"],
            "claims": report["claims"],
        });
        let text = serde_json::to_string_pretty(&kept).expect("JSON");
        fs::write(&committed, text + "\n").expect("writable");
    }
    let text = fs::read(&committed).expect("the committed report");
    serde_json::from_slice(&text).expect("JSON")
}

fn claims(report: &Value) -> &[Value] {
    report["claims"].as_array().expect("claims")
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("")
}

/// The table of some experiments' claims, under the run that it is of.
fn table(report: &Value, names: &[&str]) -> String {
    let all = names == ["all"];
    let run = &report["provenance"];
    let mut table = format!("\nOf a run with the profile `{}`", text(&run["profile"]));
    if !run["seeds"].is_null() {
        write!(table, " and the seeds {}", run["seeds"]).expect("a string");
    }
    writeln!(table, ", {}:\n", text(&run["finished_at"])).expect("a string");
    table += if all {
        "| experiment | claim | verdict |\n|---|---|---|\n"
    } else {
        "| claim | verdict | measured |\n|---|---|---|\n"
    };
    for claim in claims(report) {
        let (name, key) = (text(&claim["experiment"]), text(&claim["key"]));
        if !all && !names.contains(&name) {
            continue;
        }
        let verdict = text(&claim["verdict"]).replace('_', " ");
        let verdict = if verdict == "differs" { "**differs**".into() } else { verdict };
        let said = text(&claim["obtained"]["text"]).replace('|', "\\|");
        let row = if all {
            format!("| `{name}` | `{key}` | {verdict} |")
        } else {
            format!("| `{key}` | {verdict} | {said} |")
        };
        writeln!(table, "{row}").expect("a string");
    }
    table + "\n"
}

/// A page with its tables made anew, and how many it has.
fn renewed(page: &str, report: &Value) -> (String, usize) {
    let (mut renewed, mut rest, mut n) = (String::new(), page, 0);
    while let Some(at) = rest.find(BEGIN) {
        let line = at + rest[at..].find('\n').expect("a line") + 1;
        let end = line + rest[line..].find(END).expect("the end of the table");
        let names: Vec<&str> =
            rest[at + BEGIN.len()..line].trim_end_matches("-->\n").split_whitespace().collect();
        renewed += &rest[..line];
        renewed += &table(report, &names);
        rest = &rest[end..];
        n += 1;
    }
    (renewed + rest, n)
}

#[test]
fn pages_say_what_the_report_says() {
    let report = report();
    let writes = std::env::var_os("MIRRORHEAD_REPORT").is_some();
    let mut tables = 0;
    for entry in fs::read_dir(docs().join("theorems")).expect("a folder") {
        let path = entry.expect("an entry").path();
        let page = fs::read_to_string(&path).expect("a page");
        let (new, n) = renewed(&page, &report);
        tables += n;
        if writes {
            fs::write(&path, &new).expect("writable");
        } else {
            assert_eq!(page, new, "{}: set MIRRORHEAD_REPORT to renew it", path.display());
        }
    }
    assert!(tables >= 10, "{tables} tables");
}

#[test]
fn the_committed_report_has_every_claim_of_the_core() {
    let report = report();
    let committed = claims(&report);
    for entry in mirrorhead_repro::registry().all() {
        let name = entry.experiment.about().name;
        for claim in entry.experiment.claims() {
            let of = |row: &&Value| row["experiment"] == name && row["key"] == claim.key;
            let row = committed.iter().find(of);
            let row = row.unwrap_or_else(|| panic!("{name}, {}: not in the report", claim.key));
            let same = row["statement"] == claim.statement && row["expected"] == claim.expected;
            assert!(same, "{name}, {}: the report is about another criterion", claim.key);
        }
    }
}
