//! A data file as a data set, with its decoder and its start.

use std::path::Path;

use mirrorhead_attention::Dataset;
use mirrorhead_harness::sha256;
use mirrorhead_kernels::{Matrix, TokenBatch};

use super::readers::{DataError, DataFile, read_bytes};

/// The samples of a file.
pub struct Samples {
    /// Tokens, queries and labels.
    pub data: Dataset,
    /// The decoder.
    pub decoder: Matrix,
    /// Where training starts, if the file says so.
    pub start: Option<Matrix>,
    /// SHA-256 of the file's contents. They are read only once: a pipe would be empty afterwards.
    pub sha256: String,
}

impl Samples {
    /// Reads a file in JSON or NPZ.
    ///
    /// # Errors
    /// Whatever makes the file unusable, and data in which there is nothing to select.
    pub fn read(path: &Path) -> Result<Self, Box<dyn std::error::Error>> {
        let bytes = read_bytes(path)?;
        let file = DataFile::from_bytes(&bytes).map_err(|problem| DataError::new(path, problem))?;
        if file.tokens.iter().all(|sequence| sequence.len() == 1) {
            let path = path.display();
            return Err(format!(
                "{path}: every sequence of X has a single token, so there is nothing to select; at \
                 least one sequence needs two tokens"
            )
            .into());
        }
        let tokens = TokenBatch::from_rows(&file.tokens)?;
        let data = Dataset::new(tokens, &Matrix::from_rows(&file.queries)?, file.labels)?;
        let start = file.start.map(|rows| Matrix::from_rows(&rows)).transpose()?;
        let decoder = Matrix::column(file.decoder)?;
        Ok(Self { data, decoder, start, sha256: sha256(bytes) })
    }
}
