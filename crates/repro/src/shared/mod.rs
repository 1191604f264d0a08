//! What several experiments share.

pub mod branches;
pub mod certified;
pub mod drops;
pub mod excess_risk;
pub mod forbidding_tokens;
pub mod geometry;
pub mod growing_steps;
pub mod head;
pub mod held_selection;
pub mod rest;
