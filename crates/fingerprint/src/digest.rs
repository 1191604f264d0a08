//! SHA-256 over parts that can't run into each other.

use sha2::{Digest as _, Sha256};

/// A digest to which parts are added.
#[derive(Clone, Default)]
pub struct Digest(Sha256);

impl Digest {
    /// Adds a part, with its length.
    pub fn add(&mut self, part: impl AsRef<[u8]>) {
        let part = part.as_ref();
        self.0.update((part.len() as u64).to_le_bytes());
        self.0.update(part);
    }

    /// The digest in hexadecimal.
    pub fn hex(self) -> String {
        base16ct::lower::encode_string(&self.0.finalize())
    }
}
