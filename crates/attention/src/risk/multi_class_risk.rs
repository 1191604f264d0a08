//! The risk of a key-query matrix over several classes, the decoders fixed.

use mirrorhead_kernels::{LogScaled, Matrix, add_scaled, elementary, log_softmax, product};

use super::sample_gradients::{SampleGradients, zero_if_none};
use crate::{AttentionError, ClassMargins, Dataset, Risk, RiskError};

/// The cross-entropy of `$C$` classes with fixed decoders `$V = (v_1, \dots, v_C)$`, sample `$i$` being of
/// class `$c_i$`:
///
/// `$$ L(W) = -\frac1n\sum_i \log \operatorname{softmax}\!\left(V^\top X_i^\top s_i\right)_{c_i}
///    = \frac1n\sum_i \log\Bigl(1 + \sum_{c \ne c_i} e^{-\mu_{ic}}\Bigr), \qquad
///    \mu_{ic} = s_i^\top \gamma_{i\cdot c}, $$`
///
/// with `$s_i = \operatorname{softmax}(X_i W z_i)$` and the [`ClassMargins`] `$\gamma_{itc}$`. Every rival acts
/// as a head with decoder `$v_{c_i} - v_c$` would, by the probability `$\pi_{ic}$` it has left:
///
/// `$$ \nabla_W L = -\frac1n\sum_i \sum_{c \ne c_i} \pi_{ic}\,
///    X_i^\top\!\left(s_i \circ (\gamma_{i\cdot c} - \mu_{ic})\right) z_i^\top. $$`
///
/// Each of these terms carries the logarithm of its own factor until they are added, so that neither
/// large margins nor saturated attention lose any. An evaluation costs `$C - 1$` times that of
/// [`KeyQueryRisk`](crate::KeyQueryRisk), which is the case `$C = 2$` under the logistic loss.
///
/// Tensors: `$W$`. The labels `$y_i$` of the data do not matter.
///
/// ```
/// use mirrorhead_attention::{MultiClassRisk, Risk, toy_pair};
/// use mirrorhead_kernels::Matrix;
/// let data = toy_pair();
/// let equal = Matrix::from_rows(&[[1.0, 1.0, 1.0], [2.0, 2.0, 2.0]])?; // column c is v_c
/// let risk = MultiClassRisk::new(&data, &[0, 2], &equal)?;
/// assert!((risk.value(&[Matrix::zeros(2, 2)])? - 3f64.ln()).abs() < 1e-15);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct MultiClassRisk<'a> {
    data: &'a Dataset,
    /// For each rival, `$y_i \gamma_{itc}$` of every token: read as scores, they make margins
    /// `$y_i^2 \gamma_{itc}$`.
    scores: Vec<Vec<f64>>,
}

impl<'a> MultiClassRisk<'a> {
    /// The risk on `data`, sample `$i$` being of class `classes[i]`, with decoder `$v_c$` the column `$c$` of
    /// `decoders` (`$d \times C$`).
    ///
    /// # Errors
    /// As [`ClassMargins::of`].
    pub fn new(
        data: &'a Dataset,
        classes: &[usize],
        decoders: &Matrix,
    ) -> Result<Self, AttentionError> {
        let margins = ClassMargins::of(data, classes, decoders)?;
        let signed = |k: usize| {
            let samples = data.labels().iter().enumerate();
            samples.flat_map(|(i, y)| margins.rival(i, k).1.iter().map(move |m| y * m)).collect()
        };
        let scores = (0..margins.n_rivals()).map(signed).collect();
        Ok(Self { data, scores })
    }

    /// The data.
    pub fn data(&self) -> &'a Dataset {
        self.data
    }

    /// Number of classes `$C$`.
    pub fn n_classes(&self) -> usize {
        self.scores.len() + 1
    }
}

/// Scratch of [`MultiClassRisk`].
#[derive(Debug, Clone, PartialEq)]
pub struct MultiClassWorkspace {
    rivals: Vec<SampleGradients>,
    /// Of one sample, `$0$` and `$-\mu_{ic}$` of its rivals.
    outputs: Vec<f64>,
    /// The logarithms of the probabilities of its own class and its rivals.
    log_probabilities: Vec<f64>,
    /// The factors taken out of the columns of each rival.
    log_scales: Vec<f64>,
}

impl Risk for MultiClassRisk<'_> {
    type Workspace = MultiClassWorkspace;

    fn shapes(&self) -> Vec<(usize, usize)> {
        vec![(self.data.dim(), self.data.dim())]
    }

    fn workspace(&self) -> MultiClassWorkspace {
        MultiClassWorkspace {
            rivals: vec![SampleGradients::new(self.data); self.scores.len()],
            outputs: vec![0.0; self.n_classes()],
            log_probabilities: vec![0.0; self.n_classes()],
            log_scales: vec![0.0; self.scores.len()],
        }
    }

    fn value_and_gradient(
        &self,
        parameters: &[Matrix],
        gradients: &mut [LogScaled<Matrix>],
        work: &mut MultiClassWorkspace,
    ) -> Result<f64, RiskError> {
        RiskError::require_tensors([(self.data.dim(), self.data.dim())], parameters, gradients)?;
        let queries = self.data.queries().as_mat();
        for (rival, scores) in work.rivals.iter_mut().zip(&self.scores) {
            product(&parameters[0], queries, &mut rival.directions);
            rival.attend(self.data, scores);
        }
        let risk = work.cross_entropy();
        gradients[0].log_scale = work.add_columns(self.data);
        product(&work.rivals[0].columns, queries.transpose(), &mut gradients[0].value);
        Ok(risk)
    }
}

impl MultiClassWorkspace {
    /// The mean cross-entropy of the margins against the rivals; sets the slopes.
    fn cross_entropy(&mut self) -> f64 {
        let n = self.rivals[0].losses.margins().len();
        let mut total = 0.0;
        for i in 0..n {
            for (output, rival) in self.outputs[1..].iter_mut().zip(&self.rivals) {
                *output = -rival.losses.margins()[i];
            }
            log_softmax(&self.outputs, &mut self.log_probabilities);
            total -= self.log_probabilities[0];
            for (log, rival) in self.log_probabilities[1..].iter().zip(&mut self.rivals) {
                rival.losses.log_slopes_mut()[i] = *log;
            }
        }
        total / n as f64
    }

    /// Adds the columns of all rivals to those of the first, less a common factor, whose logarithm
    /// it returns.
    fn add_columns(&mut self, data: &Dataset) -> f64 {
        for (log_scale, rival) in self.log_scales.iter_mut().zip(&mut self.rivals) {
            *log_scale = rival.weigh(data);
        }
        let largest = self.log_scales.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let log_scale = zero_if_none(largest);
        let (first, others) = self.rivals.split_first_mut().expect("at least one rival");
        let columns = first.columns.as_mut_slice();
        let factor = elementary::exp(self.log_scales[0] - log_scale);
        for x in columns.iter_mut() {
            *x *= factor;
        }
        for (own, other) in self.log_scales[1..].iter().zip(others) {
            add_scaled(columns, elementary::exp(own - log_scale), other.columns.as_slice());
        }
        log_scale
    }
}
