//! Real and planted data for deep models.

#![forbid(unsafe_code)]
#![deny(missing_docs)]
