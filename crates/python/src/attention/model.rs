//! Which tensors are trained, and with which risk.

use std::sync::Arc;

use mirrorhead::attention::{Dataset, FactoredRisk, JointRisk, KeyQueryRisk, Loss, Risk};
use mirrorhead::kernels::Matrix;

use crate::errors::Refused;

/// A head over data.
#[derive(Debug, Clone)]
pub struct Model {
    pub data: Arc<Dataset>,
    pub decoder: Option<Matrix>,
    pub loss: Loss,
}

/// What is done with a risk, whichever it is.
pub trait WithRisk {
    type Output;

    /// Does it.
    fn with<R: Risk>(self, risk: &R) -> Result<Self::Output, Refused>;
}

impl Model {
    /// Hands the risk that fits `start` to `work`: of `$(W, v)$` where there is no decoder, of `$W$` where there
    /// is one tensor, of `$(K, Q)$` where there are two.
    pub fn risk<V: WithRisk>(&self, start: &[Matrix], work: V) -> Result<V::Output, Refused> {
        let Self { data, decoder, loss } = self;
        match decoder {
            None => work.with(&JointRisk::new(data, *loss)),
            Some(decoder) if start.len() == 2 => {
                let width = start[0].ncols();
                work.with(&FactoredRisk::new(data, decoder, *loss, width)?)
            }
            Some(decoder) => work.with(&KeyQueryRisk::new(data, decoder, *loss)?),
        }
    }
}
