//! Attention heads: data, training, certificates, flow, path, selections.

pub mod certify;
pub mod dataset;
pub mod model;
pub mod proof;
pub mod selections;
pub mod trails;
pub mod training;

use serde::Serialize;

/// The name that a variant has where it is written down.
pub fn name(variant: &impl Serialize) -> String {
    let value = serde_json::to_value(variant).ok();
    value.as_ref().and_then(|value| value.as_str()).unwrap_or("unknown").to_owned()
}
