//! `result.json`: what `attgd` and `attsvm` have to say about your data.

use std::path::PathBuf;

use mirrorhead_attention::{AttSvmOperator, Dataset, TokenSelection};
use mirrorhead_harness::{ExitStatus, ReproError};
use mirrorhead_kernels::{LinearOperator, Matrix};
use mirrorhead_svm::{MaxMargin, Stalled};
use mirrorhead_trainer::{
    Certification, CertifiedSelection, OptimalityEvidence, TiedSelection, TokenOptimality,
    as_key_query,
};
use serde::Serialize;
use serde_json::{Value, json};

use super::impossibility;
use super::number::number;
use super::readers::DataWarning;
use super::run_folder::{RESULT, RunFolder};
use super::samples::Samples;
use crate::build::BUILD;

/// The contents of `result.json`; what doesn't apply is null.
#[derive(Debug, Default, Serialize)]
pub struct CommandResult {
    /// Version of the schema of this file.
    pub schema_version: u32,
    /// The run: the digest of the data's contents, of every setting that the numbers depend on, and of
    /// the code.
    pub run: String,
    /// The command, with every setting.
    pub settings: Value,
    /// The data: size and digest of the file.
    pub data: Value,
    /// What in the data may be meant otherwise.
    pub warnings: Vec<DataWarning>,
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
    /// The part of the samples whose label the trained head predicts.
    pub accuracy: Option<f64>,
    /// The margin of the trained key-query matrix in the AttSVM of the selection, at norm 1: at most
    /// the largest margin.
    pub margin: Option<f64>,
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
    /// Time of training in seconds, that of interrupted commands included.
    pub train_seconds: Option<f64>,
    /// Time of solving the AttSVM, in seconds.
    pub solve_seconds: Option<f64>,
}

impl CommandResult {
    /// A result of this run without anything in it yet.
    pub fn new(run: String, settings: Value, samples: &Samples) -> Self {
        let tokens = samples.data.tokens();
        let data = json!({
            "sha256": samples.sha256,
            "sequences": samples.data.len(),
            "tokens": tokens.n_tokens(),
            "dim": samples.data.dim(),
        });
        let warnings = samples.warnings.clone();
        let build = json!(BUILD);
        Self { schema_version: 2, run, settings, data, warnings, build, ..Self::default() }
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
                let details = json!({
                    "certificate": farkas,
                    "constraints": constraints(data, selection),
                });
                match impossibility::zero_constraint(data, selection) {
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

    /// Writes `result.json`, and returns its path.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn write(&self, folder: &RunFolder) -> Result<PathBuf, ReproError> {
        let json = serde_json::to_vec_pretty(self)
            .map_err(|source| ReproError::Json { what: "the result".into(), source })?;
        let path = folder.write(RESULT, &json)?;
        Ok(std::path::absolute(&path).unwrap_or(path))
    }

    /// How a command with this result ends.
    pub fn status(&self) -> ExitStatus {
        if self.finding.is_none() { ExitStatus::Certified } else { ExitStatus::Finding }
    }
}

fn max_margin(data: &Dataset, selection: &TokenSelection, solution: &MaxMargin) -> Value {
    let mut found = json!({
        "lower": solution.interval.lower,
        "upper": solution.interval.upper,
        "relative_gap": solution.relative_gap(),
        "norm_p": solution.norm(),
        "key_query": as_key_query(data, solution),
        "multipliers": solution.multipliers,
        "constraints": constraints(data, selection),
        "kkt": solution.kkt,
    });
    if !solution.remainder.is_empty() {
        found["remainder"] = json!(solution.remainder);
    }
    found
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
