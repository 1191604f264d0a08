//! Margins with their losses.

use super::loss::Loss;

/// Margins `$x_i$` with their losses `$\ell(x_i)$` and `$\log(-\ell'(x_i))$`: as many of each, by construction.
///
/// ```
/// use mirrorhead_mirror::{Loss, MarginLosses};
/// let mut losses = MarginLosses::new(2);
/// losses.margins_mut().copy_from_slice(&[0.0, 2000.0]);
/// let risk = losses.evaluate(Loss::Logistic);
/// assert!((risk - 2f64.ln() / 2.0).abs() < 1e-15); // the mean
/// assert_eq!(losses.log_slopes()[1], -2000.0); // no underflow
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct MarginLosses {
    margins: Vec<f64>,
    values: Vec<f64>,
    log_slopes: Vec<f64>,
}

impl MarginLosses {
    /// Of `count` margins, all zero so far.
    pub fn new(count: usize) -> Self {
        let [margins, values, log_slopes] = [(); 3].map(|()| vec![0.0; count]);
        Self { margins, values, log_slopes }
    }

    /// Sets the losses and slopes to those of the margins; returns the mean loss, NaN of none.
    pub fn evaluate(&mut self, loss: Loss) -> f64 {
        loss.values_and_log_slopes(&self.margins, &mut self.values, &mut self.log_slopes);
        self.values.iter().sum::<f64>() / self.values.len() as f64
    }

    /// The margins.
    pub fn margins(&self) -> &[f64] {
        &self.margins
    }

    /// The margins, to be set.
    pub fn margins_mut(&mut self) -> &mut [f64] {
        &mut self.margins
    }

    /// The losses of the margins at the last evaluation.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// `$\log(-\ell'(x_i))$` at the last evaluation.
    pub fn log_slopes(&self) -> &[f64] {
        &self.log_slopes
    }

    /// The same, to be set by what has slopes of its own, or turned into weights.
    pub fn log_slopes_mut(&mut self) -> &mut [f64] {
        &mut self.log_slopes
    }
}
