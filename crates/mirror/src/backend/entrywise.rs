//! Maps and norms that every backend can do by itself.

use super::definition::Backend;
use crate::LpNorm;

/// What a [`Potential`](crate::Potential) is entry by entry, for backends to run it where the entries are.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum EntrywiseMap {
    /// `$u = \operatorname{sign}(w)\lvert w\rvert^{p-1}$`.
    Power(LpNorm),
    /// `$w = \operatorname{sign}(u)(\lvert u\rvert - \lambda)_+$`.
    SoftThreshold(f64),
}

/// What a [`DescentNorm`](crate::DescentNorm) is, likewise.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum EntrywiseNorm {
    /// An [`LpNorm`].
    Lp(LpNorm),
    /// The maximum norm.
    Max,
}

impl EntrywiseNorm {
    /// `out` becomes the unit vector that `g` likes best. The dual norm of `g` is read of an [`LpNorm`].
    pub(crate) fn unit<B: Backend>(
        self,
        on: &mut B,
        g: &B::Entries,
        norm: Option<&B::Norm>,
        spare: &mut B::Entries,
        out: &mut B::Entries,
    ) {
        match (self, norm) {
            (Self::Max, _) => on.sign(g, out),
            (Self::Lp(lp), Some(norm)) => {
                on.divide(g, norm, spare);
                on.power(lp.inverse_mirror_power(), spare, out);
            }
            (Self::Lp(_), None) => on.copy(g, out),
        }
    }
}
