//! Adam, the baseline of deep learning.

use mirrorhead_kernels::{InvalidSetting, LogScaled, Matrix, elementary};
use serde::{Deserialize, Serialize};

use crate::optimizer::{Spare, all_finite, require_finite, require_shapes};
use crate::{MirrorError, Optimizer, Progress};

/// Adam (Kingma & Ba 2015, algorithm 1):
///
/// `$$ m \leftarrow \beta_1 m + (1-\beta_1) g, \quad v \leftarrow \beta_2 v + (1-\beta_2) g^2, \quad
///    w \leftarrow w - \eta\, \frac{m/(1-\beta_1^k)}{\sqrt{v/(1-\beta_2^k)} + \epsilon}. $$`
///
/// It needs `$g = e^{m}G$` itself and stalls once that is far below `$\epsilon$`.
///
/// ```
/// use mirrorhead_kernels::{LogScaled, Matrix};
/// use mirrorhead_mirror::{Adam, Optimizer};
/// let method = Adam { rate: 0.1, ..Adam::default() };
/// let mut w = [Matrix::column(vec![1.0])?];
/// let mut state = method.init(&w)?;
/// let gradient = [LogScaled { log_scale: 0.0, value: Matrix::column(vec![7.0])? }];
/// method.step(&mut state, &mut w, &gradient, 0.0)?;
/// assert!((w[0][(0, 0)] - 0.9).abs() < 1e-9); // the first step has length `rate`
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Adam {
    /// The step size `$\eta > 0$`.
    pub rate: f64,
    /// Memory of the mean, `$0 \le \beta_1 < 1$`.
    pub beta1: f64,
    /// Memory of the square, `$0 \le \beta_2 < 1$`.
    pub beta2: f64,
    /// What keeps the quotient finite, `$\epsilon > 0$`.
    pub epsilon: f64,
}

impl Default for Adam {
    fn default() -> Self {
        Self { rate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }
    }
}

/// The running moments of [`Adam`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AdamState {
    iteration: u64,
    mean: Vec<Matrix>,
    square: Vec<Matrix>,
    #[serde(skip)]
    spare: [Spare; 3],
}

impl Adam {
    fn validate(self) -> Result<(), MirrorError> {
        let memory = "at least 0 and below 1";
        for (name, value, valid, expected) in [
            ("rate", self.rate, self.rate > 0.0 && self.rate.is_finite(), "positive and finite"),
            ("beta1", self.beta1, (0.0..1.0).contains(&self.beta1), memory),
            ("beta2", self.beta2, (0.0..1.0).contains(&self.beta2), memory),
            ("epsilon", self.epsilon, self.epsilon > 0.0 && self.epsilon.is_finite(), "positive"),
        ] {
            InvalidSetting::unless(valid, name, value, expected)?;
        }
        Ok(())
    }
}

impl Optimizer for Adam {
    type State = AdamState;

    fn init(&self, parameters: &[Matrix]) -> Result<AdamState, MirrorError> {
        self.validate()?;
        require_finite("parameter", 0, parameters)?;
        let zeros: Vec<_> =
            parameters.iter().map(|w| Matrix::zeros(w.nrows(), w.ncols())).collect();
        Ok(AdamState { iteration: 0, mean: zeros.clone(), square: zeros, spare: <_>::default() })
    }

    fn step(
        &self,
        state: &mut AdamState,
        parameters: &mut [Matrix],
        gradients: &[LogScaled<Matrix>],
        _risk: f64,
    ) -> Result<Progress, MirrorError> {
        require_shapes(parameters, gradients, &state.mean)?;
        for (tensor, gradient) in gradients.iter().enumerate() {
            if !all_finite(gradient.value.as_slice()) || gradient.log_scale.is_nan() {
                let iteration = state.iteration;
                return Err(MirrorError::NotFinite { what: "gradient", tensor, iteration });
            }
        }
        #[allow(clippy::cast_possible_truncation)]
        let k = state.iteration.min(i32::MAX as u64 - 1) as i32 + 1;
        let (debias1, debias2) = (1.0 - self.beta1.powi(k), 1.0 - self.beta2.powi(k));
        let mut progress = Progress::Stationary;
        let AdamState { iteration, mean, square, spare } = state;
        let [next, next_mean, next_square] = &mut *spare;
        let next = next.like(parameters);
        let (next_mean, next_square) = (next_mean.like(mean), next_square.like(square));
        for (tensor, w) in next.iter_mut().enumerate() {
            let (m, v) = (&mut next_mean[tensor], &mut next_square[tensor]);
            w.clone_from(&parameters[tensor]);
            m.clone_from(&mean[tensor]);
            v.clone_from(&square[tensor]);
            let LogScaled { log_scale, value } = &gradients[tensor];
            let scale = elementary::exp(*log_scale);
            let moments = m.as_mut_slice().iter_mut().zip(v.as_mut_slice());
            for ((w, g), (m, v)) in w.as_mut_slice().iter_mut().zip(value.as_slice()).zip(moments) {
                let g = if *g == 0.0 { 0.0 } else { scale * g };
                *m = self.beta1 * *m + (1.0 - self.beta1) * g;
                *v = self.beta2 * *v + (1.0 - self.beta2) * g * g;
                let step = self.rate * (*m / debias1) / ((*v / debias2).sqrt() + self.epsilon);
                *w -= step;
                if step != 0.0 {
                    progress = Progress::Moved;
                }
            }
            if ![w, m, v].into_iter().all(|x| all_finite(x.as_slice())) {
                return Err(MirrorError::Overflow { tensor, iteration: *iteration });
            }
        }
        if progress == Progress::Moved {
            for (spare, tensors) in spare.iter_mut().zip([parameters, mean, square]) {
                spare.exchange(tensors);
            }
            *iteration += 1;
        }
        Ok(progress)
    }

    fn undo(&self, state: &mut AdamState, parameters: &mut [Matrix]) -> bool {
        let AdamState { iteration, mean, square, spare } = state;
        let mut undone = true;
        for (spare, tensors) in spare.iter_mut().zip([parameters, mean, square]) {
            undone &= spare.take_back(tensors);
        }
        *iteration -= u64::from(undone);
        undone
    }
}
