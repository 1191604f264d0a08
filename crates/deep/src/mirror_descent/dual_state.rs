//! What mirror descent remembers of a tensor.

use burn::optim::{RecordState, StateSink, StateSource};
use burn::tensor::{Device, Tensor};

/// What [`MirrorDescent`](crate::MirrorDescent) remembers of a tensor of rank `D`; both have its
/// shape, and at least 32 bits. A record keeps them as `dual` and `momentum`.
#[derive(Debug, Clone)]
pub struct DualState<const D: usize> {
    /// The dual point `$u$`; none at `$p = 2$`, where it is the weights.
    pub dual: Option<Tensor<D>>,
    /// The momentum `$m$`, if the method has any.
    pub momentum: Option<Tensor<D>>,
}

impl<const D: usize> DualState<D> {
    /// `state` if it is one of a tensor of the shape of `weights`, and that before the first step
    /// otherwise.
    pub(super) fn of(state: Option<Self>, weights: &Tensor<D>) -> Self {
        let fits = |tensor: &Tensor<D>| tensor.shape() == weights.shape();
        state
            .filter(|state| [&state.dual, &state.momentum].into_iter().flatten().all(fits))
            .unwrap_or(Self { dual: None, momentum: None })
    }

    /// Does the same to each tensor.
    pub(super) fn map(self, f: impl Fn(Tensor<D>) -> Tensor<D>) -> Self {
        Self { dual: self.dual.map(&f), momentum: self.momentum.map(&f) }
    }
}

impl<const D: usize> RecordState for DualState<D> {
    fn state_flatten(&self, prefix: &str, out: &mut StateSink) {
        for (name, tensor) in [("dual", &self.dual), ("momentum", &self.momentum)] {
            if let Some(tensor) = tensor {
                out.push_tensor(prefix, name, tensor.to_data());
            }
        }
    }

    fn state_unflatten(prefix: &str, source: &mut StateSource, device: &Device) -> Option<Self> {
        let mut tensor = |name| {
            let data = source.take_tensor(prefix, name)?;
            let width = data.dtype();
            let readable = data.rank() == D && width.is_float();
            readable.then(|| Tensor::from_data(data, (device, width)))
        };
        Some(Self { dual: tensor("dual"), momentum: tensor("momentum") })
    }
}
