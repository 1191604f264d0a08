//! `verify`: whether a `result.json` proves what it says, in exact arithmetic.

use std::error::Error;
use std::path::{Path, PathBuf};

use clap::Args;
use mirrorhead_attention::{AttSvmOperator, TokenSelection};
use mirrorhead_harness::Ended;
use mirrorhead_svm::{
    FarkasCertificate, HardMarginProblem, MarginInterval, Norm, Remainder, verify_sum,
};
use serde::Deserialize;
use serde_json::Value;

use super::checked_result::{other_data, told};
use super::readers::read_bytes;
use super::samples::Samples;
use super::svm::verify_svm;

/// Arguments of `verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// What to check.
    #[arg(value_name = "RESULT.JSON")]
    pub result: PathBuf,
    /// The data that it is about.
    pub file: PathBuf,
}

/// What a `result.json` says, as far as it can be checked.
#[derive(Debug, Deserialize)]
struct Claims {
    settings: Settings,
    data: DataSource,
    selection: Option<Vec<usize>>,
    max_margin: Option<Solution>,
    finding: Option<Finding>,
}

#[derive(Debug, Deserialize)]
struct Settings {
    p: Norm,
}

#[derive(Debug, Deserialize)]
struct DataSource {
    sha256: String,
}

#[derive(Debug, Deserialize)]
struct Solution {
    lower: f64,
    upper: f64,
    /// Row by row.
    key_query: Vec<Vec<f64>>,
    multipliers: Vec<f64>,
    /// What rounding takes from the pair, if the proof needs it.
    #[serde(default)]
    remainder: Remainder,
}

#[derive(Debug, Deserialize)]
struct Finding {
    kind: String,
    details: Value,
}

/// Runs the command.
///
/// # Errors
/// Files that can't be read, or are of different runs, or hold no certificate. One that proves nothing is no
/// error but an exit status.
pub fn verify(args: &VerifyArgs) -> Ended {
    let claims = read_claims(&args.result)?;
    if claims["settings"]["command"] == "svm" {
        return verify_svm(&claims, &args.file, &args.result);
    }
    let claims: Claims =
        serde_json::from_value(claims).map_err(|error| no_result(&args.result, &error))?;
    let samples = Samples::read(&args.file)?;
    if samples.sha256 != claims.data.sha256 {
        return Err(other_data(&args.file, &args.result));
    }
    let Some(tokens) = claims.selection else {
        return Err("the result has no selection, and so nothing to prove".into());
    };
    let data = &samples.data;
    let selection = TokenSelection::new(tokens, data)?;
    let operator = AttSvmOperator::new(data.tokens(), data.queries(), selection.tokens());
    let problem = HardMarginProblem::new(&operator, claims.settings.p)?;
    let (what, checked) = match (claims.max_margin, claims.finding) {
        (Some(solution), _) => {
            let interval = MarginInterval { lower: solution.lower, upper: solution.upper };
            let w = columns_of(&solution.key_query);
            let Solution { multipliers, remainder, .. } = &solution;
            let checked = verify_sum(&problem, &w, multipliers, remainder, interval);
            (format!("the largest margin lies in {interval}"), checked)
        }
        (None, Some(finding)) if finding.kind == "not_separable" => {
            let certificate: FarkasCertificate =
                serde_json::from_value(finding.details["certificate"].clone())?;
            ("no W separates the selection".into(), certificate.verify(&problem))
        }
        (None, _) => return Err("the result has neither a solution nor a proof of none".into()),
    };
    Ok(told(&what, checked))
}

fn read_claims(path: &Path) -> Result<Value, Box<dyn Error>> {
    let bytes = read_bytes(path)?;
    Ok(serde_json::from_slice(&bytes).map_err(|error| no_result(path, &error))?)
}

fn no_result(path: &Path, error: &serde_json::Error) -> String {
    format!("{}: this isn't a result.json: {error}", path.display())
}

/// The entries of a matrix column after column.
fn columns_of(rows: &[Vec<f64>]) -> Vec<f64> {
    let ncols = rows.first().map_or(0, Vec::len);
    (0..ncols).flat_map(|b| rows.iter().filter_map(move |row| row.get(b).copied())).collect()
}
