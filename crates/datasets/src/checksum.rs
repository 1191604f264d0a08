//! SHA-256 in hexadecimal digits.

use std::fmt::Write;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::{DataError, whole_file};

/// The SHA-256 of some bytes, as 64 lower-case hexadecimal digits.
pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Bytes as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut digits, byte| {
        // Writing to a string cannot fail.
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}

/// The SHA-256 of a file, as 64 lower-case hexadecimal digits.
///
/// # Errors
/// [`DataError::Read`].
pub fn file_digest(path: &Path) -> Result<String, DataError> {
    Ok(sha256_hex(&whole_file::read(path)?))
}
