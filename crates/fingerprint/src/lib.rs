//! For build scripts: fingerprints of the code that the cells of experiments depend on.
//!
//! | noun | what it is |
//! |---|---|
//! | [`Fingerprints`] | one for the cells of every experiment of a package |
//! | [`BuiltFrom`] | compiler and revision of a build |
//!
//! ```no_run
//! // build.rs
//! use mirrorhead_fingerprint::{BuiltFrom, Fingerprints};
//!
//! Fingerprints::of_this_package()
//!     .without(&["mirrorhead-harness", "clap"])
//!     .with_shared("src/shared")
//!     .emit("src/experiments")?;
//! BuiltFrom::of_this_package().emit();
//! # Ok::<(), String>(())
//! ```

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod built_from;
mod digest;
mod fingerprints;
mod lock_file;
mod packages;
mod sources;

pub use built_from::BuiltFrom;
pub use fingerprints::Fingerprints;
