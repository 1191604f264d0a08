//! Mirror descent as an optimizer for deep models.

#![forbid(unsafe_code)]
#![deny(missing_docs)]
