//! Adam as an optimizer of the framework, in one sweep over memory.

mod coefficients;
mod config;
mod method;
mod moments;
mod slices;
mod tensors;
mod weight_decay;

pub use self::config::FusedAdamConfig;
pub use self::method::FusedAdam;
pub use self::moments::AdamMoments;
pub use self::weight_decay::WeightDecay;
