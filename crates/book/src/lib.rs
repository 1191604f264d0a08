//! The examples of the README, the guide and the theorem pages, compiled and run as documentation tests.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

#[cfg(doctest)]
mod pages {
    #[doc = include_str!("../../../README.md")]
    struct Readme;
    #[doc = include_str!("../../../docs/rust.md")]
    struct FromRust;
    #[doc = include_str!("../../../docs/certified-svm.md")]
    struct CertifiedSvm;
    #[doc = include_str!("../../../docs/guide.md")]
    struct Guide;
    #[doc = include_str!("../../../docs/theorems/rate.md")]
    struct Rate;
    #[doc = include_str!("../../../docs/theorems/regularization-path.md")]
    struct RegularizationPath;
}
