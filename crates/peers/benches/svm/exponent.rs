//! Exponents `$p$` of a norm, as they are written: `1`, `1.5`, `2`, `10`, `inf`.

use std::fmt;
use std::str::FromStr;

use mirrorhead_svm::Norm;
use serde::{Deserialize, Serialize};

/// An exponent that the solver takes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Exponent(pub f64);

impl Exponent {
    pub fn norm(self) -> Norm {
        Norm::new(self.0).expect("checked when it was read")
    }

    /// Whether the SVM is a linear program.
    pub fn is_linear(self) -> bool {
        self.0 == 1.0 || self.0 == f64::INFINITY
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
        let p = Self(text.parse().map_err(|_| format!("`{text}` is not a number"))?);
        Norm::new(p.0).map_err(|error| error.to_string())?;
        Ok(p)
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
