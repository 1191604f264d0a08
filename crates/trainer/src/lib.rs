//! lp mirror descent for attention heads: runs, traces, checkpoints, and what they converge to.
//!
//! | noun | what it is |
//! |---|---|
//! | [`train_key_query`], [`train_joint`], [`train_factored`] | lp-AttGD, lp-JointGD, and the factored head |
//! | [`train_heads`], [`train_classes`] | several heads, and a head over several classes |
//! | [`train`], [`TrainingState`] | the loop they share, over a state that can be saved and resumed |
//! | [`StoppingRule`], [`StopReason`] | when a run ends, and why it did |
//! | [`mirror_flow`], [`FlowState`] | the limit of small steps in log-time, to $k = 10^{300}$ and beyond |
//! | [`regularization_path`] | the least risk under norm constraints, as they are loosened |
//! | [`Observer`], [`Trace`], [`Snapshots`], [`CheckpointEvery`] | what watches a run |
//! | [`max_margin_key_query`], [`schatten_max_margin_key_query`], [`max_margin_decoder`], [`relaxed_max_margin_key_query`] | the SVMs of a selection, certified |
//! | [`TokenOptimality`], [`support_tokens`] | whether a selection is locally optimal |
//! | [`enumerate_selections`], [`Enumeration`] | every selection of a small data set, solved and classified |

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod checkpoint;
mod enumeration;
mod error;
mod flow;
mod heads;
mod implicit;
mod max_margin;
mod observer;
mod optimality;
mod path;
mod state;
mod stopping;
mod trace;
mod train;

pub use checkpoint::{CheckpointEvery, load_checkpoint, run_of_checkpoint, save_checkpoint};
pub use enumeration::{
    EnumeratedSelection, Enumeration, EnumerationSettings, enumerate_selections,
};
pub use error::TrainError;
pub use flow::{FlowPoint, FlowSettings, FlowState, FlowStop, FlowWork, Flowed, mirror_flow};
pub use heads::{TrainedHeads, train_classes, train_heads};
pub use max_margin::{
    as_key_query, least_margin, max_margin_decoder, max_margin_key_query,
    relaxed_max_margin_key_query, schatten_max_margin_key_query, support_tokens,
};
pub use observer::{Iteration, Observer, Watch};
pub use optimality::TokenOptimality;
pub use path::{
    PathPoint, PathSettings, PathStop, PathWork, RegularizationPath, regularization_path,
};
pub use state::TrainingState;
pub use stopping::{StopReason, StoppingRule};
pub use trace::{Schedule, Snapshots, Trace, TracePoint};
pub use train::{
    Stopped, TrainedFactors, TrainedJoint, TrainedKeyQuery, train, train_factored, train_joint,
    train_key_query,
};

/// The examples of the README and of the guide, compiled and run.
#[cfg(doctest)]
mod book {
    #[doc = include_str!("../../../README.md")]
    struct Readme;
    #[doc = include_str!("../../../docs/guide.md")]
    struct Guide;
    #[doc = include_str!("../../../docs/add-a-model.md")]
    struct AddAModel;
    #[doc = include_str!("../../../docs/theorems/rate.md")]
    struct Rate;
    #[doc = include_str!("../../../docs/theorems/regularization-path.md")]
    struct RegularizationPath;
}
