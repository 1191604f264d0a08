//! How far a solve has got.

/// What is known after some iterations, to rounding.
///
/// The interval is that of the objective where margins are soft. Else it is that of the margin over the rows in play,
/// in units in which rows are of size one: the problem's own but for a factor that stays the same throughout.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Progress {
    /// Iterations so far, in all rounds and attempts together.
    pub iteration: usize,
    /// The best lower bound.
    pub lower: f64,
    /// The best upper bound.
    pub upper: f64,
}

impl Progress {
    /// `$(\text{upper} - \text{lower}) / \text{upper}$`.
    pub fn relative_gap(&self) -> f64 {
        let gap = (self.upper - self.lower) / self.upper;
        if gap.is_nan() { f64::INFINITY } else { gap }
    }
}
