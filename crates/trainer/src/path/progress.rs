//! How far a path has got.

/// What is known before each iteration of Newton's method or round of descent, and at each point found.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct PathProgress {
    /// Points found so far, of those asked for.
    pub points: usize,
    /// The largest of the radii at which a point is being looked for.
    pub radius: f64,
    /// Newton iterations so far.
    pub newton_iterations: u64,
}
