//! What a running cell has besides its configuration.

use std::path::{Path, PathBuf};

use super::cell_error::CellError;
use super::scope::{Device, Scope};

/// What a running cell has besides its configuration, and what it produces must not depend on: a place
/// for checkpoints, somebody who watches, and the way to the data.
///
/// A cell that is stopped at a checkpoint and resumed has the same outcome, bit for bit, as one that
/// isn't.
pub trait CellContext: Sync {
    /// What was asked for.
    fn scope(&self) -> &Scope;

    /// The folder of this cell's checkpoints: it belongs to this configuration and code alone, outlives
    /// an interruption or a crash, and is removed once the cell's outcome is kept. A crash may come at any
    /// time: files that [`save`](Self::save) doesn't write are written under another name first.
    ///
    /// # Errors
    /// It can't be created.
    fn checkpoints(&self) -> Result<&Path, CellError>;

    /// Writes a file of the checkpoint, all of it or nothing.
    ///
    /// # Errors
    /// It can't be written.
    fn save(&self, name: &str, contents: &[u8]) -> Result<(), CellError>;

    /// The contents of a file of the checkpoint; nothing when there is none.
    ///
    /// # Errors
    /// It is there and can't be read.
    fn saved(&self, name: &str) -> Result<Option<Vec<u8>>, CellError>;

    /// Tells whoever watches that this part of the work is done, from 0 to 1, and how it goes: the epoch,
    /// say, and the throughput. A cell that goes on from a checkpoint starts with the part that was
    /// done before.
    fn report(&self, done: f64, message: &str);

    /// Whether the cell shall save a checkpoint and end with [`CellError::Interrupted`].
    ///
    /// A run that is interrupted waits for the cells that have asked before, and for no other: ask
    /// once at the start, and then wherever a checkpoint can be made, every few seconds.
    fn interrupted(&self) -> bool;

    /// The file of this name in the data folder.
    ///
    /// # Errors
    /// It isn't there.
    fn data_file(&self, name: &str) -> Result<PathBuf, CellError> {
        self.scope().data_file(name)
    }

    /// The folder of the data files.
    fn data_dir(&self) -> &Path {
        &self.scope().data_dir
    }

    /// What trains deep models. Outcomes depend on it, so it is in the configuration too.
    fn device(&self) -> Device {
        self.scope().device
    }

    /// The file of sentences that the command names.
    fn sentences(&self) -> Option<&Path> {
        self.scope().sentences.as_deref()
    }
}
