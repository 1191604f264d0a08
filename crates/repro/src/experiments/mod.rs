//! The experiments: a folder and a unit struct each.

mod adaptive_steps;
mod basins;
mod descent;
mod difficulty;
mod discrete_rates;
mod factored;
mod graph_svm;
mod heads;
mod horizon;
mod joint;
mod joint_path;
mod label_noise;
mod linear_margins;
mod margins;
mod momentum;
mod rate;
mod regularization_path;
mod stability;
mod synthetic_direction;
mod synthetic_joint;
mod synthetic_path;

use mirrorhead_harness::Entry;

/// An experiment with the fingerprint of its folder's cells.
macro_rules! entry {
    ($folder:ident::$experiment:ident) => {
        Entry {
            experiment: &$folder::$experiment,
            fingerprint: env!(concat!("FINGERPRINT_", stringify!($folder))),
        }
    };
}

/// Every experiment, in the order of the paper.
pub const ALL: &[Entry] = &[
    entry!(synthetic_direction::SyntheticDirection),
    entry!(synthetic_path::SyntheticPath),
    entry!(synthetic_joint::SyntheticJoint),
    entry!(joint::Joint),
    entry!(descent::Descent),
    entry!(rate::Rate),
    entry!(regularization_path::RegularizationPath),
    entry!(joint_path::JointPath),
    entry!(margins::Margins),
    entry!(momentum::Momentum),
    entry!(discrete_rates::DiscreteRates),
    entry!(adaptive_steps::AdaptiveSteps),
    entry!(stability::Stability),
    entry!(factored::Factored),
    entry!(heads::Heads),
    entry!(basins::Basins),
    entry!(difficulty::Difficulty),
    entry!(label_noise::LabelNoise),
    entry!(linear_margins::LinearMargins),
    entry!(horizon::Horizon),
    entry!(graph_svm::GraphSvm),
];
