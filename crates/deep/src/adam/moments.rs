//! What Adam remembers of a tensor.

use burn::optim::{RecordState, StateSink, StateSource};
use burn::tensor::{Device, FloatDType, Tensor};

/// What [`FusedAdam`](crate::FusedAdam) remembers of a tensor of rank `D`; both have its shape, and at least 32 bits. A
/// record keeps them under the names that the framework's `Adam` has for them, and each goes on from records of the other.
#[derive(Debug, Clone)]
pub struct AdamMoments<const D: usize> {
    /// The mean gradient `$m$`, not corrected for its start at zero.
    pub mean: Tensor<D>,
    /// The mean square `$v$`, not corrected either.
    pub square: Tensor<D>,
    /// Steps taken, `$k$`.
    pub steps: u64,
}

const MEAN: &str = "momentum.moment_1";
const SQUARE: &str = "momentum.moment_2";
const STEPS: &str = "momentum.time";

impl<const D: usize> AdamMoments<D> {
    /// `state`, in numbers of a width, if it is one of a tensor of the shape of `weights`, and that before the first step
    /// otherwise.
    pub(super) fn of(state: Option<Self>, weights: &Tensor<D>, width: FloatDType) -> Self {
        let fits = |tensor: &Tensor<D>| tensor.shape() == weights.shape();
        let state = state.filter(|state| fits(&state.mean) && fits(&state.square));
        let zeros = || Tensor::zeros(weights.shape(), (&weights.device(), width.into()));
        let state = state.unwrap_or_else(|| Self { mean: zeros(), square: zeros(), steps: 0 });
        state.map(|tensor| tensor.cast(width))
    }

    /// Does the same to each tensor.
    pub(super) fn map(self, f: impl Fn(Tensor<D>) -> Tensor<D>) -> Self {
        Self { mean: f(self.mean), square: f(self.square), steps: self.steps }
    }
}

impl<const D: usize> RecordState for AdamMoments<D> {
    fn state_flatten(&self, prefix: &str, out: &mut StateSink) {
        out.push_tensor(prefix, MEAN, self.mean.to_data());
        out.push_tensor(prefix, SQUARE, self.square.to_data());
        out.push_scalar(prefix, STEPS, self.steps.into());
    }

    fn state_unflatten(prefix: &str, source: &mut StateSource, device: &Device) -> Option<Self> {
        let mut tensor = |name| {
            let data = source.take_tensor(prefix, name)?;
            let width = data.dtype();
            let readable = data.rank() == D && width.is_float();
            readable.then(|| Tensor::from_data(data, (device, width)))
        };
        let (mean, square) = (tensor(MEAN)?, tensor(SQUARE)?);
        let steps = u64::try_from(source.take_scalar(prefix, STEPS)?).ok()?;
        Some(Self { mean, square, steps })
    }
}
