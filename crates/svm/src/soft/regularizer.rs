//! `$\varphi(w)$`: a power of the norm, or the norm itself at the ends, and its conjugate. To rounding; what
//! is proven is in `certificate`.

use crate::Norm;
use mirrorhead_kernels::elementary;

/// The degree of `$\varphi$`: `$p$`, or 1 at the ends.
pub(crate) fn degree(norm: Norm) -> f64 {
    if let Norm::Lp(norm) = norm { norm.p() } else { 1.0 }
}

/// `$\varphi(w) = \lVert w\rVert^d / d$` for the degree `$d$`.
pub(crate) fn value(norm: Norm, w: &[f64]) -> f64 {
    let degree = degree(norm);
    elementary::powf(norm.of(w), degree) / degree
}

/// The largest `$t b^\top\lambda - \kappa\varphi^*(t A^\top\lambda/\kappa)$` over `$0 \le t \le 1$`, where `weight`
/// is `$b^\top\lambda$` and `dual_point` `$A^\top\lambda$`.
pub(crate) fn dual_value(norm: Norm, kappa: f64, weight: f64, dual_point: &[f64]) -> f64 {
    if weight <= 0.0 {
        return 0.0;
    }
    let ratio = norm.dual_of(dual_point) / kappa;
    let t = best_multiple(norm, weight / kappa, ratio);
    match norm {
        Norm::L1 | Norm::LInfinity => t * weight,
        Norm::Lp(norm) => {
            let q = norm.conjugate_exponent();
            t * weight - kappa * elementary::powf(t * ratio, q) / q
        }
    }
}

/// The `$t \le 1$` that maximises `$t\,\text{weight} - \varphi^*(t u)$`, where `size` is `$\lVert u\rVert_q$`.
pub(crate) fn best_multiple(norm: Norm, weight: f64, size: f64) -> f64 {
    let log = match norm {
        Norm::L1 | Norm::LInfinity => -elementary::ln(size),
        Norm::Lp(norm) => {
            let q = norm.conjugate_exponent();
            (elementary::ln(weight) - q * elementary::ln(size)) / (q - 1.0)
        }
    };
    elementary::exp(log.min(0.0))
}
