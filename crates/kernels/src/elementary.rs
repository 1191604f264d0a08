//! Elementary functions that are the same on every machine.
//!
//! Methods of `f64` such as `exp` and `powf` call the system's mathematics library, whose last bits change with its
//! version and with the processor that it picks a variant for. After ten thousand steps of a run that is no longer a matter of
//! last bits. These here are the ported ones of [`libm`](https://crates.io/crates/libm), and a power of our own that
//! vectorises ([`SignedPower`](crate::SignedPower)): the same operations in the same order everywhere. Roots, and the whole powers of `powi`, need none: the
//! first are rounded correctly, the second are products.
//!
//! ```
//! use mirrorhead_kernels::elementary::{exp, ln, powf};
//! assert!((exp(1.0) / std::f64::consts::E - 1.0).abs() <= f64::EPSILON); // a unit in the last place
//! assert_eq!(ln(2.0), std::f64::consts::LN_2);
//! assert_eq!(powf(9.0, -1.5), 1.0 / 27.0);
//! ```

use crate::lanes::simd_dispatch;
use crate::power::power;

/// `$x^{y}$`, within 0.75 units in the last place where the result is normal; of what is not positive and finite as in C.
pub fn powf(x: f64, y: f64) -> f64 {
    if x > 0.0 && x < f64::INFINITY && y.is_finite() {
        simd_dispatch(
            #[inline(always)]
            || power(x, y),
        )
    } else {
        libm::pow(x, y)
    }
}

/// `$e^{x}$`.
pub fn exp(x: f64) -> f64 {
    libm::exp(x)
}

/// `$2^{x}$`.
pub fn exp2(x: f64) -> f64 {
    libm::exp2(x)
}

/// `$e^{x} - 1$`, without cancellation for small `$x$`.
pub fn exp_m1(x: f64) -> f64 {
    libm::expm1(x)
}

/// The natural logarithm `$\log x$`.
pub fn ln(x: f64) -> f64 {
    libm::log(x)
}

/// `$\log(1 + x)$`, without cancellation for small `$x$`.
pub fn ln_1p(x: f64) -> f64 {
    libm::log1p(x)
}

/// `$\log_2 x$`.
pub fn log2(x: f64) -> f64 {
    libm::log2(x)
}

/// `$\log_{10} x$`.
pub fn log10(x: f64) -> f64 {
    libm::log10(x)
}

/// `$\sinh x$`.
pub fn sinh(x: f64) -> f64 {
    libm::sinh(x)
}

/// `$\cosh x$`.
pub fn cosh(x: f64) -> f64 {
    libm::cosh(x)
}

/// `$\operatorname{arsinh} x$`.
pub fn asinh(x: f64) -> f64 {
    libm::asinh(x)
}

/// `$(\sin x, \cos x)$`.
pub fn sin_cos(x: f64) -> (f64, f64) {
    libm::sincos(x)
}

/// `$\sqrt{x^2 + y^2}$`, without overflow or underflow on the way.
pub fn hypot(x: f64, y: f64) -> f64 {
    libm::hypot(x, y)
}
