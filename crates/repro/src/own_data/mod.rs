//! The commands for your own data.

mod attgd;
mod attsvm;
mod obstacle;
mod outcome;
mod readers;
mod samples;
mod saved_run;

pub use attgd::attgd;
pub use attsvm::attsvm;
pub use readers::{DataError, DataFile};

use mirrorhead_harness::{Ended, say};
