//! Reviews: texts with the opinion they express.

use base16ct::lower::encode_string;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

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

impl Reviews {
    /// SHA-256 of texts and labels in order, in hexadecimal digits: the same whatever the reviews were
    /// packed in.
    ///
    /// ```
    /// use mirrorhead_datasets::{Review, Reviews};
    /// let reviews = |label| Reviews {
    ///     train: vec![Review { text: "a fine film".into(), label }],
    ///     ..Reviews::default()
    /// };
    /// assert_eq!(reviews(1).fingerprint(), reviews(1).fingerprint());
    /// assert_ne!(reviews(1).fingerprint(), reviews(0).fingerprint());
    /// ```
    pub fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        for part in [&self.train, &self.test] {
            hash.update((part.len() as u64).to_le_bytes());
            for review in part {
                hash.update((review.text.len() as u64).to_le_bytes());
                hash.update(&review.text);
                hash.update([review.label]);
            }
        }
        encode_string(&hash.finalize())
    }
}
