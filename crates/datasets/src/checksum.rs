//! SHA-256 in hexadecimal digits.

use std::path::Path;

use base16ct::lower::encode_string;
use sha2::{Digest, Sha256};

use crate::{DataError, whole_file};

/// The SHA-256 of some bytes, as 64 lower-case hexadecimal digits.
pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    encode_string(&Sha256::digest(bytes))
}

/// The SHA-256 of a file, as 64 lower-case hexadecimal digits.
///
/// # Errors
/// [`DataError::Read`].
pub fn file_digest(path: &Path) -> Result<String, DataError> {
    Ok(sha256_hex(&whole_file::read(path)?))
}
