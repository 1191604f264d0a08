//! Exponents $p$ of a norm, as they are written: `1.5`, `2`, `10`.

use std::fmt;
use std::str::FromStr;

use mirrorhead_mirror::LpNorm;
use serde::{Deserialize, Serialize};

/// An exponent that the solver takes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Exponent(pub f64);

impl Exponent {
    pub fn norm(self) -> LpNorm {
        LpNorm::new(self.0).expect("checked when it was read")
    }
}

impl fmt::Display for Exponent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Exponent {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let p = text.parse().map_err(|_| format!("`{text}` is not a number"))?;
        LpNorm::new(p).map_err(|error| error.to_string())?;
        Ok(Self(p))
    }
}

impl From<Exponent> for String {
    fn from(p: Exponent) -> Self {
        p.to_string()
    }
}

impl TryFrom<String> for Exponent {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}
