//! Drawings of a report as PDF and PNG: for a paper, and for slides.
//!
//! `cargo xtask figures DIR` makes them of every drawing in `DIR/figures`, and puts links to them into the report's
//! page. It is a program of its own because the libraries that read fonts take longer to build than all of
//! `reproduce`.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod converter;
mod error;
mod links;

pub use converter::Converter;
pub use error::FigureError;
pub use links::{convert_all, with_links};
