//! Comparisons at equal fit: what experiments share whose methods train until each has fitted the same samples equally
//! well.

pub mod comparison;
pub mod figures;
pub mod findings;
pub mod profile;
pub mod tables;
