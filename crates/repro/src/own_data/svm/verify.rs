//! Whether a `result.json` of `svm` proves what it says, in exact arithmetic.

use std::convert::Infallible;
use std::error::Error;
use std::path::Path;

use mirrorhead_harness::{Ended, ExitStatus, note};
use mirrorhead_svm::{
    ClassSeparator, FarkasCertificate, Fit, LpModel, Proof, Remainder, WorkCounters,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use thiserror::Error;

use super::data::LabelledData;
use super::wish::Wish;
use crate::own_data::checked_result::{other_data, told};

/// Why a result can't be checked.
#[derive(Debug, Error, PartialEq)]
enum Incomplete {
    #[error("the result has neither separators nor a proof that there are none")]
    Separators,
    #[error("the finding names no class")]
    Class,
    #[error(
        "class {class}: there is no {bound} bound, and no word of a solve that stalled before it \
         had one"
    )]
    Bound { class: f64, bound: &'static str },
}

/// A separator as `svm` writes it.
#[derive(Deserialize)]
struct Separator {
    class: f64,
    coefficients: Vec<f64>,
    intercept: f64,
    multipliers: Vec<f64>,
    proven: Proven,
    stalled: Option<String>,
    #[serde(default)]
    slacks: Vec<f64>,
    #[serde(default)]
    remainder: Remainder,
}

/// Its bounds. What isn't finite was written as nothing.
#[derive(Deserialize)]
struct Proven {
    of: Quantity,
    lower: Option<f64>,
    upper: Option<f64>,
}

/// What they are bounds on.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Quantity {
    Objective,
    Margin,
}

/// Checks the result of `svm` in `claims` against the data in a file.
///
/// # Errors
/// Files that can't be read, or are of different runs, and results that leave out what is to be proven. A result that proves
/// nothing is no error but an exit status.
pub fn verify_svm(claims: &Value, file: &Path, result: &Path) -> Ended {
    let broken = |error: Box<dyn Error>| format!("{}: {error}", result.display());
    let wish: Wish = part(&claims["settings"], "settings").map_err(broken)?;
    let data = LabelledData::read(file)?;
    if claims["data"]["sha256"] != data.sha256.as_str() {
        return Err(other_data(file, result));
    }
    let classifier = wish.classifier()?;
    let fit = found(claims, data.rows.operator().ncols()).map_err(broken)?;
    let checked = classifier.verify(data.rows.operator(), &data.labels, &fit);
    Ok(match &fit {
        Fit::Model(model) if checked.is_ok() => told_of(model),
        Fit::Model(_) => told(&"what the separators claim", checked),
        Fit::NotSeparable { .. } => told(&fit, checked),
    })
}

/// Says what separators were proven to be, and of which there is no claim.
fn told_of(model: &LpModel) -> ExitStatus {
    let (silent, claims): (Vec<_>, Vec<_>) = model.separators().iter().partition(|s| is_silent(s));
    let mut status = ExitStatus::Finding;
    if !claims.is_empty() {
        let lines: Vec<_> =
            claims.iter().map(|s| format!("class {}: {}", s.class, s.proof)).collect();
        status = told(&lines.join("\n"), Ok::<(), Infallible>(()));
    }
    for separator in &silent {
        note(&format!(
            "class {}: nothing is claimed, and so nothing proven: its solve stalled before it had \
             a bound",
            separator.class
        ));
    }
    if silent.is_empty() { status } else { ExitStatus::Finding }
}

/// Whether the bounds hold of any plane: nothing is known to be smaller than zero.
fn is_silent(separator: &ClassSeparator) -> bool {
    let (lower, upper) = match separator.proof {
        Proof::Objective(interval) => (interval.lower, interval.upper),
        Proof::Margin(interval) => (interval.lower, interval.upper),
    };
    lower <= 0.0 && upper == f64::INFINITY
}

/// A part of the result, which is named where it can't be read.
fn part<T: DeserializeOwned>(written: &Value, name: &str) -> Result<T, Box<dyn Error>> {
    Ok(serde_json::from_value(written.clone()).map_err(|error| format!("{name}: {error}"))?)
}

/// What the result says was found.
fn found(claims: &Value, ncols: usize) -> Result<Fit, Box<dyn Error>> {
    if claims["finding"]["kind"] == "not_separable" {
        let class = claims["finding"]["class"].as_f64().ok_or(Incomplete::Class)?;
        let proof: FarkasCertificate =
            part(&claims["finding"]["certificate"], "finding.certificate")?;
        return Ok(Fit::NotSeparable { class, proof });
    }
    let separators = claims["separators"].as_array().ok_or(Incomplete::Separators)?;
    let separators = separators.iter().enumerate().map(separator).collect::<Result<Vec<_>, _>>()?;
    let model = json!({ "ncols": ncols, "classes": claims["classes"], "separators": separators });
    Ok(Fit::Model(part(&model, "the separators")?))
}

/// A separator as the library writes it.
fn separator((at, written): (usize, &Value)) -> Result<Value, Box<dyn Error>> {
    let separator: Separator = part(written, &format!("separators[{at}]"))?;
    let Proven { of, lower, upper } = &separator.proven;
    let class = separator.class;
    for (bound, value) in [("lower", lower), ("upper", upper)] {
        if value.is_none() && separator.stalled.is_none() {
            return Err(Incomplete::Bound { class, bound }.into());
        }
    }
    let kind = match of {
        Quantity::Objective => "Objective",
        Quantity::Margin => "Margin",
    };
    let lower = lower.map_or(json!("-inf"), |bound| json!(bound));
    let upper = upper.map_or(json!("inf"), |bound| json!(bound));
    Ok(json!({
        "class": class,
        "coefficients": separator.coefficients,
        "intercept": separator.intercept,
        "multipliers": separator.multipliers,
        "slacks": separator.slacks,
        "remainder": separator.remainder,
        "proof": { kind: { "lower": lower, "upper": upper } },
        "stalled": null,
        "work": WorkCounters::default(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(lower: Option<f64>, upper: Option<f64>, stalled: Option<&str>) -> Value {
        json!({
            "classes": [0.0, 1.0],
            "separators": [{
                "class": 1.0,
                "coefficients": [1.0],
                "intercept": 0.0,
                "multipliers": [1.0, 1.0],
                "proven": { "of": "margin", "lower": lower, "upper": upper },
                "stalled": stalled,
            }],
        })
    }

    #[test]
    fn bounds_are_missing_only_from_what_stalled() {
        for (lower, upper, bound) in [(None, Some(1.0), "lower"), (Some(0.5), None, "upper")] {
            let error = found(&written(lower, upper, None), 1).unwrap_err();
            let missing = Incomplete::Bound { class: 1.0, bound };
            assert_eq!(error.downcast_ref(), Some(&missing));
            assert!(found(&written(lower, upper, Some("the time limit was reached")), 1).is_ok());
        }
        assert!(found(&json!({ "finding": null }), 1).unwrap_err().is::<Incomplete>());
    }

    #[test]
    fn what_has_no_bound_claims_nothing() {
        for (lower, upper, silent) in [
            (None, None, true),
            (Some(0.0), None, true),
            (Some(0.5), None, false),
            (None, Some(1.0), false),
            (Some(0.5), Some(1.0), false),
        ] {
            let fit = found(&written(lower, upper, Some("the time limit was reached")), 1).unwrap();
            let Fit::Model(model) = fit else { panic!("a model was written") };
            assert_eq!(is_silent(&model.separators()[0]), silent, "{lower:?} {upper:?}");
            let status = told_of(&model);
            assert_eq!(status == ExitStatus::Finding, silent, "{lower:?} {upper:?}");
        }
    }
}
