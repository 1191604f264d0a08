//! The paper's experiments on real data.

#![forbid(unsafe_code)]
#![deny(missing_docs)]
