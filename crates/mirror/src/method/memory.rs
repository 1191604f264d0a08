//! What the steps of a method remember of the gradients, or of the iterates, before.

use mirrorhead_kernels::{InvalidSetting, LogScaled, Matrix, elementary, max_abs};
use serde::{Deserialize, Serialize};

use crate::MirrorError;
use crate::backend::{Backend, Shape, Slices};

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
        let Some((beta, square)) = memory.coefficients() else { return };
        follow(&mut self.sum, &before.sum, beta, gradients, Sum::Plain);
        if let Some(square) = square {
            follow(&mut self.root, &before.root, square.sqrt(), gradients, Sum::Hypot);
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
        let weights = memory.drive_weights(iteration);
        match memory {
            Memory::Nesterov(_) => {
                follow(room, &self.sum, weights.sum, gradients, Sum::Plain);
                room
            }
            Memory::Moments { .. } => {
                room.clone_from(&self.sum);
                for ((drive, sum), root) in room.iter_mut().zip(&self.sum).zip(&self.root) {
                    let scale = elementary::exp(sum.log_scale - root.log_scale) * weights.quotient;
                    drive.log_scale = 0.0;
                    let (sum, root) = (sum.value.as_slice(), root.value.as_slice());
                    let weights = DriveWeights { quotient: scale, ..weights };
                    let room = drive.value.as_mut_slice();
                    memory.drive(&mut entrywise(), weights, (sum, root, sum), room);
                }
                room
            }
            _ => &self.sum,
        }
    }
}

/// The backend of the core, where only entrywise operations are asked for.
fn entrywise() -> Slices<f64> {
    Slices::new(Shape::vector(0))
}

/// What [`Memory::drive`] multiplies by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DriveWeights {
    /// The sum, where the gradient is added to it.
    pub(crate) sum: f64,
    /// The quotient of the sums.
    pub(crate) quotient: f64,
}

impl Memory {
    /// `$\beta$` of the sum of gradients, and that of their squares, where there are such.
    pub(crate) fn coefficients(self) -> Option<(f64, Option<f64>)> {
        match self {
            Self::HeavyBall(beta) | Self::Nesterov(beta) => Some((beta, None)),
            Self::Moments { mean, square } => Some((mean, Some(square))),
            Self::None | Self::Averaging { .. } => None,
        }
    }

    /// The weights of the drive at an iteration.
    pub(crate) fn drive_weights(self, iteration: u64) -> DriveWeights {
        match self {
            Self::Moments { mean, square } => {
                DriveWeights { sum: 1.0, quotient: bias_correction(mean, square, iteration) }
            }
            Self::Nesterov(beta) => DriveWeights { sum: beta, quotient: 1.0 },
            _ => DriveWeights { sum: 1.0, quotient: 1.0 },
        }
    }

    /// `$\tilde g$` of the sum, the root and the gradient, in `room` where it isn't the sum itself.
    pub(crate) fn drive<'e, B: Backend>(
        self,
        on: &mut B,
        weights: DriveWeights,
        (sum, root, gradient): (&'e B::Entries, &'e B::Entries, &'e B::Entries),
        room: &'e mut B::Entries,
    ) -> &'e B::Entries {
        match self {
            Self::Nesterov(_) => on.combine(weights.sum, sum, 1.0, gradient, room),
            Self::Moments { .. } => on.quotient(weights.quotient, sum, root, room),
            _ => return sum,
        }
        room
    }
}

/// What turns the quotient of the sums into that of the means corrected for their bias:
/// `$\frac{1-\beta_1}{1-\beta_1^{k+1}} \big/ \sqrt{\frac{1-\beta_2}{1-\beta_2^{k+1}}}$`.
fn bias_correction(mean: f64, square: f64, iteration: u64) -> f64 {
    let steps = iteration as f64 + 1.0;
    let weight = |beta: f64| (1.0 - beta) / (1.0 - elementary::powf(beta, steps));
    weight(mean) / weight(square).sqrt()
}

/// How a gradient is added to what is remembered.
#[derive(Debug, Clone, Copy)]
enum Sum {
    Plain,
    /// `$\sqrt{a^2 + b^2}$`.
    Hypot,
}

/// `sums` become `$\beta$` times those `before`, with `gradients` added. Before the first step there are none.
fn follow(
    sums: &mut Vec<LogScaled<Matrix>>,
    before: &[LogScaled<Matrix>],
    beta: f64,
    gradients: &[LogScaled<Matrix>],
    how: Sum,
) {
    let shape = |m: &LogScaled<Matrix>| (m.value.nrows(), m.value.ncols());
    if !sums.iter().map(shape).eq(gradients.iter().map(shape)) {
        sums.clear();
        sums.extend_from_slice(gradients);
    }
    for (tensor, (sum, g)) in sums.iter_mut().zip(gradients).enumerate() {
        accumulate(before.get(tensor), beta, g, how, sum);
    }
}

/// `sum` becomes `$\beta\cdot$` `before` with `$g$` added, in the larger of the two scales.
fn accumulate(
    before: Option<&LogScaled<Matrix>>,
    beta: f64,
    g: &LogScaled<Matrix>,
    how: Sum,
    sum: &mut LogScaled<Matrix>,
) {
    /// Sums of what is smaller stay within the range.
    const NEAR_THE_END: f64 = 1e300;
    let zero = |x: &Matrix| max_abs(x.as_slice()) == 0.0;
    let size = max_abs(g.value.as_slice());
    let g_is_zero = size == 0.0;
    if size.is_finite() && !g_is_zero && !(f64::MIN_POSITIVE..NEAR_THE_END).contains(&size) {
        let mut g = g.clone();
        rescale(&mut g);
        return accumulate(before, beta, &g, how, sum);
    }
    let before = before.filter(|before| beta != 0.0 && !zero(&before.value));
    // Nothing at all has no scale to speak of.
    let log_scale = match before {
        None => g.log_scale,
        Some(before) if g_is_zero => before.log_scale,
        Some(_) if g.log_scale.is_nan() => f64::NAN,
        Some(before) => before.log_scale.max(g.log_scale),
    };
    let take = if g_is_zero { 1.0 } else { elementary::exp(g.log_scale - log_scale) };
    let (keep, before) = match before {
        Some(before) => (beta * elementary::exp(before.log_scale - log_scale), &before.value),
        None => (0.0, &g.value),
    };
    let (on, out) = (&mut entrywise(), sum.value.as_mut_slice());
    match how {
        Sum::Plain => on.combine(keep, before.as_slice(), take, g.value.as_slice(), out),
        Sum::Hypot => on.hypot(keep, before.as_slice(), take, g.value.as_slice(), out),
    }
    sum.log_scale = log_scale;
    rescale(sum);
}

/// Takes a power of two out of entries that are far from one, so that neither what shrinks for long nor the inverse of
/// its norm leaves the range.
pub(super) fn rescale(sum: &mut LogScaled<Matrix>) {
    const FAR_FROM_ONE: f64 = 1e60;
    let size = max_abs(sum.value.as_slice());
    if size == 0.0 || !size.is_finite() || (1.0 / FAR_FROM_ONE..FAR_FROM_ONE).contains(&size) {
        return;
    }
    // Two factors: the inverse of a size near the end of the range has no place in f64.
    let half = (elementary::log2(size) / 2.0).round();
    for x in sum.value.as_mut_slice() {
        *x = *x * elementary::exp2(-half) * elementary::exp2(-half);
    }
    sum.log_scale += 2.0 * half * std::f64::consts::LN_2;
}
