//! What a step on a tensor reads and writes.

/// What a method reads of a tensor. Before the first step, what it is told to keep is zero, and the dual point that of
/// the weights.
pub struct Past<'a, E: ?Sized> {
    /// The dual point, or the parameter where that is the iterate.
    pub point: &'a E,
    /// The sum of gradients.
    pub sum: Option<&'a E>,
    /// The root of the sum of their squares.
    pub root: Option<&'a E>,
    /// The gradient.
    pub gradient: &'a E,
}

/// Where the step of a tensor starts.
#[derive(Debug, Clone)]
pub struct At<N> {
    /// Steps taken before.
    pub steps: u64,
    /// What the step size is multiplied by: the rate of a framework.
    pub rate: f64,
    pub(super) gradient_norm: Option<N>,
    pub(super) drive_norm: Option<N>,
}

impl<N> At<N> {
    /// After `steps` steps, at a rate.
    pub fn new(steps: u64, rate: f64) -> Self {
        Self { steps, rate, gradient_norm: None, drive_norm: None }
    }
}

impl At<f64> {
    /// Whether what was measured is finite. Entries divided by an infinite norm would be zero, and look like a step.
    pub(super) fn is_finite(&self) -> bool {
        [self.gradient_norm, self.drive_norm].into_iter().flatten().all(f64::is_finite)
    }
}

/// What weights follow from.
pub struct Iterate<'a, E: ?Sized> {
    /// The dual point, or the parameter where that is the iterate.
    pub point: &'a E,
    /// The average of the iterates, if the weights show it.
    pub average: Option<&'a E>,
    /// What the potential is centred at, if not at zero.
    pub centre: Option<&'a E>,
}

impl<E: ?Sized> Clone for Iterate<'_, E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E: ?Sized> Copy for Iterate<'_, E> {}

/// What a step remembers, and room to make it in. All entries have the shape of the tensor.
pub struct Remembered<'a, E: ?Sized> {
    /// The next sum of gradients.
    pub sum: &'a mut E,
    /// The next root of the sum of their squares.
    pub root: &'a mut E,
    /// Room.
    pub drive: &'a mut E,
    /// Room.
    pub gradient: &'a mut E,
}

/// Where a step leads. All entries have the shape of the tensor.
pub struct Ahead<'a, E: ?Sized> {
    /// The next dual point, or parameter.
    pub point: &'a mut E,
    /// What the step remembers.
    pub remembered: Remembered<'a, E>,
    /// Room.
    pub unit: &'a mut E,
    /// Room.
    pub spare: &'a mut E,
}

/// What a method keeps of a tensor between steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each part is kept or not, whatever the others are"
)]
pub struct Keeps {
    /// The dual point, or, with an average, the iterate.
    pub point: bool,
    /// The sum of gradients.
    pub sum: bool,
    /// The root of the sum of their squares.
    pub root: bool,
    /// The average of the iterates.
    pub average: bool,
}
