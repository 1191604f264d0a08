//! The experiments: one unit struct each.

mod basins;
mod basins_findings;
mod branches;
pub mod certified;
mod descent;
mod difficult_course;
mod difficult_data;
mod difficulty;
mod difficulty_findings;
mod direction_findings;
mod discrete_rates;
mod discrete_rates_findings;
mod drops;
mod factored;
mod factored_findings;
mod forbidding_tokens;
mod geometry;
mod head;
mod heads;
mod heads_findings;
mod held_selection;
mod joint_findings;
mod joint_path;
mod joint_path_findings;
mod label_noise;
mod margins;
mod margins_findings;
mod rate;
mod rate_findings;
mod regularization_path;
pub mod series;
mod synthetic_direction;
mod synthetic_joint;
mod synthetic_path;

pub use certified::ACTIVE;
pub use head::iterations;

use crate::experiment::AnyExperiment;

/// Every experiment, in the order of the paper.
pub const ALL: &[&dyn AnyExperiment] = &[
    &synthetic_direction::SyntheticDirection,
    &synthetic_path::SyntheticPath,
    &synthetic_joint::SyntheticJoint,
    &descent::Descent,
    &rate::Rate,
    &regularization_path::RegularizationPath,
    &joint_path::JointPath,
    &margins::Margins,
    &discrete_rates::DiscreteRates,
    &factored::Factored,
    &heads::Heads,
    &basins::Basins,
    &difficulty::Difficulty,
    &label_noise::LabelNoise,
];
