//! The contents of `report.json`; its schema is `docs/report-schema.md`.

use serde::Serialize;
use serde_json::Value;

use super::provenance::Provenance;
use super::supplement::Supplement;
use crate::experiment::{About, ClaimResult, Exclusion, Figure, Verdict};
use crate::origin::Origin;
use crate::study::{Source, Study};

/// Version of the schema of `report.json`: raised when a field changes its meaning or disappears.
pub const SCHEMA_VERSION: u32 = 1;

/// Everything a run has to say.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Version of this schema.
    pub schema_version: u32,
    /// What is reproduced.
    pub study: Study,
    /// Where the numbers come from.
    pub provenance: Provenance,
    /// Of a report that was collected: where its cells were run, a provenance each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub machines: Vec<Value>,
    /// Where the cells were run.
    pub ran_on: Vec<RanOn>,
    /// The claim table: every claim of every experiment, also of those not run.
    pub claims: Vec<ClaimResult>,
    /// The experiments that were run.
    pub experiments: Vec<ExperimentReport>,
    /// Experiments that only a larger binary has, none of which was run.
    pub elsewhere: Vec<Elsewhere>,
}

/// An experiment that only a larger binary has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Elsewhere {
    /// Its name.
    pub name: &'static str,
    /// Its title.
    pub title: &'static str,
    /// Why it wasn't run.
    pub reason: &'static str,
}

impl Report {
    /// The number of claims with this verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.claims.iter().filter(|claim| claim.verdict == verdict).count()
    }

    /// The number of claims of this source with this verdict.
    pub fn count_of(&self, source: Source, verdict: Verdict) -> usize {
        let of = |claim: &&ClaimResult| claim.source == source && claim.verdict == verdict;
        self.claims.iter().filter(of).count()
    }
}

/// What was run in one place.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RanOn {
    /// The place: machine and build.
    #[serde(flatten)]
    pub origin: Origin,
    /// How many cells.
    pub cells: usize,
    /// How long they took together, in seconds.
    pub seconds: f64,
}

/// One experiment of a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExperimentReport {
    /// Name, group and prose.
    #[serde(flatten)]
    pub about: About,
    /// SHA-256 of the code that its cells depend on.
    pub code_fingerprint: &'static str,
    /// The figures, with every number in them.
    pub figures: Vec<Figure>,
    /// What it shows beside them.
    #[serde(rename = "exhibits")]
    pub supplements: Vec<Supplement>,
    /// Cells left out of figures and claims because a hypothesis failed, with the reason.
    pub excluded: Vec<Exclusion>,
    /// Why there are no figures, when there are none.
    pub failure: Option<String>,
    /// Every cell.
    pub cells: Vec<CellReport>,
}

/// One cell of an experiment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CellReport {
    /// Name for people.
    pub label: String,
    /// What it depends on.
    pub config: Value,
    /// What became of it.
    #[serde(flatten)]
    pub state: CellState,
}

/// What became of a cell.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum CellState {
    /// It has a result.
    Finished {
        /// Time it took, on one thread among others, in seconds.
        seconds: f64,
        /// What it produced.
        outcome: Value,
    },
    /// It ended with an error.
    Failed {
        /// Why.
        reason: String,
    },
    /// It wasn't started, because another cell failed.
    Skipped,
}
