//! Support vector machines: rows, solves, classifiers, proofs.

pub mod classifier;
pub mod equalities;
pub mod found;
pub mod hard;
pub mod proof;
pub mod rows;
pub mod separator_proof;
