//! The state of a mirror flow: where it stands in log-time, and what its next step needs.

use mirrorhead_kernels::{InvalidSetting, Matrix};
use mirrorhead_mirror::{LpNorm, MirrorDescent, Optimizer, PowerPotential, Risk, StepSize};
use serde::{Deserialize, Serialize};

use crate::TrainError;
use crate::implicit::MirrorPoint;
use crate::state::require_shapes;

/// The first step that is tried, in log-time.
const FIRST_STEP: f64 = 0.01;

/// A mirror flow at log-time `$\tau$`. It serialises: a flow that is saved and resumed follows bitwise the
/// same steps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FlowState {
    pub(super) log_time: f64,
    pub(super) norm: LpNorm,
    pub(super) shapes: Vec<(usize, usize)>,
    pub(super) point: MirrorPoint,
    /// The mean of `$\mathrm dW/\mathrm d\tau$` over the last step.
    pub(super) drift: Option<Vec<f64>>,
    /// `$\mathrm du/\mathrm d\tau$` as the last stage of the last step has it. Computed anew from the
    /// risk it would carry the error of `$W$` magnified by the stiffness.
    pub(super) slope: Option<Vec<f64>>,
    /// The step that the error of the last one allows.
    pub(super) step: f64,
}

impl FlowState {
    /// The flow of `risk` in the geometry of `norm` that is at `start` at log-time `log_time`.
    ///
    /// # Errors
    /// A start of another shape than `risk` wants, that is not finite, or whose mirror image is not;
    /// a log-time that is not finite.
    pub fn new<R: Risk + ?Sized>(
        risk: &R,
        norm: LpNorm,
        start: &[Matrix],
        log_time: f64,
    ) -> Result<Self, TrainError> {
        let shapes = risk.shapes();
        require_shapes(&shapes, start)?;
        let finite = log_time.is_finite();
        InvalidSetting::unless(finite, "log-time of the start", log_time, "finite")?;
        let method = MirrorDescent::new(PowerPotential::new(norm), StepSize::Constant(1.0));
        let state = method.init(start)?;
        let flat =
            |tensors: &[Matrix]| tensors.iter().flat_map(Matrix::as_slice).copied().collect();
        let point = MirrorPoint { dual: flat(state.dual()), primal: flat(start) };
        Ok(Self { log_time, norm, shapes, point, drift: None, slope: None, step: FIRST_STEP })
    }

    /// The log-time `$\tau$`.
    pub fn log_time(&self) -> f64 {
        self.log_time
    }

    /// The tensors at log-time `$\tau$`.
    ///
    /// # Panics
    /// Never: every state is finite and of these shapes.
    pub fn parameters(&self) -> Vec<Matrix> {
        let mut entries = self.point.primal.iter().copied();
        let tensor = |&(m, n): &(usize, usize)| {
            Matrix::from_columns(m, n, entries.by_ref().take(m * n).collect())
                .expect("as many finite entries as the shapes say")
        };
        self.shapes.iter().map(tensor).collect()
    }
}
