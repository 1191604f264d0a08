//! Reviews: texts with the opinion they express.

use serde::{Deserialize, Serialize};

/// A text and its opinion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// The text as it was published, markup such as `<br />` included.
    pub text: String,
    /// 1 for a positive opinion, 0 for a negative one.
    pub label: u8,
}

impl AsRef<str> for Review {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

/// Reviews to learn from and reviews to test on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reviews {
    /// To learn from.
    pub train: Vec<Review>,
    /// To test on.
    pub test: Vec<Review>,
    /// How many texts held bytes that are no UTF-8; those bytes were replaced by U+FFFD.
    pub repaired: usize,
}
