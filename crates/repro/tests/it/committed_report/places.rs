//! The places of a page that follow from a report.

use std::fmt::Write as _;

use serde_json::{Value, json};

const END: &str = "<!-- end -->";

pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("")
}

fn claims(report: &Value) -> &[Value] {
    report["claims"].as_array().expect("claims")
}

/// The claim under `EXPERIMENT/KEY`.
pub fn claim<'r>(report: &'r Value, name: &str) -> &'r Value {
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
pub fn renewed(page: &str, report: &Value) -> (String, usize) {
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
