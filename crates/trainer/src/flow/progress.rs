//! How far a flow has got.

/// What is known before each step and at each log-time reached.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct FlowProgress {
    /// Steps tried so far.
    pub steps: u64,
    /// The log-time.
    pub log_time: f64,
    /// Log-times reached, of those asked for.
    pub points: usize,
}
