//! What pages say of verdicts and numbers is what the committed reports say.
//!
//! The reports are `docs/results/synthetic/report.json`, claims and provenance of a run of every experiment of the core, of
//! which README and the pages on theorems tell, and `docs/results/imdb-equal-fit/report.json`, that of a page of its own. Pages
//! have five kinds of places that follow from their report, each closed by `<!-- end -->`:
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
//! that of `imdb-equal-fit`, whose exhibits are kept, too.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

const END: &str = "<!-- end -->";

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

/// The report of the reviews at equal fit, and its page.
fn equal_fit() -> (PathBuf, Vec<PathBuf>) {
    let page = root().join("docs/real-data/imdb-equal-fit.md");
    (root().join("docs/results/imdb-equal-fit/report.json"), vec![page])
}

/// README and the pages on theorems.
fn pages() -> Vec<PathBuf> {
    let theorems = fs::read_dir(root().join("docs/theorems")).expect("a folder");
    let mut pages: Vec<_> = theorems.map(|entry| entry.expect("an entry").path()).collect();
    pages.sort();
    pages.extend([root().join("README.md"), root().join("docs/what-we-found.md")]);
    pages
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("")
}

fn claims(report: &Value) -> &[Value] {
    report["claims"].as_array().expect("claims")
}

/// The claim under `EXPERIMENT/KEY`.
fn claim<'r>(report: &'r Value, name: &str) -> &'r Value {
    let (experiment, key) = name.split_once('/').expect("EXPERIMENT/KEY");
    let is = |claim: &&Value| claim["experiment"] == experiment && claim["key"] == key;
    claims(report).iter().find(is).unwrap_or_else(|| panic!("no claim {name}"))
}

/// What was measured for a claim, or estimated for one of its effects.
fn measured<'r>(claim: &'r Value, label: &str) -> &'r Value {
    let listed = |list: &'r Value| list.as_array().into_iter().flatten();
    let measurement = listed(&claim["obtained"]["measurements"]).find(|m| m["label"] == label);
    let effect = listed(&claim["effects"]).find(|effect| effect["label"] == label);
    let value = measurement.map(|m| &m["value"]).or(effect.map(|effect| &effect["estimate"]));
    value.unwrap_or_else(|| panic!("{}: nothing measured under `{label}`", claim["key"]))
}

fn formatted(value: &Value, format: &str) -> String {
    let value = value.as_f64().expect("a number");
    match format.strip_prefix('e') {
        Some(digits) => format!("{value:.0$e}", digits.parse::<usize>().expect("digits")),
        None => format!("{value:.0$}", format.parse::<usize>().expect("decimals")),
    }
}

/// The verdict of some claims together: that of the one that weighs most.
fn verdict(report: &Value, names: &str) -> String {
    let verdicts: Vec<_> =
        names.split_whitespace().map(|name| text(&claim(report, name)["verdict"])).collect();
    let weighed = ["differs", "not_run", "not_judged", "reproduced"];
    let found = weighed.into_iter().find(|word| verdicts.contains(word)).expect("a verdict");
    found.replace('_', " ")
}

/// The claims of some experiments, under the run that they are of.
fn table(report: &Value, names: &str) -> String {
    let all = names == "all";
    let run = &report["provenance"];
    let mut table = format!("\n\nProfile `{}`", text(&run["profile"]));
    if !run["seeds"].is_null() {
        write!(table, ", {} seeds", run["seeds"]).expect("a string");
    }
    let head =
        if all { "| experiment | claim | verdict |" } else { "| claim | verdict | measured |" };
    write!(table, ":\n\n{head}\n|---|---|---|\n").expect("a string");
    for claim in claims(report) {
        let (name, key) = (text(&claim["experiment"]), text(&claim["key"]));
        if !all && !names.split_whitespace().any(|own| own == name) {
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

/// What was measured under labels of two parts, the largest of each column in bold.
fn matrix(report: &Value, of: &str) -> String {
    let (name, separator) = of.split_once(' ').expect("a claim and a separator");
    let separator = separator.trim_matches('"');
    let all = claim(report, name)["obtained"]["measurements"].as_array().expect("a list");
    let entries: Vec<(&str, &str, f64)> = all
        .iter()
        .filter_map(|m| {
            let (column, row) = text(&m["label"]).split_once(separator)?;
            Some((column, row, m["value"].as_f64()?))
        })
        .collect();
    let (mut columns, mut rows) = (Vec::new(), Vec::new());
    for (column, row, _) in &entries {
        if !columns.contains(column) {
            columns.push(*column);
        }
        if !rows.contains(row) {
            rows.push(*row);
        }
    }
    let mut matrix = format!("\n\n| | {} |\n|---|", columns.join(" | "));
    matrix += &"---|".repeat(columns.len());
    for row in rows {
        write!(matrix, "\n| {row} |").expect("a string");
        for column in &columns {
            let of = || entries.iter().filter(|entry| entry.0 == *column);
            let largest = of().map(|entry| entry.2).fold(f64::NEG_INFINITY, f64::max);
            let Some((_, _, value)) = of().find(|entry| entry.1 == row) else {
                matrix += " |";
                continue;
            };
            let bold = if *value == largest { "**" } else { "" };
            write!(matrix, " {bold}{value:.3}{bold} |").expect("a string");
        }
    }
    matrix + "\n\n"
}

/// Some columns of a table among the exhibits.
fn exhibit(report: &Value, of: &str) -> String {
    let (name, columns) = of.split_once(' ').expect("EXPERIMENT/KEY and columns");
    let (experiment, key) = name.split_once('/').expect("EXPERIMENT/KEY");
    let listed = |list: &Value| list.as_array().cloned().unwrap_or_default();
    let named = |list: Vec<Value>, field: &str, name: &str| {
        let found = list.into_iter().find(|item| item[field] == name);
        found.unwrap_or_else(|| panic!("no {field} {name}"))
    };
    let experiment = named(listed(&report["experiments"]), "name", experiment);
    let table = named(listed(&experiment["exhibits"]), "key", key);
    let number = |digits: &str| digits.parse::<usize>().expect("a number");
    let columns: Vec<(usize, usize)> = columns
        .split_whitespace()
        .map(|column| column.split_once(':').unwrap_or((column, "2")))
        .map(|(column, decimals)| (number(column), number(decimals)))
        .collect();
    let entry = |entry: &Value, decimals: usize| match text(&entry["kind"]) {
        "text" => text(&entry["text"]).to_owned(),
        _ => quantity(&entry["obtained"], decimals),
    };
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let heads = columns.iter().map(|(at, _)| text(&table["columns"][at]).to_owned()).collect();
    let mut lines = line(heads) + "|" + &"---|".repeat(columns.len()) + "\n";
    for row in listed(&table["rows"]) {
        lines += &line(columns.iter().map(|(at, decimals)| entry(&row[at], *decimals)).collect());
    }
    format!("\n\n{lines}\n")
}

/// A value, with its deviation if it has one.
fn quantity(quantity: &Value, decimals: usize) -> String {
    let Some(value) = quantity["value"].as_f64() else { return "none".into() };
    let deviation = quantity["deviation"].as_f64();
    deviation.map_or_else(
        || format!("{value:.decimals$}"),
        |deviation| format!("{value:.decimals$} ± {deviation:.decimals$}"),
    )
}

/// A page with all that follows from the report made anew, and how many places that is.
fn renewed(page: &str, report: &Value) -> (String, usize) {
    let (mut renewed, mut rest, mut n) = (String::new(), page, 0);
    let next = |rest: &str| {
        let kinds = ["verdicts", "verdict", "number", "matrix", "table"];
        let of = |kind: &'static str| rest.find(&format!("<!-- {kind}: ")).map(|at| (at, kind));
        kinds.into_iter().filter_map(of).min()
    };
    while let Some((at, kind)) = next(rest) {
        let from = at + "<!-- : ".len() + kind.len();
        let to = from + rest[from..].find(" -->").expect("the end of a comment");
        let end = to + rest[to..].find(END).expect("the end of a place");
        let of = &rest[from..to];
        let made = match kind {
            "verdicts" => table(report, of),
            "verdict" => verdict(report, of),
            "matrix" => matrix(report, of),
            "table" => exhibit(report, of),
            _ => {
                let mut parts = of.splitn(3, ' ');
                let mut part = || parts.next().expect("a claim, a format and a label");
                let (name, format, label) = (part(), part(), part());
                formatted(measured(claim(report, name), label), format)
            }
        };
        renewed += &rest[..to + " -->".len()];
        renewed += &made;
        rest = &rest[end..];
        n += 1;
    }
    (renewed + rest, n)
}

#[test]
fn pages_say_what_the_committed_report_says() {
    for ((report, pages), least) in [((committed(), pages()), 40), (equal_fit(), 5)] {
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
    take_over((committed(), pages()), json!({}));
}

#[test]
#[ignore = "writes the committed report and its page: MIRRORHEAD_REPORT=out/report.json"]
fn renew_real_data() {
    take_over(equal_fit(), json!({ "experiments": [] }));
}

/// Takes a run's report over, without cells and figures, and where `kept` has a place for experiments, with them and the
/// claims of no others; and makes the pages anew.
fn take_over((committed, pages): (PathBuf, Vec<PathBuf>), mut kept: Value) {
    let from = std::env::var_os("MIRRORHEAD_REPORT").expect("MIRRORHEAD_REPORT, a report.json");
    let mut report = read(Path::new(&from));
    // Whose machine it was is nobody's business; its processor is kept.
    report["provenance"].as_object_mut().expect("an object").remove("host");
    for experiment in report["experiments"].as_array_mut().expect("a list") {
        let experiment = experiment.as_object_mut().expect("an object");
        experiment.retain(|field, _| field != "cells" && field != "figures");
    }
    if kept["experiments"].is_array() {
        kept["experiments"] = report["experiments"].clone();
        let claims = report["claims"].as_array_mut().expect("a list");
        claims.retain(|claim| claim["verdict"] != "not_run");
        for field in ["schema_version", "provenance", "claims"] {
            kept[field] = report[field].clone();
        }
    } else {
        kept = merged(&read(&committed), &report);
    }
    let lines = serde_json::to_string_pretty(&kept).expect("JSON") + "\n";
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

#[test]
fn a_changed_number_or_verdict_is_seen() {
    let report = json!({
        "provenance": { "profile": "paper", "seeds": null },
        "claims": [{
            "experiment": "toy", "key": "a", "verdict": "differs",
            "obtained": { "text": "2", "measurements": [{ "label": "x", "value": 0.25 }] },
            "effects": [{ "label": "y = 1", "estimate": 1e-3 }],
        }],
        "experiments": [{ "name": "toy", "exhibits": [{
            "key": "t", "columns": ["a", "b", "c"], "rows": [[
                { "kind": "text", "text": "x" }, { "kind": "text", "text": "y" },
                { "kind": "obtained", "obtained": { "value": 0.24, "deviation": 0.1 } },
            ]],
        }] }],
    });
    let page = "<!-- verdict: toy/a -->differs<!-- end --> <!-- number: toy/a 2 x -->0.25<!-- end --> \
                <!-- number: toy/a e1 y = 1 -->1.0e-3<!-- end --> \
                <!-- table: toy/t 0 2:1 -->\n\n| a | c |\n|---|---|\n| x | 0.2 ± 0.1 |\n\n<!-- end -->";
    assert_eq!(renewed(page, &report), (page.to_string(), 4));
    for wrong in [page.replace("0.25", "0.26"), page.replace(">differs", ">reproduced")] {
        assert_eq!(renewed(&wrong, &report).0, page);
    }
    assert!(table(&report, "toy").contains("| `a` | **differs** | 2 |"));
}
