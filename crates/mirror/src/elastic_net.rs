//! The elastic net, the potential of linearized Bregman training.

use mirrorhead_kernels::InvalidSetting;

use crate::backend::{Backend, EntrywiseMap, Shape, Slices};
use crate::lp_norm::euclidean;
use crate::{MirrorError, Potential};

/// The elastic net `$\psi(w) = \lambda\lVert w\rVert_1 + \tfrac12\lVert w\rVert_2^2$`, `$\lambda \ge 0$`, whose
/// inverse mirror map is the soft threshold:
///
/// `$$ \nabla\psi^*(u) = \operatorname{sign}(u)\,(\lvert u\rvert - \lambda)_+, \qquad
///    \psi^*(u) = \tfrac12\sum_k (\lvert u_k\rvert - \lambda)_+^2, \qquad
///    \partial\psi(w) \ni w + \lambda\operatorname{sign}(w). $$`
///
/// Weights are *exactly* zero until the gradients on them have added up to `$\lambda$`. `$\psi$` is strictly convex but has a
/// kink at zero: every `$u_k \in [-\lambda, \lambda]$` stands for `$w_k = 0$`, of which the mirror map gives the
/// least, zero. The dual point is the state and remembers how near to leaving zero a weight is.
///
/// Mirror descent with it is the linearized Bregman iteration (Osher, Burger et al.; Cai, Osher, Shen
/// 2009), LinBreg of deep models (Bungert, Roith, Tenbrinck, Burger 2022, arXiv 2105.04319; their `$\delta$` is a
/// factor of step and threshold); with [`Memory::Moments`](crate::Memory::Moments) it is their AdaBreg.
/// On consistent linear equations it goes, from zero, to the solution of least `$\psi$`: for large `$\lambda$` that of
/// least l1 norm. [`around`](Potential::around) a start it changes few weights, and leaves the others
/// to the last bit.
///
/// On separable data nothing is left of the threshold in the end, `$\psi(tw)/t^2 \to \tfrac12\lVert w\rVert_2^2$`: the
/// max margin that directions tend to is the l2 one.
///
/// It is 1-strongly convex in its norm, `$\lVert\cdot\rVert_2$`.
///
/// ```
/// use mirrorhead_mirror::{ElasticNetPotential, Potential};
/// let psi = ElasticNetPotential::new(1.0)?;
/// let mut w = [9.0; 3];
/// psi.inverse_mirror_map(&[3.0, -0.9, -1.5], &mut w);
/// assert_eq!(w, [2.0, 0.0, -0.5]);
/// # Ok::<(), mirrorhead_mirror::MirrorError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ElasticNetPotential {
    threshold: f64,
}

impl ElasticNetPotential {
    /// The potential with threshold `$\lambda$`.
    ///
    /// # Errors
    /// [`MirrorError::InvalidSetting`] unless `$\lambda$` is non-negative and finite.
    pub fn new(threshold: f64) -> Result<Self, MirrorError> {
        if threshold >= 0.0 && threshold.is_finite() {
            return Ok(Self { threshold });
        }
        let expected = "non-negative and finite";
        Err(InvalidSetting { name: "threshold", value: threshold, expected }.into())
    }

    /// The threshold `$\lambda$`.
    pub fn threshold(&self) -> f64 {
        self.threshold
    }
}

impl Potential for ElasticNetPotential {
    fn value(&self, w: &[f64]) -> f64 {
        w.iter().map(|w| w.abs() * (self.threshold + w.abs() / 2.0)).sum()
    }

    fn conjugate_value(&self, u: &[f64]) -> f64 {
        let mut w = vec![0.0; u.len()];
        self.inverse_mirror_map(u, &mut w);
        w.iter().map(|w| w.powi(2) / 2.0).sum()
    }

    fn mirror_map(&self, w: &[f64], u: &mut [f64]) {
        Slices::new(Shape::vector(w.len())).stretch(self.threshold, w, u);
    }

    fn inverse_mirror_map(&self, u: &[f64], w: &mut [f64]) {
        Slices::new(Shape::vector(u.len())).shrink(self.threshold, u, w);
    }

    fn norm(&self, w: &[f64]) -> f64 {
        euclidean(w)
    }

    fn dual_norm(&self, gradient: &[f64]) -> f64 {
        euclidean(gradient)
    }

    fn entrywise(&self) -> Option<EntrywiseMap> {
        Some(EntrywiseMap::SoftThreshold(self.threshold))
    }

    fn modulus(&self) -> Option<f64> {
        Some(1.0)
    }
}
