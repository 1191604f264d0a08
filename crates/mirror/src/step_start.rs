//! Where a step starts.

/// All that the rule of a step reads beside the norms of the gradients.
pub(crate) struct StepStart {
    pub(crate) iteration: u64,
    pub(crate) risk: f64,
    pub(crate) modulus: Option<f64>,
}
