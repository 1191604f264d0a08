//! What several experiments share.

pub mod over_seeds;
pub mod paper_settings;
pub mod run_lines;
pub mod sign_flips;
pub mod step_sizes;
