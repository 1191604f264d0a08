//! A cell to run.

use serde_json::Value;

/// A cell to run, with its experiment's types erased.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// The experiment it belongs to.
    pub experiment: &'static str,
    /// The name under which the store keeps it.
    pub store_name: &'static str,
    /// Name for people.
    pub label: String,
    /// The configuration.
    pub config: Value,
    /// Rough time on one core, in seconds.
    pub cost_seconds: f64,
    /// SHA-256 of the code that the outcome depends on.
    pub fingerprint: &'static str,
}
