//! What `svm` writes and shows.

use std::fmt::Write;
use std::path::Path;

use mirrorhead_svm::{ClassSeparator, Fit, LpModel, Proof};
use serde_json::{Value, json};

use crate::own_data::number::number;

/// How many classes a terminal shows.
const MOST_CLASSES: usize = 12;

/// What was found, for `result.json`. The accuracy is that on the data themselves.
pub fn written(fit: &Fit, accuracy: Option<f64>) -> Value {
    match fit {
        Fit::Model(model) => json!({
            "classes": model.classes(),
            "separators": model.separators().iter().map(separator).collect::<Vec<_>>(),
            "accuracy": accuracy,
            "finding": finding(model),
        }),
        Fit::NotSeparable { class, proof } => json!({
            "finding": {
                "kind": "not_separable",
                "class": class,
                "reason": proof.to_string(),
                "multipliers": proof.multipliers,
                "certificate": proof,
            },
        }),
    }
}

fn separator(separator: &ClassSeparator) -> Value {
    let (kind, [lower, upper]) = bounds(&separator.proof);
    let mut written = json!({
        "class": separator.class,
        "coefficients": separator.coefficients,
        "intercept": separator.intercept,
        "multipliers": separator.multipliers,
        "support": separator.support(),
        "proven": { "of": kind, "lower": finite(lower), "upper": finite(upper) },
        "relative_gap": finite(separator.proof.relative_gap()),
        "stalled": separator.stalled.map(|reason| reason.to_string()),
        "iterations": separator.work.iterations,
    });
    // What a proof needs besides, which most don't.
    if !separator.slacks.is_empty() {
        written["slacks"] = json!(separator.slacks);
    }
    if !separator.remainder.is_empty() {
        written["remainder"] = json!(separator.remainder);
    }
    written
}

fn bounds(proof: &Proof) -> (&'static str, [f64; 2]) {
    match proof {
        Proof::Objective(interval) => ("objective", [interval.lower, interval.upper]),
        Proof::Margin(interval) => ("margin", [interval.lower, interval.upper]),
    }
}

/// JSON has no infinity.
fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

/// The first class that isn't certified.
fn finding(model: &LpModel) -> Option<Value> {
    let stalled = model.separators().iter().find_map(|s| Some((s, s.stalled?)))?;
    let (separator, reason) = stalled;
    Some(json!({
        "kind": "inconclusive",
        "class": separator.class,
        "reason": reason.to_string(),
        "relative_gap": finite(separator.proof.relative_gap()),
    }))
}

/// What a terminal shows of it.
pub fn summary(fit: &Fit, rows: (usize, usize), accuracy: Option<f64>, path: &Path) -> String {
    let mut text = format!("{:<21}{} x {}\n", "rows x columns", rows.0, rows.1);
    match fit {
        Fit::NotSeparable { class, proof } => {
            let _ = writeln!(text, "{:<21}class {class} can't be separated", "finding");
            let support = proof.multipliers.iter().filter(|l| **l > 0.0).count();
            let _ = writeln!(text, "{:<21}{support} rows cancel exactly", "proof");
        }
        Fit::Model(model) => {
            for separator in model.separators().iter().take(MOST_CLASSES) {
                let (kind, [lower, upper]) = bounds(&separator.proof);
                let name = format!("class {}", separator.class);
                let _ = writeln!(text, "{name:<21}{kind} >= {}", number(lower));
                let _ = writeln!(text, "{:<21}{:>w$} <= {}", "", "", number(upper), w = kind.len());
                let used = separator.coefficients.iter().filter(|w| **w != 0.0).count();
                let _ = writeln!(
                    text,
                    "{:<21}{} support vectors, {used} coefficients, {} iterations",
                    "",
                    separator.support().len(),
                    separator.work.iterations,
                );
                if let Some(reason) = separator.stalled {
                    let gap = separator.proof.relative_gap();
                    let _ = writeln!(text, "{:<21}gap {gap:.1e}: {reason}", "finding");
                }
            }
            let more = model.separators().len().saturating_sub(MOST_CLASSES);
            if more > 0 {
                let _ = writeln!(text, "{:<21}{more} more classes in the result", "");
            }
            if let Some(accuracy) = accuracy {
                let _ = writeln!(text, "{:<21}{:.2}% of these rows", "accuracy", 100.0 * accuracy);
            }
        }
    }
    text + &format!("{:<21}{}\n", "result", path.display())
}
