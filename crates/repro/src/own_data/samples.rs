//! A data file as a data set, with its decoder and its start.

use std::path::Path;

use mirrorhead_attention::Dataset;
use mirrorhead_harness::{note, sha256};
use mirrorhead_kernels::{Matrix, TokenBatch};

use super::readers::{DataError, DataFile, DataWarning, read_bytes};

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
    /// What in the file may be meant otherwise.
    pub warnings: Vec<DataWarning>,
}

impl Samples {
    /// Reads a file in JSON or NPZ, and tells what in it may be meant otherwise.
    ///
    /// # Errors
    /// Whatever makes the file unusable, and data in which there is nothing to select.
    pub fn read(path: &Path) -> Result<Self, Box<dyn std::error::Error>> {
        let bytes = read_bytes(path)?;
        let file = DataFile::from_bytes(&bytes).map_err(|problem| DataError::new(path, problem))?;
        let sha256 = sha256(&bytes);
        for warning in &file.warnings {
            note(&format!("warning: {}: {warning}", path.display()));
        }
        drop(bytes);
        let DataFile { dim, lengths, tokens, labels, queries, decoder, start, warnings } = file;
        if lengths.iter().all(|length| *length == 1) {
            let path = path.display();
            return Err(format!(
                "{path}: every sequence of X has a single token, so there is nothing to select; at \
                 least one sequence needs two tokens"
            )
            .into());
        }
        let tokens = TokenBatch::new(dim, &lengths, tokens)?;
        let rows = |n: usize, values: &[f64]| Matrix::from_fn(n, dim, |i, k| values[i * dim + k]);
        let data = Dataset::new(tokens, &rows(labels.len(), &queries), labels)?;
        let start = start.map(|start| rows(dim, &start));
        let decoder = Matrix::column(decoder)?;
        Ok(Self { data, decoder, start, sha256, warnings })
    }
}
