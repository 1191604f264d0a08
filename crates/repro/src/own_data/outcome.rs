//! `result.json`: what `attgd` and `attsvm` have to say about your data.

use std::path::PathBuf;
use std::time::Instant;

use mirrorhead_attention::{AttSvmOperator, Dataset, TokenScores, TokenSelection};
use mirrorhead_harness::{ExitStatus, ReproError};
use mirrorhead_kernels::{LinearOperator, Matrix};
use mirrorhead_svm::{FarkasCertificate, MaxMargin, Norm, Outcome, Stalled, SvmSettings};
use mirrorhead_trainer::{TokenOptimality, as_key_query, max_margin_key_query, support_tokens};
use serde::Serialize;
use serde_json::{Value, json};

use super::obstacle;
use super::readers::DataWarning;
use super::run_folder::{RESULT, RunFolder};
use super::samples::Samples;
use crate::build::BUILD;
use crate::shared::certified::ACTIVE;

/// The certified gap that a result must have.
const RELATIVE_GAP: f64 = 1e-9;
/// The gap that is tried first: a direction is only as good as the square root of its gap.
const FINER_GAP: f64 = 1e-12;

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
        self.selection = Some(selection.tokens().to_vec());
        let start = Instant::now();
        let outcome = solve(data, selection, norm.into())?;
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

/// Solves the AttSVM of a selection as closely as it can be certified.
///
/// # Errors
/// What the solver refuses.
pub fn solve(
    data: &Dataset,
    selection: &TokenSelection,
    norm: Norm,
) -> Result<Outcome, mirrorhead_svm::SvmError> {
    let attempt = |relative_gap| {
        let settings = SvmSettings { relative_gap, ..SvmSettings::default() };
        max_margin_key_query(data, selection, norm, &settings)
    };
    match attempt(FINER_GAP)? {
        Outcome::Inconclusive(_) => attempt(RELATIVE_GAP),
        outcome => Ok(outcome),
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
