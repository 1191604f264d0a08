//! What every run at equal fit is asked for.

/// The authors' stopping rule: training ends when this share of the training samples is classified correctly.
pub const STOP_ACCURACY: f64 = 0.995;

/// Training accuracies at whose first passing the test samples are classified.
pub const MILESTONES: [f64; 6] = [0.6, 0.7, 0.8, 0.9, 0.95, STOP_ACCURACY];

/// Shares of keys, queries and values that pruning keeps, descending.
pub const KEPT: [f64; 5] = [0.5, 0.2, 0.1, 0.05, 0.01];
