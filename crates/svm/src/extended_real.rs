//! Doubles that may be infinite, where formats such as JSON know finite ones only.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serializer};

/// A number, or the word for what is none: `"inf"`, `"-inf"`, `"NaN"`.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
pub(crate) fn serialize<S: Serializer>(number: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    if number.is_finite() {
        serializer.serialize_f64(*number)
    } else {
        serializer.collect_str(number)
    }
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    match NumberOrWord::deserialize(deserializer)? {
        NumberOrWord::Number(number) => Ok(number),
        NumberOrWord::Word(word) => word.parse().map_err(D::Error::custom),
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum NumberOrWord {
    Number(f64),
    Word(String),
}
