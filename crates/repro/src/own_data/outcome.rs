//! `result.json`: what `attgd` and `attsvm` have to say about your data.

use mirrorhead_attention::{AttSvmOperator, Dataset, TokenSelection};
use mirrorhead_harness::{ExitStatus, OutputFolder, ReproError};
use mirrorhead_kernels::{LinearOperator, Matrix};
use mirrorhead_svm::{FarkasCertificate, MaxMargin, Stalled};
use mirrorhead_trainer::{
    Certification, CertifiedSelection, OptimalityEvidence, TiedSelection, TokenOptimality,
    as_key_query,
};
use serde::Serialize;
use serde_json::{Value, json};

use super::{obstacle, say};
use crate::build::BUILD;

/// The file's name.
const FILE: &str = "result.json";

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
    /// The tokens that don't score less than the selected ones, and what is proven of each.
    pub evidence: Option<OptimalityEvidence>,
    /// Where tokens tie in score, the sets that attract in place of the selection.
    pub tied: Option<Value>,
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

    /// Enters what was certified, or the finding that nothing was. Attention that is not saturated is left to
    /// the caller, who knows the run.
    pub fn enter(&mut self, data: &Dataset, found: &Certification) {
        match found {
            Certification::Certified(certified) => self.enter_certified(data, certified),
            Certification::Tied { tied, distances } => {
                self.selection = Some(tied.leaders.tokens().to_vec());
                self.optimality = Some(TokenOptimality::Tied);
                self.tied = Some(tied_sets(data, tied, distances.divergence_to_tied));
            }
            Certification::NotSeparable { selection, farkas } => {
                self.selection = Some(selection.tokens().to_vec());
                let FarkasCertificate { multipliers, residual, .. } = farkas;
                let details = json!({
                    "multipliers": multipliers,
                    "residual": residual,
                    "constraints": constraints(data, selection),
                });
                match obstacle::zero_constraint(data, selection) {
                    Some(why) => self.find("not_separable", format!("{farkas}; {why}"), &details),
                    None => self.find("not_separable", farkas, &details),
                }
            }
            Certification::Inconclusive { selection, stalled } => {
                self.selection = Some(selection.tokens().to_vec());
                let Stalled { interval, reason, .. } = stalled;
                let details = json!({
                    "lower": interval.lower,
                    "upper": interval.upper,
                    "reason": reason.to_string(),
                });
                self.find("inconclusive", stalled, &details);
            }
            Certification::NotSaturated { .. } => {}
        }
    }

    fn enter_certified(&mut self, data: &Dataset, certified: &CertifiedSelection) {
        let CertifiedSelection { selection, svm, evidence, tied, distances, .. } = certified;
        self.selection = Some(selection.tokens().to_vec());
        self.optimality = Some(evidence.optimality);
        self.evidence = Some(evidence.clone());
        self.max_margin = Some(max_margin(data, selection, svm));
        self.directional_bregman = distances.map(|distances| distances.divergence);
        let to_tied = distances.and_then(|distances| distances.divergence_to_tied);
        self.tied = tied.as_ref().map(|tied| tied_sets(data, tied, to_tied));
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
        let evidence = self.evidence.as_ref().map(ToString::to_string);
        line("optimality", evidence.or_else(|| self.optimality.map(|found| found.to_string())));
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
            "tied",
            self.tied.as_ref().and_then(|tied| Some(tied["summary"].as_str()?.to_owned())),
        );
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

/// The sets of tokens that tie in score, with the solution of their SVM.
fn tied_sets(data: &Dataset, tied: &TiedSelection, divergence: Option<f64>) -> Value {
    let far = divergence.map(|far| format!(", at a divergence of {}", number(far)));
    json!({
        "summary": format!("{tied}{}", far.unwrap_or_default()),
        "sets": tied.sets,
        "leaders": tied.leaders,
        "lead": tied.lead,
        "attracts": tied.attracts(),
        "evidence": tied.evidence,
        "lower": tied.svm.interval.lower,
        "upper": tied.svm.interval.upper,
        "norm_p": tied.svm.norm(),
        "key_query": as_key_query(data, &tied.svm),
        "directional_bregman": divergence,
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
