//! How cells run: side by side, interruptible, and kept once they are finished.

mod cell_lock;
mod folder;
mod interruption;
mod kept_file;
mod lock;
mod pace;
mod progress;
mod queue;
mod run;
mod runner;
mod running_cell;
mod store;
#[cfg(test)]
pub mod toy;

pub use cell_lock::{CellLock, Claimed};
pub use folder::OutputFolder;
pub use interruption::{Consequence, Deferral, Interruption};
pub use kept_file::read_kept;
pub use lock::FolderLock;
pub use pace::Pace;
pub use run::{AfterFailure, CellStatus, Run};
pub use runner::run_cells;
pub use running_cell::RunningCell;
pub use store::{CellStore, FinishedCell, Lookup, key, sha256};
