//! ℓp mirror descent for attention heads: runs, traces, checkpoints, and what they converge to.
//!
//! | noun | what it is |
//! |---|---|
//! | [`train_key_query`], [`train_joint`], [`train_factored`] | ℓp-AttGD, ℓp-JointGD, and the factored head |
//! | [`train_heads`], [`train_classes`] | several heads, and a head over several classes |
//! | [`train`], [`TrainingState`] | the loop they share, over a state that can be saved and resumed |
//! | [`StoppingRule`], [`StopReason`] | when a run ends, and why it did |
//! | [`mirror_flow`], [`FlowState`] | the limit of small steps in log-time, to `$k = 10^{300}$` and beyond |
//! | [`regularization_path`] | the least risk under norm constraints, as they are loosened |
//! | [`Observer`], [`Trace`], [`Snapshots`], [`CheckpointEvery`] | what watches a run |
//! | [`max_margin_key_query`], [`schatten_max_margin_key_query`], [`max_margin_decoder`], [`relaxed_max_margin_key_query`], [`between_max_margin_key_query`] | the SVMs of a selection, certified |
//! | [`certify`], [`certify_selection`], [`CertifiedSelection`] | from weights, or a selection, to all that is proven of it |
//! | [`TokenOptimality`], [`OptimalityEvidence`], [`TokenSupport`] | whether a selection is locally optimal, and which token says so |
//! | [`constraint_forces`], [`constraint_weights`], [`constraint_norms`] | what the gradient is made of, along the rows of the AttSVM |
//! | [`sharpness`], [`onset`], [`stable_reach`] | whether steps zigzag between active constraints, when they begin to, and what keeps them from it |
//! | [`LabelMarginLoss`] | what weight off the selection costs the label margin |
//! | [`TiedSelection`] | what attracts where tokens tie in score |
//! | [`enumerate_selections`], [`Enumeration`] | every selection of a small data set, solved and classified |

#![forbid(unsafe_code)]
#![deny(missing_docs)]
// Tests compare with the system's functions.
#![cfg_attr(test, allow(clippy::disallowed_methods))]

mod between;
mod certified_selection;
mod certify;
mod checkpoint;
mod constraint_forces;
mod enumeration;
mod error;
mod flow;
mod heads;
mod implicit;
mod key_query_norm;
mod label_margin;
mod max_margin;
mod maximisers;
mod observer;
mod optimality;
mod path;
mod sharpness;
mod state;
mod stopping;
mod tied_selection;
mod token_support;
mod trace;
mod train;

pub use between::{BetweenMaxMargin, between_max_margin_key_query, label_slacks};
pub use certified_selection::{Certification, CertifiedSelection, Distances};
pub use certify::{CertifySettings, SATURATED, certify, certify_selection};
pub use checkpoint::{CheckpointEvery, load_checkpoint, run_of_checkpoint, save_checkpoint};
pub use constraint_forces::{constraint_forces, constraint_norms, constraint_weights};
pub use enumeration::{
    EnumeratedSelection, Enumeration, EnumerationSettings, enumerate_selections,
};
pub use error::TrainError;
pub use flow::{
    FlowPoint, FlowProgress, FlowSettings, FlowState, FlowStop, FlowWork, Flowed, mirror_flow,
};
pub use heads::{TrainedHeads, train_classes, train_heads};
pub use key_query_norm::KeyQueryNorm;
pub use label_margin::{LabelMarginLoss, label_margin_loss};
pub use max_margin::{
    ACTIVE, as_key_query, least_margin, max_margin_decoder, max_margin_key_query,
    relaxed_max_margin_key_query, schatten_max_margin_key_query, support_tokens,
};
pub use observer::{Iteration, Observer, Watch};
pub use optimality::{OptimalityEvidence, Rival, TokenOptimality};
pub use path::{
    PathPoint, PathProgress, PathSettings, PathStop, PathWork, RegularizationPath,
    regularization_path,
};
pub use sharpness::{onset, sharpness, stable_reach};
pub use state::TrainingState;
pub use stopping::{StopReason, StoppingRule};
pub use tied_selection::{Lead, TiedSelection};
pub use token_support::TokenSupport;
pub use trace::{Schedule, Snapshots, Trace, TracePoint};
pub use train::{
    Stopped, TrainedFactors, TrainedJoint, TrainedKeyQuery, train, train_factored, train_joint,
    train_key_query,
};

/// How to add a model: the book's page, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/add-a-model.md")]
struct AddAModel;
