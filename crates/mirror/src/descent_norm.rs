//! Norms to descend steepest in: ℓp, maximum, spectral.

use std::sync::Arc;

use mirrorhead_kernels::{Matrix, SignedPower, Svd, max_abs, singular_values};
use serde::{Deserialize, Serialize};

use crate::LpNorm;
use crate::backend::{Backend, CHUNK, EntrywiseNorm, Shape, Slices};

/// A norm with what [`SteepestDescent`](crate::SteepestDescent) needs of it: its dual norm, and the
/// unit vectors that attain it.
pub trait DescentNorm: Sync {
    /// The dual norm `$\lVert G\rVert_* = \max_{\lVert d\rVert \le 1}\langle G, d\rangle$`; NaN if an entry of
    /// `$G$` is not finite.
    fn dual_norm(&self, gradient: &Matrix) -> f64;

    /// The dual norm of several tensors together, given that of each.
    fn joint_dual_norm(&self, norms: &[f64]) -> f64;

    /// `$w \leftarrow w - c\,d$` with `$d = \arg\max_{\lVert d\rVert\le 1}\langle G, d\rangle$`, where
    /// `dual_norm` is `$\lVert G\rVert_* > 0$` and `length` is `$c$`.
    fn move_along(&self, gradient: &Matrix, dual_norm: f64, length: f64, w: &mut Matrix);

    /// The norm in terms of what every [`Backend`](crate::Backend) can do by itself, if it is such a one. None by default:
    /// it runs in double precision, in the processor's memory, wherever the numbers are.
    fn entrywise(&self) -> Option<EntrywiseNorm> {
        None
    }
}

/// A boxed or shared norm is one.
macro_rules! forward {
    ($pointer:ident) => {
        impl<N: DescentNorm + ?Sized> DescentNorm for $pointer<N>
        where
            Self: Sync,
        {
            fn dual_norm(&self, gradient: &Matrix) -> f64 {
                (**self).dual_norm(gradient)
            }

            fn joint_dual_norm(&self, norms: &[f64]) -> f64 {
                (**self).joint_dual_norm(norms)
            }

            fn move_along(&self, gradient: &Matrix, dual_norm: f64, length: f64, w: &mut Matrix) {
                (**self).move_along(gradient, dual_norm, length, w);
            }

            fn entrywise(&self) -> Option<EntrywiseNorm> {
                (**self).entrywise()
            }
        }
    };
}

forward!(Box);
forward!(Arc);

/// [`move_along`](DescentNorm::move_along) of a norm that backends know.
fn move_entrywise(norm: EntrywiseNorm, g: &Matrix, dual_norm: f64, length: f64, w: &mut Matrix) {
    let on = &mut Slices::new(Shape::vector(g.len()));
    let [mut unit, mut spare] = [[0.0; CHUNK]; 2];
    for (w, g) in w.as_mut_slice().chunks_mut(CHUNK).zip(g.as_slice().chunks(CHUNK)) {
        let (unit, spare) = (&mut unit[..g.len()], &mut spare[..g.len()]);
        norm.unit(on, g, Some(&dual_norm), spare, unit);
        on.combine(1.0, w, -length, unit, spare);
        w.copy_from_slice(spare);
    }
}

/// `$d = \operatorname{sign}(G)\,(\lvert G\rvert/\lVert G\rVert_q)^{q-1}$`.
impl DescentNorm for LpNorm {
    fn dual_norm(&self, gradient: &Matrix) -> f64 {
        self.dual_of(gradient.as_slice())
    }

    fn joint_dual_norm(&self, norms: &[f64]) -> f64 {
        self.dual_of(norms)
    }

    fn move_along(&self, gradient: &Matrix, dual_norm: f64, length: f64, w: &mut Matrix) {
        move_entrywise(EntrywiseNorm::Lp(*self), gradient, dual_norm, length, w);
    }

    fn entrywise(&self) -> Option<EntrywiseNorm> {
        Some(EntrywiseNorm::Lp(*self))
    }
}

/// The maximum norm `$\lVert w\rVert_\infty$`, in which steepest descent is sign descent:
/// `$d = \operatorname{sign}(G)$`, and `$\lVert G\rVert_* = \lVert G\rVert_1$`. Entries without gradient stay.
///
/// ```
/// use mirrorhead_kernels::{LogScaled, Matrix};
/// use mirrorhead_mirror::{MaxNorm, Optimizer, SteepestDescent, StepSize};
/// let sign_descent = SteepestDescent::new(MaxNorm, StepSize::DualNormalized(0.5));
/// let mut w = [Matrix::column(vec![0.0, 0.0, 1.0])?];
/// let gradient = [LogScaled { log_scale: 0.0, value: Matrix::column(vec![3.0, -1.0, 0.0])? }];
/// let mut state = sign_descent.init(&w)?;
/// sign_descent.step(&mut state, &mut w, &gradient, 0.0)?;
/// assert_eq!(w[0].as_slice(), [-0.5, 0.5, 1.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaxNorm;

impl DescentNorm for MaxNorm {
    fn dual_norm(&self, gradient: &Matrix) -> f64 {
        norm_of_one(gradient.as_slice())
    }

    fn joint_dual_norm(&self, norms: &[f64]) -> f64 {
        norm_of_one(norms)
    }

    fn move_along(&self, gradient: &Matrix, dual_norm: f64, length: f64, w: &mut Matrix) {
        move_entrywise(EntrywiseNorm::Max, gradient, dual_norm, length, w);
    }

    fn entrywise(&self) -> Option<EntrywiseNorm> {
        Some(EntrywiseNorm::Max)
    }
}

/// `$\lVert x\rVert_1$`, NaN if an entry is not finite.
fn norm_of_one(x: &[f64]) -> f64 {
    if max_abs(x).is_finite() { SignedPower::new(1.0).sum_abs(x, 1.0) } else { f64::NAN }
}

/// The spectral norm `$\lVert W\rVert_{S_\infty} = \sigma_1(W)$` of matrices, in which steepest descent is
/// spectral descent (Carlson, Cevher, Carin 2015), the idealised Muon: for `$G = U\Sigma V^\top$`,
/// `$d = U V^\top$` over the positive singular values, and `$\lVert G\rVert_*$` is the nuclear norm
/// `$\sum_i\sigma_i(G)$`.
///
/// The factors come from an exact decomposition ([`Svd`]), not from Newton-Schulz steps. On a vector
/// this is normalised gradient descent.
///
/// ```
/// use mirrorhead_kernels::{LogScaled, Matrix};
/// use mirrorhead_mirror::{Optimizer, SpectralNorm, SteepestDescent, StepSize};
/// let spectral = SteepestDescent::new(SpectralNorm, StepSize::DualNormalized(0.5));
/// let mut w = [Matrix::zeros(2, 2)];
/// let value = Matrix::from_rows(&[[0.0, -7.0], [1e-3, 0.0]])?;
/// let mut state = spectral.init(&w)?;
/// spectral.step(&mut state, &mut w, &[LogScaled { log_scale: 0.0, value }], 0.0)?;
/// assert!((w[0][(0, 1)] - 0.5).abs() < 1e-15 && (w[0][(1, 0)] + 0.5).abs() < 1e-15);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpectralNorm;

impl DescentNorm for SpectralNorm {
    fn dual_norm(&self, gradient: &Matrix) -> f64 {
        singular_values(gradient.as_slice(), gradient.nrows(), gradient.ncols())
            .map_or(f64::NAN, |values| values.iter().sum())
    }

    fn joint_dual_norm(&self, norms: &[f64]) -> f64 {
        norm_of_one(norms)
    }

    fn move_along(&self, gradient: &Matrix, _: f64, length: f64, w: &mut Matrix) {
        let Some(svd) = Svd::new(gradient.as_slice(), gradient.nrows(), gradient.ncols()) else {
            return w.as_mut_slice().fill(f64::NAN);
        };
        let mut polar = vec![0.0; gradient.len()];
        svd.with_values(|_| 1.0, &mut polar);
        for (w, d) in w.as_mut_slice().iter_mut().zip(&polar) {
            *w -= length * d;
        }
    }
}
