//! How cells run: side by side, interruptible, and kept once they are finished.

mod folder;
mod interruption;
mod lock;
mod pace;
mod progress;
mod queue;
mod runner;
mod store;
#[cfg(test)]
pub mod toy;
mod workbench;

pub use folder::OutputFolder;
pub use interruption::{Consequence, Deferral, Interruption};
pub use lock::FolderLock;
pub use pace::{Pace, duration};
pub use runner::{AfterFailure, CellStatus, Run, run_cells};
pub use store::{CellStore, FinishedCell, Lookup, key, sha256};
pub use workbench::Workbench;
