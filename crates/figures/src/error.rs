//! Why a drawing has no other form.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Why a drawing has no other form.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FigureError {
    /// A folder without drawings.
    #[error("there is no drawing in {}: give the folder of a report, such as `out`", folder.display())]
    NoDrawing {
        /// The folder.
        folder: PathBuf,
    },
    /// Without a font, drawings would lose their words.
    #[error(
        "this system has no sans-serif font (DejaVu Sans or Liberation Sans, say): install one"
    )]
    NoFont,
    /// A file that can't be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A drawing that isn't one, or that can't be converted.
    #[error("{}: {reason}", path.display())]
    Drawing {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}
