//! The experiments: a folder and a unit struct each.

mod basins;
mod descent;
mod difficulty;
mod discrete_rates;
mod factored;
mod heads;
mod joint_path;
mod label_noise;
mod margins;
mod rate;
mod regularization_path;
mod synthetic_direction;
mod synthetic_joint;
mod synthetic_path;

use mirrorhead_harness::AnyExperiment;

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
