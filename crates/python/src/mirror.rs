//! Mirror descent over arrays: the steps of the Rust crates, for those who have gradients of their own.

use mirrorhead::kernels::{LogScaled, Matrix};
use mirrorhead::mirror::{
    DualState, LpNorm, MirrorDescent as Descent, Optimizer, Potential, PowerPotential, Progress,
};
use numpy::{PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;

use crate::arrays::{Array1, Matrix2, matrix, vector};
use crate::errors::Refused;
use crate::settings::MethodOptions;

/// A method, its parameters, and where it stands.
#[pyclass(module = "mirrorhead._native")]
pub struct MirrorDescent {
    method: Descent,
    parameters: Vec<Matrix>,
    state: DualState,
}

#[pymethods]
impl MirrorDescent {
    #[new]
    fn new(parameters: Vec<PyReadonlyArray2<'_, f64>>, options: MethodOptions) -> PyResult<Self> {
        let method = options.method()?;
        let parameters = parameters.iter().map(matrix).collect::<Result<Vec<_>, Refused>>()?;
        let state = method.init(&parameters).map_err(Refused::from)?;
        Ok(Self { method, parameters, state })
    }

    /// One step along `exp(log_scale) * gradient` of each tensor; whether anything moved.
    #[pyo3(signature = (gradients, log_scales=None))]
    fn step(
        &mut self,
        gradients: Vec<PyReadonlyArray2<'_, f64>>,
        log_scales: Option<Vec<f64>>,
    ) -> PyResult<bool> {
        let log_scales = log_scales.unwrap_or_else(|| vec![0.0; gradients.len()]);
        if log_scales.len() != gradients.len() {
            return Err(Refused::Value("one scale a gradient is needed".into()).into());
        }
        let gradients = gradients
            .iter()
            .zip(log_scales)
            .map(|(gradient, log_scale)| Ok(LogScaled { log_scale, value: matrix(gradient)? }));
        let gradients = gradients.collect::<Result<Vec<_>, Refused>>()?;
        let progress = self
            .method
            .step(&mut self.state, &mut self.parameters, &gradients, 0.0)
            .map_err(Refused::from)?;
        Ok(progress == Progress::Moved)
    }

    /// The parameters.
    #[getter]
    fn parameters(&self) -> Vec<Matrix2> {
        self.parameters.iter().cloned().map(Matrix2).collect()
    }

    /// The dual points.
    #[getter]
    fn dual(&self) -> Vec<Matrix2> {
        self.state.dual().iter().cloned().map(Matrix2).collect()
    }
}

/// `sign(w) |w|^(p - 1)`.
#[pyfunction]
pub fn mirror_map(p: f64, w: PyReadonlyArray1<'_, f64>) -> PyResult<Array1> {
    let potential = PowerPotential::new(LpNorm::new(p).map_err(Refused::from)?);
    let w = vector(&w);
    let mut image = vec![0.0; w.len()];
    potential.mirror_map(&w, &mut image);
    Ok(Array1(image))
}

/// `sign(u) |u|^(1 / (p - 1))`.
#[pyfunction]
pub fn inverse_mirror_map(p: f64, u: PyReadonlyArray1<'_, f64>) -> PyResult<Array1> {
    let potential = PowerPotential::new(LpNorm::new(p).map_err(Refused::from)?);
    let u = vector(&u);
    let mut image = vec![0.0; u.len()];
    potential.inverse_mirror_map(&u, &mut image);
    Ok(Array1(image))
}

/// The directional Bregman divergence from `v` to `w`: 0 aligned, 2 opposed.
#[pyfunction]
pub fn directional_bregman(
    p: f64,
    w: PyReadonlyArray1<'_, f64>,
    v: PyReadonlyArray1<'_, f64>,
) -> PyResult<f64> {
    let (w, v) = (vector(&w), vector(&v));
    if w.len() != v.len() {
        let message = format!("entries: expected {}, found {}", w.len(), v.len());
        return Err(Refused::Value(message).into());
    }
    let norm = LpNorm::new(p).map_err(Refused::from)?;
    Ok(mirrorhead::mirror::directional_bregman(norm, &w, &v))
}
