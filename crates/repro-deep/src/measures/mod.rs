//! What is measured of trained models.

pub mod decisive_attention;
pub mod pruning;
pub mod separability;
pub mod weight_census;
