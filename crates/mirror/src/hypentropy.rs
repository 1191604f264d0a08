//! The hyperbolic entropy, between the geometries of l1 and l2.

use mirrorhead_kernels::{InvalidSetting, elementary, max_abs};

use crate::{MirrorError, Potential};

/// The hyperbolic entropy with parameter `$\beta > 0$` (Ghai, Hazan, Singer 2020), shifted to vanish
/// at zero:
///
/// `$$ \psi_\beta(w) = \sum_k w_k \operatorname{arsinh}\frac{w_k}\beta - \sqrt{w_k^2 + \beta^2} + \beta,
///    \qquad \nabla\psi_\beta(w) = \operatorname{arsinh}\frac w\beta, $$`
///
/// `$\psi_\beta^*(u) = \beta\sum_k (\cosh u_k - 1)$` and `$\nabla\psi_\beta^*(u) = \beta \sinh u$`. Where
/// `$\lvert w\rvert \ll \beta$` its steps are those of gradient descent, where `$\lvert w\rvert \gg \beta$`
/// they multiply, as in exponentiated gradient, but for both signs.
///
/// It is not homogeneous, so the max-margin theorem of homogeneous potentials says nothing about it.
/// Its level sets, scaled to one size, tend to those of `$\lVert\cdot\rVert_1$` as they grow: mirror
/// *flow* on separable data tends to an l1 max margin for every `$\beta$` (Pesme, Dragomir, Flammarion
/// 2024). For fixed data the margin's deficit falls like a power of `$\lVert w\rVert_1/\beta$`, one that
/// depends on the data: for the single row `$(2, 1)$` it is `$(\lVert w\rVert_1/\beta)^{-1/2}$` times a constant.
/// On data with nearly equal columns the power is nearly zero.
///
/// Its norms are `$\lVert\cdot\rVert_1$`, in which it is strongly convex on bounded sets, and
/// `$\lVert\cdot\rVert_\infty$`: a normalized step of size `$\eta$` multiplies no `$\lvert w_k\rvert + \sqrt{w_k^2 + \beta^2}$`
/// by more than `$e^{\eta}$`, since `$\lvert u_k\rvert = \log\bigl((\lvert w_k\rvert + \sqrt{w_k^2+\beta^2})/\beta\bigr)$`. An entry
/// near zero grows by any factor.
///
/// ```
/// use mirrorhead_mirror::{HypentropyPotential, Potential};
/// let psi = HypentropyPotential::new(0.5)?;
/// let (w, mut u, mut back) = ([1.0, -1e-200, 1e200], [0.0; 3], [0.0; 3]);
/// psi.mirror_map(&w, &mut u);
/// assert!((u[0] - 2f64.asinh()).abs() < 1e-15);
/// psi.inverse_mirror_map(&u, &mut back);
/// assert!((back[2] / w[2] - 1.0).abs() < 1e-12);
/// # Ok::<(), mirrorhead_mirror::MirrorError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HypentropyPotential {
    beta: f64,
}

/// The quotient from which `$\operatorname{arsinh} x = \log 2x$` to the last bit, and far from overflow.
const LARGE_QUOTIENT: f64 = 1e150;

/// The argument from which `$\sinh u = e^{u}/2$` to the last bit, and far from overflow.
const LARGE_ARGUMENT: f64 = 600.0;

impl HypentropyPotential {
    /// The potential with parameter `$\beta$`.
    ///
    /// # Errors
    /// [`MirrorError::InvalidSetting`] unless `$\beta$` is positive and finite, and neither `$\beta$` nor its
    /// inverse subnormal.
    pub fn new(beta: f64) -> Result<Self, MirrorError> {
        if beta.is_normal() && beta > 0.0 && beta.recip().is_normal() {
            Ok(Self { beta })
        } else {
            let expected = "positive and finite, and so its inverse";
            Err(InvalidSetting { name: "beta", value: beta, expected }.into())
        }
    }

    /// The parameter `$\beta$`.
    pub fn beta(&self) -> f64 {
        self.beta
    }

    /// `$\operatorname{arsinh}(x/\beta)$`.
    fn arsinh(self, x: f64) -> f64 {
        let quotient = x / self.beta;
        if quotient.abs() < LARGE_QUOTIENT {
            elementary::asinh(quotient)
        } else {
            (elementary::ln(x.abs()) - elementary::ln(self.beta) + std::f64::consts::LN_2)
                .copysign(x)
        }
    }

    /// `$\beta\sinh u$`.
    fn sinh(self, u: f64) -> f64 {
        if u.abs() < LARGE_ARGUMENT {
            self.beta * elementary::sinh(u)
        } else {
            // Half the exponent twice: the product may have its place where the factor has none.
            let half = elementary::exp(u.abs() / 2.0);
            (self.beta / 2.0 * half * half).copysign(u)
        }
    }
}

impl Potential for HypentropyPotential {
    fn value(&self, w: &[f64]) -> f64 {
        // sqrt(w^2 + b^2) - b = w^2 / (sqrt(w^2 + b^2) + b): the difference of two large numbers is
        // never formed.
        let rise = |w: f64| w * (w / (elementary::hypot(w, self.beta) + self.beta));
        w.iter().map(|w| w * self.arsinh(*w) - rise(*w)).sum()
    }

    fn conjugate_value(&self, u: &[f64]) -> f64 {
        // cosh u - 1 = 2 sinh^2(u/2), likewise.
        u.iter().map(|u| 2.0 * self.sinh(u / 2.0) * elementary::sinh(u / 2.0)).sum()
    }

    fn mirror_map(&self, w: &[f64], u: &mut [f64]) {
        for (u, w) in u.iter_mut().zip(w) {
            *u = self.arsinh(*w);
        }
    }

    fn inverse_mirror_map(&self, u: &[f64], w: &mut [f64]) {
        for (w, u) in w.iter_mut().zip(u) {
            *w = self.sinh(*u);
        }
    }

    fn norm(&self, w: &[f64]) -> f64 {
        w.iter().map(|w| w.abs()).sum()
    }

    fn dual_norm(&self, gradient: &[f64]) -> f64 {
        max_abs(gradient)
    }
}
