//! What the steps of a method remember of the gradients, or of the iterates, before.

use mirrorhead_kernels::{InvalidSetting, LogScaled, Matrix, elementary, max_abs};
use serde::{Deserialize, Serialize};

use crate::MirrorError;

/// What the steps of a [`Method`](crate::Method) remember. `$g_k$` is the gradient, `$\tilde g_k$` what the
/// direction is made of.
///
/// Sums of gradients carry their scale as gradients do, so that a normalized step with memory freezes
/// as little as one without.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Memory {
    /// Nothing: `$\tilde g = g$`.
    None,
    /// `$m \leftarrow \beta m + g$`, `$\tilde g = m$` (Polyak 1964). Steady gradients are followed
    /// `$1/(1-\beta)$` times as fast; under a normalized step the factor cancels.
    HeavyBall(f64),
    /// `$m \leftarrow \beta m + g$`, `$\tilde g = g + \beta m$` (Nesterov 1983, in the form of Sutskever et al.
    /// 2013: the parameters are the points where gradients are taken).
    Nesterov(f64),
    /// `$\tilde g = \hat m / \sqrt{\hat v}$` entrywise, with
    /// `$m \leftarrow \beta_1 m + (1 - \beta_1) g$`, `$v \leftarrow \beta_2 v + (1 - \beta_2) g^2$` and the bias
    /// corrections of Adam: with the gradient as direction, Adam without its `$\epsilon$`. Free of the
    /// scale of the gradient; zero where no gradient was anything else.
    Moments {
        /// Memory of the mean, `$0 \le \beta_1 < 1$`.
        mean: f64,
        /// Memory of the square, `$0 \le \beta_2 < 1$`.
        square: f64,
    },
    /// `$\tilde g = g$`, taken at `$y = (1 - \beta) z + \beta x$`, where `$z$` is the iterate and `$x$` the average
    /// of all iterates: schedule-free learning (Defazio et al. 2024). The parameters are `$y$`, and
    /// [`MethodState::average`](crate::MethodState::average) is `$x$`, the result. `$\beta = 0$` is averaging
    /// in the sense of Polyak and Ruppert.
    Averaging {
        /// `$0 \le \beta < 1$`, how far gradients are taken towards the average.
        lookahead: f64,
    },
}

impl Memory {
    /// Checks the settings.
    ///
    /// # Errors
    /// A coefficient outside `$[0, 1)$`.
    pub fn validate(self) -> Result<(), MirrorError> {
        let coefficients = match self {
            Self::None => [0.0; 2],
            Self::HeavyBall(beta) | Self::Nesterov(beta) => [beta; 2],
            Self::Moments { mean, square } => [mean, square],
            Self::Averaging { lookahead } => [lookahead; 2],
        };
        match coefficients.into_iter().find(|beta| !(0.0..1.0).contains(beta)) {
            None => Ok(()),
            Some(value) => {
                let expected = "at least 0 and below 1";
                Err(InvalidSetting { name: "memory", value, expected }.into())
            }
        }
    }

    /// Whether gradients before the last one count.
    pub fn keeps_gradients(self) -> bool {
        matches!(self, Self::HeavyBall(_) | Self::Nesterov(_) | Self::Moments { .. })
    }
}

/// The running sums of gradients, one a tensor.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Recollection {
    /// `$\sum_i \beta^{k-i} g_i$`.
    sum: Vec<LogScaled<Matrix>>,
    /// `$\sqrt{\sum_i \beta_2^{k-i} g_i^2}$`, entry by entry.
    root: Vec<LogScaled<Matrix>>,
}

impl Recollection {
    /// Whether nothing is remembered.
    pub(crate) fn is_empty(&self) -> bool {
        self.sum.is_empty()
    }

    /// Becomes what `before` is once `gradients` are added.
    pub(crate) fn follow(
        &mut self,
        before: &Self,
        memory: Memory,
        gradients: &[LogScaled<Matrix>],
    ) {
        self.sum.clone_from(&before.sum);
        self.root.clone_from(&before.root);
        let zeros = || {
            gradients.iter().map(|g| LogScaled {
                log_scale: 0.0,
                value: Matrix::zeros(g.value.nrows(), g.value.ncols()),
            })
        };
        if self.sum.is_empty() {
            self.sum.extend(zeros());
        }
        let (beta, square) = match memory {
            Memory::HeavyBall(beta) | Memory::Nesterov(beta) => (beta, None),
            Memory::Moments { mean, square } => (mean, Some(square)),
            Memory::None | Memory::Averaging { .. } => return,
        };
        for (sum, g) in self.sum.iter_mut().zip(gradients) {
            accumulate(sum, beta, g, |sum, g| sum + g);
        }
        if let Some(square) = square {
            if self.root.is_empty() {
                self.root.extend(zeros());
            }
            for (root, g) in self.root.iter_mut().zip(gradients) {
                accumulate(root, square.sqrt(), g, elementary::hypot);
            }
        }
    }

    /// `$\tilde g$`, in `room` where it isn't remembered itself.
    pub(crate) fn drive<'a>(
        &'a self,
        memory: Memory,
        gradients: &[LogScaled<Matrix>],
        iteration: u64,
        room: &'a mut Vec<LogScaled<Matrix>>,
    ) -> &'a [LogScaled<Matrix>] {
        match memory {
            Memory::Nesterov(beta) => {
                room.clone_from(&self.sum);
                for (drive, g) in room.iter_mut().zip(gradients) {
                    accumulate(drive, beta, g, |sum, g| sum + g);
                }
                room
            }
            Memory::Moments { mean, square } => {
                room.clone_from(&self.sum);
                let correction = bias_correction(mean, square, iteration);
                for (drive, root) in room.iter_mut().zip(&self.root) {
                    let scale = elementary::exp(drive.log_scale - root.log_scale) * correction;
                    drive.log_scale = 0.0;
                    for (d, root) in
                        drive.value.as_mut_slice().iter_mut().zip(root.value.as_slice())
                    {
                        // NaN stays NaN, and is refused.
                        *d = if *root == 0.0 { 0.0 } else { *d / root * scale };
                    }
                }
                room
            }
            _ => &self.sum,
        }
    }
}

/// What turns the quotient of the sums into that of the means corrected for their bias:
/// `$\frac{1-\beta_1}{1-\beta_1^{k+1}} \big/ \sqrt{\frac{1-\beta_2}{1-\beta_2^{k+1}}}$`.
fn bias_correction(mean: f64, square: f64, iteration: u64) -> f64 {
    let steps = iteration as f64 + 1.0;
    let weight = |beta: f64| (1.0 - beta) / (1.0 - elementary::powf(beta, steps));
    weight(mean) / weight(square).sqrt()
}

/// `sum` `$\leftarrow \beta\cdot$` `sum` `$\circ\, g$` with the operation `$\circ$`, in the larger of the two scales.
fn accumulate(
    sum: &mut LogScaled<Matrix>,
    beta: f64,
    g: &LogScaled<Matrix>,
    operation: impl Fn(f64, f64) -> f64,
) {
    let zero = |x: &Matrix| max_abs(x.as_slice()) == 0.0;
    let (sum_is_zero, g_is_zero) = (zero(&sum.value) || beta == 0.0, zero(&g.value));
    // Nothing at all has no scale to speak of.
    let log_scale = match (sum_is_zero, g_is_zero) {
        (true, _) => g.log_scale,
        (false, true) => sum.log_scale,
        (false, false) if g.log_scale.is_nan() => f64::NAN,
        (false, false) => sum.log_scale.max(g.log_scale),
    };
    let part =
        |is_zero: bool, own: f64| if is_zero { 0.0 } else { elementary::exp(own - log_scale) };
    let keep = beta * part(sum_is_zero, sum.log_scale);
    let take = if g_is_zero { 1.0 } else { part(false, g.log_scale) };
    for (sum, g) in sum.value.as_mut_slice().iter_mut().zip(g.value.as_slice()) {
        *sum = operation(keep * *sum, take * *g);
    }
    sum.log_scale = log_scale;
    rescale(sum);
}

/// Takes a power of two out of entries that get far from one, so that what shrinks for long doesn't
/// underflow.
fn rescale(sum: &mut LogScaled<Matrix>) {
    const FAR: f64 = 1e60;
    let size = max_abs(sum.value.as_slice());
    if size == 0.0 || !size.is_finite() || (1.0 / FAR..FAR).contains(&size) {
        return;
    }
    // Two factors: the inverse of a size near the end of the range has no place in f64.
    let half = (elementary::log2(size) / 2.0).round();
    for x in sum.value.as_mut_slice() {
        *x = *x * elementary::exp2(-half) * elementary::exp2(-half);
    }
    sum.log_scale += 2.0 * half * std::f64::consts::LN_2;
}
