//! `result.json`: what `attgd` and `attsvm` have to say about your data.

use std::time::Instant;

use mirrorhead_attention::{AttSvmOperator, Dataset, TokenScores, TokenSelection};
use mirrorhead_harness::{ExitStatus, OutputFolder, ReproError};
use mirrorhead_kernels::{LinearOperator, Matrix};
use mirrorhead_svm::{FarkasCertificate, MaxMargin, Norm, Outcome, Stalled, SvmSettings};
use mirrorhead_trainer::{TokenOptimality, as_key_query, max_margin_key_query, support_tokens};
use serde::Serialize;
use serde_json::{Value, json};

use super::{obstacle, say};
use crate::build::BUILD;
use crate::shared::certified::ACTIVE;

/// The file's name.
const FILE: &str = "result.json";
/// The certified gap that a result must have.
const RELATIVE_GAP: f64 = 1e-9;
/// The gap that is tried first: a direction is only as good as the square root of its gap.
const FINER_GAP: f64 = 1e-12;

/// The contents of `result.json`; what doesn't apply is null.
#[derive(Debug, Default, Serialize)]
pub struct CommandResult {
    /// Version of the schema of this file.
    pub schema_version: u32,
    /// The command, with every setting.
    pub settings: Value,
    /// The build that computed this.
    pub build: Value,
    /// The finding that takes the place of a certified result.
    pub finding: Option<Value>,
    /// The selected token of each sequence, counted from 0.
    pub selection: Option<Vec<usize>>,
    /// The trained key-query matrix, row by row.
    pub key_query: Option<Matrix>,
    /// The risk there.
    pub loss: Option<f64>,
    /// Number of steps taken.
    pub iterations: Option<u64>,
    /// Why training ended.
    pub stop_reason: Option<Value>,
    /// The norm of the trained key-query matrix.
    pub norm_p: Option<f64>,
    /// The AttSVM's solution with its certificate.
    pub max_margin: Option<Value>,
    /// The directional Bregman divergence of the trained key-query matrix to the AttSVM's.
    pub directional_bregman: Option<f64>,
    /// How good the selection is.
    pub optimality: Option<TokenOptimality>,
    /// Time of training, in seconds.
    pub train_seconds: Option<f64>,
    /// Time of solving the AttSVM, in seconds.
    pub solve_seconds: Option<f64>,
}

impl CommandResult {
    /// A result without anything in it yet.
    pub fn new(settings: Value) -> Self {
        Self { schema_version: 1, settings, build: json!(BUILD), ..Self::default() }
    }

    /// Removes the result of an earlier command, which this one may never get to replace.
    ///
    /// # Errors
    /// The file can't be removed.
    pub fn remove(folder: &OutputFolder) -> Result<(), ReproError> {
        folder.remove(FILE)
    }

    /// Takes the place of a certified result: nothing can be certified, for this reason.
    pub fn find(&mut self, kind: &str, message: impl std::fmt::Display, details: &Value) {
        self.finding =
            Some(json!({ "kind": kind, "message": message.to_string(), "details": details }));
    }

    /// Solves the AttSVM of the selection, and enters the solution, or the finding that there is
    /// none; returns the solution.
    ///
    /// # Errors
    /// What the solver refuses.
    pub fn solve(
        &mut self,
        data: &Dataset,
        decoder: &Matrix,
        selection: &TokenSelection,
        norm: impl Into<Norm>,
    ) -> Result<Option<MaxMargin>, Box<dyn std::error::Error>> {
        let norm = norm.into();
        self.selection = Some(selection.tokens().to_vec());
        let attempt = |relative_gap| {
            let settings = SvmSettings { relative_gap, ..SvmSettings::default() };
            max_margin_key_query(data, selection, norm, &settings)
        };
        let start = Instant::now();
        let mut outcome = attempt(FINER_GAP)?;
        if matches!(outcome, Outcome::Inconclusive(_)) {
            outcome = attempt(RELATIVE_GAP)?;
        }
        self.solve_seconds = Some(start.elapsed().as_secs_f64());
        match outcome {
            Outcome::MaxMargin(solution) => {
                let scores = TokenScores::of(data, decoder)?;
                let support = support_tokens(data, selection, &solution, ACTIVE);
                self.optimality = Some(TokenOptimality::of(selection, &scores, &support));
                self.max_margin = Some(max_margin(data, selection, &solution));
                Ok(Some(solution))
            }
            Outcome::NotSeparable(farkas) => {
                let FarkasCertificate { multipliers, residual, .. } = &farkas;
                let details = json!({
                    "multipliers": multipliers,
                    "residual": residual,
                    "constraints": constraints(data, selection),
                });
                match obstacle::zero_constraint(data, selection) {
                    Some(why) => self.find("not_separable", format!("{farkas}; {why}"), &details),
                    None => self.find("not_separable", &farkas, &details),
                }
                Ok(None)
            }
            Outcome::Inconclusive(stalled) => {
                let Stalled { interval, reason, .. } = &stalled;
                let details = json!({
                    "lower": interval.lower,
                    "upper": interval.upper,
                    "reason": reason.to_string(),
                });
                self.find("inconclusive", &stalled, &details);
                Ok(None)
            }
        }
    }

    /// Writes `result.json`, says what is in it, and returns the exit status.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn finish(&self, folder: &OutputFolder) -> Result<ExitStatus, ReproError> {
        let json = serde_json::to_vec_pretty(self)
            .map_err(|source| ReproError::Json { what: "the result".into(), source })?;
        let path = folder.write(FILE, &json)?;
        let mut text = String::new();
        let mut line = |name: &str, value: Option<String>| {
            text += &value.map_or(String::new(), |value| format!("{name:<20} {value}\n"));
        };
        line("iterations", self.iterations.map(|k| k.to_string()));
        let reason = self.stop_reason.as_ref().and_then(Value::as_str);
        line("stop_reason", reason.map(str::to_owned));
        line("loss", self.loss.map(number));
        line("norm_p", self.norm_p.map(number));
        line("selection", self.selection.as_ref().map(|selection| format!("{selection:?}")));
        line("optimality", self.optimality.map(|optimality| format!("{optimality:?}")));
        line(
            "largest margin",
            self.max_margin.as_ref().map(|svm| {
                let get = |name: &str| svm[name].as_f64().unwrap_or(f64::NAN);
                let (lower, upper) = (number(get("lower")), number(get("upper")));
                format!("{lower} to {upper} (relative gap {:.1e})", get("relative_gap"))
            }),
        );
        line("directional_bregman", self.directional_bregman.map(number));
        line(
            "finding",
            self.finding.as_ref().map(|finding| {
                format!(
                    "{}: {}",
                    finding["kind"].as_str().unwrap_or_default(),
                    finding["message"].as_str().unwrap_or_default()
                )
            }),
        );
        let path = std::path::absolute(&path).unwrap_or(path);
        line("result", Some(path.display().to_string()));
        say(&text);
        Ok(if self.finding.is_none() { ExitStatus::Certified } else { ExitStatus::Finding })
    }
}

/// A number with every digit it has, and a power of ten where it would have many zeros.
fn number(value: f64) -> String {
    if value == 0.0 || (1e-4..1e6).contains(&value.abs()) {
        value.to_string()
    } else {
        format!("{value:e}")
    }
}

fn max_margin(data: &Dataset, selection: &TokenSelection, solution: &MaxMargin) -> Value {
    json!({
        "lower": solution.interval.lower,
        "upper": solution.interval.upper,
        "relative_gap": solution.relative_gap(),
        "norm_p": solution.norm(),
        "key_query": as_key_query(data, solution),
        "multipliers": solution.multipliers,
        "constraints": constraints(data, selection),
        "kkt": solution.kkt,
    })
}

/// The sequence and the token of each constraint, in the order of the multipliers.
fn constraints(data: &Dataset, selection: &TokenSelection) -> Vec<(usize, usize)> {
    let operator = AttSvmOperator::new(data.tokens(), data.queries(), selection.tokens());
    (0..operator.nrows()).map(|row| operator.row_token(row)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_short() {
        for (value, text) in [
            (0.0, "0"),
            (-0.5, "-0.5"),
            (1e-4, "0.0001"),
            (999_999.5, "999999.5"),
            (1e6, "1e6"),
            (-2.5e-150, "-2.5e-150"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(number(value), text);
        }
    }
}
