//! Whole numbers of any size as decimal digits.

use dashu_int::UBig;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serializer};

pub(crate) fn serialize<S: Serializer>(number: &UBig, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(number)
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<UBig, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
}
