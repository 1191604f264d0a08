//! Holding a backend against the formulas of the methods.

mod case;
mod formulas;

use thiserror::Error;

pub use case::{ConformanceCase, Trial};
use formulas::Formulas;

/// A weight that is another than a method's formulas say.
#[derive(Debug, Clone, PartialEq, Error)]
#[error(
    "{case}: entry {entry} after {steps} steps is {found}, and by the formulas {expected} within {bound:.1e}"
)]
pub struct Disagreement {
    /// The method.
    pub case: String,
    /// Steps taken.
    pub steps: usize,
    /// Which entry, row after row.
    pub entry: usize,
    /// The weight.
    pub found: f64,
    /// The weight in double precision.
    pub expected: f64,
    /// By how much rounding may have changed it.
    pub bound: f64,
}

/// Runs a backend through every direction, memory, step rule and space, and compares every weight after every step with
/// what formulas say that share no code with it: histories summed anew, powers by `powf`, polar factors by Newton's
/// iteration.
///
/// `run` is handed the trials one after another and returns the weights after each step, row after row. `epsilon` is the
/// rounding of its numbers, from which the tolerance follows; all numbers handed out fit single precision. Returns the
/// number of methods.
///
/// ```
/// use mirrorhead_mirror::{SliceState, conformance};
/// let methods = conformance(f64::EPSILON, |trial| {
///     let mut weights = trial.start.clone();
///     let mut state = SliceState::start(&trial.method, &weights, trial.shape).expect("valid");
///     let step = |gradient: &Vec<f64>| {
///         state.step(&trial.method, &mut weights, gradient, trial.rate).expect("finite");
///         weights.clone()
///     };
///     trial.gradients.iter().map(step).collect()
/// })?;
/// assert!(methods > 60);
/// # Ok::<(), mirrorhead_mirror::Disagreement>(())
/// ```
///
/// # Errors
/// The first weight that is another.
pub fn conformance(
    epsilon: f64,
    mut run: impl FnMut(&Trial<'_>) -> Vec<Vec<f64>>,
) -> Result<usize, Disagreement> {
    let cases = ConformanceCase::all();
    for case in &cases {
        let mut found = Vec::new();
        case.with_trial(|trial| found = run(trial));
        let mut formulas = Formulas::new(case);
        for (steps, gradient) in case.gradients().iter().enumerate() {
            let steps = steps + 1;
            formulas.step(gradient);
            let weights = found.get(steps - 1).map_or(&[][..], Vec::as_slice);
            for (entry, (expected, bound)) in formulas.weights(epsilon).into_iter().enumerate() {
                let found = weights.get(entry).copied().unwrap_or(f64::NAN);
                if (found - expected).abs() <= bound {
                    continue;
                }
                let case = case.to_string();
                return Err(Disagreement { case, steps, entry, found, expected, bound });
            }
        }
    }
    Ok(cases.len())
}
