//! How much each step of a run lowers the risk, against what the mirror geometry predicts.

use mirrorhead_kernels::Matrix;
use mirrorhead_mirror::DualState;
use mirrorhead_trainer::Iteration;
use serde::{Deserialize, Serialize};

/// Drops of the risk below this are mostly rounding: their ratio says nothing.
const MEASURABLE: f64 = 1e-9;

/// What the steps of a run with a constant step size did to its risk.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Drops {
    /// Number of steps that raised the risk by more than rounding.
    pub increases: u64,
    /// Number of steps whose drop is large enough to be measured.
    pub measured: u64,
    /// The smallest drop of the risk, as a part of
    /// `$\tfrac1\eta\langle\nabla\psi(W') - \nabla\psi(W), W' - W\rangle$`.
    pub least_ratio: Option<f64>,
}

/// An iterate to compare the next one with.
pub struct Before {
    risk: f64,
    key_query: Matrix,
    dual: Matrix,
}

impl Drops {
    /// Counts the step from `before` to an iterate, which then takes its place.
    pub fn count(&mut self, step: f64, before: &mut Option<Before>, at: &Iteration<'_, DualState>) {
        let (w, u) = (&at.state.parameters[0], &at.state.optimizer.dual()[0]);
        if let Some(Before { risk, key_query, dual }) = before {
            let drop = *risk - at.risk;
            self.increases += u64::from(drop < -4.0 * f64::EPSILON * risk.abs());
            if drop.abs() > MEASURABLE {
                let ratio = step * drop / symmetric_bregman(key_query, w, dual, u);
                self.measured += 1;
                self.least_ratio = Some(self.least_ratio.map_or(ratio, |least| least.min(ratio)));
            }
        }
        *before = Some(Before { risk: at.risk, key_query: w.clone(), dual: u.clone() });
    }
}

/// `$D(a, b) + D(b, a) = \langle\nabla\psi(a) - \nabla\psi(b), a - b\rangle$`, without cancellation.
fn symmetric_bregman(w: &Matrix, w_next: &Matrix, u: &Matrix, u_next: &Matrix) -> f64 {
    let moves = w.as_slice().iter().zip(w_next.as_slice()).map(|(a, b)| b - a);
    let dual_moves = u.as_slice().iter().zip(u_next.as_slice()).map(|(a, b)| b - a);
    moves.zip(dual_moves).map(|(w, u)| w * u).sum()
}
