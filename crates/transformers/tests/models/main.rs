//! The models, against PyTorch and in training.

mod pytorch;
mod training;
