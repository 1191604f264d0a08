//! Whether a `result.json` of `svm` proves what it says, in exact arithmetic.

use std::error::Error;
use std::path::Path;

use mirrorhead_harness::Ended;
use mirrorhead_svm::{FarkasCertificate, Fit, WorkCounters};
use serde_json::{Value, json};

use super::data::LabelledData;
use super::wish::Wish;
use crate::own_data::checked_result::{other_data, told};

/// Checks the result of `svm` in `claims` against the data in a file.
///
/// # Errors
/// Files that can't be read, or are of different runs. A result that proves nothing is no error but an exit status.
pub fn verify_svm(claims: &Value, file: &Path, result: &Path) -> Ended {
    let wish: Wish = serde_json::from_value(claims["settings"].clone())?;
    let data = LabelledData::read(file)?;
    if claims["data"]["sha256"] != data.sha256.as_str() {
        return Err(other_data(file, result));
    }
    let classifier = wish.classifier()?;
    let fit = found(claims, data.rows.operator().ncols())?;
    Ok(told(&fit, classifier.verify(data.rows.operator(), &data.labels, &fit)))
}

/// What the result says was found.
fn found(claims: &Value, ncols: usize) -> Result<Fit, Box<dyn Error>> {
    if claims["finding"]["kind"] == "not_separable" {
        let class = claims["finding"]["class"].as_f64().ok_or("the finding names no class")?;
        let certificate = claims["finding"]["certificate"].clone();
        let proof: FarkasCertificate = serde_json::from_value(certificate)?;
        return Ok(Fit::NotSeparable { class, proof });
    }
    let separators = claims["separators"].as_array().ok_or("the result has no separators")?;
    let separators: Vec<Value> = separators.iter().map(separator).collect();
    let model = json!({ "ncols": ncols, "classes": claims["classes"], "separators": separators });
    Ok(Fit::Model(serde_json::from_value(model)?))
}

/// A separator as the library writes it.
fn separator(written: &Value) -> Value {
    let (lower, upper) = (&written["proven"]["lower"], &written["proven"]["upper"]);
    // What isn't finite was written as nothing.
    let lower = if lower.is_null() { &json!("-inf") } else { lower };
    let upper = if upper.is_null() { &json!("inf") } else { upper };
    let kind = if written["proven"]["of"] == "margin" { "Margin" } else { "Objective" };
    let mut separator = json!({
        "class": written["class"],
        "coefficients": written["coefficients"],
        "intercept": written["intercept"],
        "multipliers": written["multipliers"],
        "proof": { kind: { "lower": lower, "upper": upper } },
        "stalled": null,
        "work": WorkCounters::default(),
    });
    for part in ["slacks", "remainder"] {
        if !written[part].is_null() {
            separator[part] = written[part].clone();
        }
    }
    separator
}
