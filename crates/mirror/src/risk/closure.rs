//! A risk made of a closure.

use mirrorhead_kernels::{LogScaled, Matrix};

use crate::{Risk, RiskError};

/// The risk that `evaluate` computes: it gets the parameters, writes their gradients and returns the
/// value.
///
/// Gradients come with scale `$e^0$`: a closure that writes plain numbers to `value` leaves it at that.
/// Their entries are those of the evaluation before. Shapes are checked before `evaluate` is called.
///
/// ```
/// use mirrorhead_kernels::{LogScaled, Matrix};
/// use mirrorhead_mirror::{MirrorDescent, Optimizer, Risk, StepSize, risk_of};
/// let valley = risk_of(vec![(1, 1)], |w, gradients| {
///     let x = w[0][(0, 0)] - 1.0;
///     gradients[0].value[(0, 0)] = 4.0 * x;
///     2.0 * x * x
/// });
/// let method = MirrorDescent::gradient_descent(StepSize::Constant(0.25));
/// let (mut w, mut gradients) = ([Matrix::zeros(1, 1)], valley.zero_gradients());
/// let mut state = method.init(&w)?;
/// let risk = valley.value_and_gradient(&w, &mut gradients, &mut ())?;
/// method.step(&mut state, &mut w, &gradients, risk)?;
/// assert_eq!((risk, valley.value(&w)?), (2.0, 0.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn risk_of<F>(shapes: Vec<(usize, usize)>, evaluate: F) -> RiskOf<F>
where
    F: Fn(&[Matrix], &mut [LogScaled<Matrix>]) -> f64 + Sync,
{
    RiskOf { shapes, evaluate }
}

/// The risk of a closure: see [`risk_of`].
#[derive(Clone)]
pub struct RiskOf<F> {
    shapes: Vec<(usize, usize)>,
    evaluate: F,
}

impl<F> std::fmt::Debug for RiskOf<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RiskOf").field("shapes", &self.shapes).finish_non_exhaustive()
    }
}

impl<F> Risk for RiskOf<F>
where
    F: Fn(&[Matrix], &mut [LogScaled<Matrix>]) -> f64 + Sync,
{
    type Workspace = ();

    fn shapes(&self) -> Vec<(usize, usize)> {
        self.shapes.clone()
    }

    fn workspace(&self) {}

    fn value_and_gradient(
        &self,
        parameters: &[Matrix],
        gradients: &mut [LogScaled<Matrix>],
        (): &mut (),
    ) -> Result<f64, RiskError> {
        RiskError::require_tensors(self.shapes.iter().copied(), parameters, gradients)?;
        for gradient in gradients.iter_mut() {
            gradient.log_scale = 0.0;
        }
        Ok((self.evaluate)(parameters, gradients))
    }
}
