//! What a method remembers of a tensor.

use burn::optim::{RecordState, StateSink, StateSource};
use burn::tensor::{Device, Tensor};

/// What [`MirrorDescent`](crate::MirrorDescent) and [`Composed`](crate::Composed) remember of a tensor of rank `D`; all
/// have its shape, and at least 32 bits. A record keeps them under the names of the fields.
#[derive(Debug, Clone, Default)]
pub struct DualState<const D: usize> {
    /// The dual point `$u$`; none where that is the weights, as at `$p = 2$`.
    pub dual: Option<Tensor<D>>,
    /// The momentum `$m$`, if the method has any.
    pub momentum: Option<Tensor<D>>,
    /// The root of the sum of squared gradients, if the method has one.
    pub root: Option<Tensor<D>>,
    /// The average of the iterates, if the method has one: its result.
    pub average: Option<Tensor<D>>,
    /// What the potential is centred at, if not at zero: the weights before the first step.
    pub centre: Option<Tensor<D>>,
    /// Steps taken; on a device that isn't waited for, those refused count.
    pub steps: u64,
}

impl<const D: usize> DualState<D> {
    /// `state` if it is one of a tensor of the shape of `weights`, and that before the first step
    /// otherwise.
    pub(super) fn of(state: Option<Self>, weights: &Tensor<D>) -> Self {
        let fits = |tensor: &Tensor<D>| tensor.shape() == weights.shape();
        state
            .filter(|state| state.tensors().into_iter().filter_map(|(_, tensor)| tensor).all(fits))
            .unwrap_or_default()
    }

    fn tensors(&self) -> [(&'static str, Option<&Tensor<D>>); 5] {
        [
            ("dual", self.dual.as_ref()),
            ("momentum", self.momentum.as_ref()),
            ("root", self.root.as_ref()),
            ("average", self.average.as_ref()),
            ("centre", self.centre.as_ref()),
        ]
    }

    /// Does the same to each tensor.
    pub(super) fn map(self, f: impl Fn(Tensor<D>) -> Tensor<D>) -> Self {
        Self {
            dual: self.dual.map(&f),
            momentum: self.momentum.map(&f),
            root: self.root.map(&f),
            average: self.average.map(&f),
            centre: self.centre.map(&f),
            steps: self.steps,
        }
    }
}

impl<const D: usize> RecordState for DualState<D> {
    fn state_flatten(&self, prefix: &str, out: &mut StateSink) {
        for (name, tensor) in self.tensors() {
            if let Some(tensor) = tensor {
                out.push_tensor(prefix, name, tensor.to_data());
            }
        }
        out.push_scalar(prefix, "steps", self.steps.into());
    }

    fn state_unflatten(prefix: &str, source: &mut StateSource, device: &Device) -> Option<Self> {
        let mut tensor = |name| {
            let data = source.take_tensor(prefix, name)?;
            let width = data.dtype();
            let readable = data.rank() == D && width.is_float();
            readable.then(|| Tensor::from_data(data, (device, width)))
        };
        let [dual, momentum, root, average, centre] =
            ["dual", "momentum", "root", "average", "centre"].map(&mut tensor);
        // Records of before there were steps are of methods that need none, after the first.
        let steps = source
            .take_scalar(prefix, "steps")
            .and_then(|steps| u64::try_from(steps).ok())
            .unwrap_or(1);
        Some(Self { dual, momentum, root, average, centre, steps })
    }
}
