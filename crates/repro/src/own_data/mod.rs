//! The commands for your own data.

mod arguments;
mod attgd;
mod attsvm;
mod checked_result;
mod clock;
mod comparison;
mod folder_name;
mod impossibility;
mod number;
mod outcome;
mod picture;
mod progress;
mod readers;
mod recording;
mod run_folder;
mod samples;
mod saved_run;
mod summary;
mod svm;
mod trace;
mod training_run;
mod verify;

pub use arguments::{AttgdArgs, AttsvmArgs};
pub use attgd::attgd;
pub use attsvm::attsvm;
pub use readers::{DataError, DataFile, DataProblem, DataWarning, Foreign, parse_selection};
pub use svm::{SvmArgs, svm};
pub use verify::{VerifyArgs, verify};
