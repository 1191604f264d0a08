//! What a method keeps of a slice between steps.

use mirrorhead_kernels::{InvalidSetting, Matrix};
use serde::{Deserialize, Serialize};

use super::definition::Backend;
use super::real::Real;
use super::slice_step::{Outcome, SliceTensor};
use super::slices::{Shape, Slices};
use super::tensor_method::TensorMethod;
use crate::{MirrorError, OutsideDomain};

/// The state of a method on one tensor in a slice of `f64` or `f32`: for the arrays of other languages and libraries,
/// without copies, in their own precision and order.
///
/// The slices stay the caller's, who may set weights between two steps: the next one starts from them.
///
/// ```
/// use mirrorhead_mirror::{
///     MaxNorm, Memory, Method, Primal, Shape, SliceState, Steepest, StepSize,
/// };
/// let signum = Method::compose(Steepest(MaxNorm), StepSize::DualNormalized(0.5), Primal)
///     .with_memory(Memory::HeavyBall(0.5));
/// let method = signum.on_tensor(0, 1)?;
/// let mut w = [0.0_f32, 1.0];
/// let mut state = SliceState::start(&method, &w, Shape::vector(2))?;
/// for gradient in [4.0, -1.0, -1.0, -1.0] { // sums 4, 1, -0.5, -1.25
///     state.step(&method, &mut w, &[gradient, 0.0], 1.0)?;
/// }
/// assert_eq!(w, [-0.5 - 0.5 + 0.5 + 0.5, 1.0]);
/// # Ok::<(), mirrorhead_mirror::MirrorError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "T: Real")]
pub struct SliceState<T> {
    shape: Shape,
    steps: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    point: Option<Vec<T>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sum: Option<Vec<T>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    root: Option<Vec<T>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    average: Option<Vec<T>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    centre: Option<Vec<T>>,
}

impl<T: Real> SliceState<T> {
    /// The state before the first step from `weights`.
    ///
    /// # Errors
    /// A slice of another length than the shape's, weights that are not finite or outside the domain of the potential.
    pub fn start(
        method: &TensorMethod<'_>,
        weights: &[T],
        shape: Shape,
    ) -> Result<Self, MirrorError> {
        require_len(shape, weights.len())?;
        require_finite("parameter", weights, 0)?;
        Self::begin(method, weights, shape, None)
    }

    /// As [`start`](Self::start), with the potential centred at `weights`: what is preferred is a small change, measured
    /// by the potential, as [`CentredPotential`](crate::CentredPotential) has it.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_around(
        method: &TensorMethod<'_>,
        weights: &[T],
        shape: Shape,
    ) -> Result<Self, MirrorError> {
        require_len(shape, weights.len())?;
        require_finite("parameter", weights, 0)?;
        Self::begin(method, weights, shape, Some(weights.to_vec()))
    }

    fn begin(
        method: &TensorMethod<'_>,
        weights: &[T],
        shape: Shape,
        centre: Option<Vec<T>>,
    ) -> Result<Self, MirrorError> {
        let on = &mut Slices::new(shape);
        let mut change = weights.to_vec();
        if let Some(centre) = &centre {
            on.combine(1.0, weights, -1.0, centre, &mut change);
        }
        method.require_domain(&shape.matrix(&change))?;
        let keeps = method.keeps();
        let zeros = |kept: bool| kept.then(|| vec![T::default(); weights.len()]);
        let mut point = zeros(keeps.point);
        if let Some(point) = &mut point {
            method.mirror(on, weights, centre.as_deref(), &mut change, point);
            require_finite("mirror image", point, 0)?;
        }
        let average = keeps.average.then(|| weights.to_vec());
        let (sum, root) = (zeros(keeps.sum), zeros(keeps.root));
        Ok(Self { shape, steps: 0, point, sum, root, average, centre })
    }

    /// A step along `gradient`, whose length is multiplied by `rate`.
    ///
    /// # Errors
    /// Slices of another length, a state of another method, a rate that is not positive and finite, a gradient that is not
    /// finite, a step beyond the range of the numbers. State and weights are then as they were.
    pub fn step(
        &mut self,
        method: &TensorMethod<'_>,
        weights: &mut [T],
        gradient: &[T],
        rate: f64,
    ) -> Result<(), MirrorError> {
        require_len(self.shape, weights.len())?;
        require_len(self.shape, gradient.len())?;
        self.require_state_of(method)?;
        let valid = rate > 0.0 && rate.is_finite();
        InvalidSetting::unless(valid, "rate", rate, "positive and finite")?;
        let iteration = self.steps;
        let mut tensor = SliceTensor {
            weights,
            point: self.point.as_deref_mut(),
            sum: self.sum.as_deref_mut(),
            root: self.root.as_deref_mut(),
            average: self.average.as_deref_mut(),
            centre: self.centre.as_deref(),
            gradient,
        };
        match tensor.step(method, self.shape, iteration, rate) {
            Outcome::Taken => {
                self.steps += 1;
                Ok(())
            }
            Outcome::Refused => {
                require_finite("gradient", gradient, iteration)?;
                Err(MirrorError::Overflow { tensor: 0, iteration })
            }
        }
    }

    /// Checks that this is the state of a method that keeps the same.
    fn require_state_of(&self, method: &TensorMethod<'_>) -> Result<(), MirrorError> {
        let keeps = method.keeps();
        let pairs = [
            (&self.point, keeps.point),
            (&self.sum, keeps.sum),
            (&self.root, keeps.root),
            (&self.average, keeps.average),
        ];
        for (kept, wanted) in pairs {
            let found = kept.as_ref().map_or(0, Vec::len);
            let expected = if wanted { self.shape.len() } else { 0 };
            if found != expected {
                let (expected, found) = ((expected, 1), (found, 1));
                return Err(MirrorError::ShapeMismatch { tensor: 0, expected, found });
            }
        }
        Ok(())
    }

    /// Number of steps taken.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// The dual point, if the method keeps one; with an average, that of the iterate.
    pub fn point(&self) -> Option<&[T]> {
        self.point.as_deref()
    }

    /// The average of [`Memory::Averaging`](crate::Memory::Averaging).
    pub fn average(&self) -> Option<&[T]> {
        self.average.as_deref()
    }
}

fn require_len(shape: Shape, found: usize) -> Result<(), MirrorError> {
    if shape.len() == found {
        return Ok(());
    }
    Err(MirrorError::ShapeMismatch { tensor: 0, expected: shape.size, found: (found, 1) })
}

fn require_finite<T: Real>(
    what: &'static str,
    numbers: &[T],
    iteration: u64,
) -> Result<(), MirrorError> {
    if numbers.iter().all(|x| x.wide().is_finite()) {
        return Ok(());
    }
    Err(MirrorError::NotFinite { what, tensor: 0, iteration })
}

impl TensorMethod<'_> {
    /// Checks that a tensor is a point of the domain of the potential.
    fn require_domain(&self, weights: &Matrix) -> Result<(), MirrorError> {
        let outside = |reason: OutsideDomain| MirrorError::OutsideDomain { tensor: 0, reason };
        self.space().require_domain(weights).map_err(outside)
    }
}
