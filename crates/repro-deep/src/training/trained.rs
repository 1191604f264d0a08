//! A trained model: what is measured of it, whatever it was trained on.

use mirrorhead_transformers::Evaluation;
use serde::{Deserialize, Serialize};

use crate::measures::weight_census::WeightCensus;

/// A model after some epoch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trained {
    /// Epochs behind it.
    pub epoch: usize,
    /// On the test samples.
    pub test: Evaluation,
    /// Sizes of the entries of keys, queries and values.
    pub weights: [WeightCensus; 3],
    /// The test samples, with only the largest keys, queries and values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pruned: Vec<Pruned>,
}

/// A model with only its largest keys, queries and values.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Pruned {
    /// The share of each map's entries that is kept.
    pub kept: f64,
    /// On the test samples.
    pub test: Evaluation,
}
