//! Loops over wide vectors, with sums in an order that no processor changes.

/// Runs `task` compiled for the widest vector instructions of this processor.
///
/// What `task` calls must be inlined into it to profit.
#[inline(always)]
pub fn simd_dispatch<R>(task: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(task)
}

/// Number of independent partial sums: enough to hide the latency of addition, and fixed, so that
/// a sum never depends on the machine's vector width.
pub(crate) const LANES: usize = 8;

/// `$\sum_k f(x_k)$` in a fixed order, over [`LANES`] partial sums.
#[inline(always)]
pub(crate) fn lane_sum(x: &[f64], f: impl Fn(f64) -> f64) -> f64 {
    lane_dot(x, x, |x, _| f(x))
}

/// `$\sum_k f(x_k, y_k)$` in a fixed order, over [`LANES`] partial sums.
#[inline(always)]
pub(crate) fn lane_dot(x: &[f64], y: &[f64], f: impl Fn(f64, f64) -> f64) -> f64 {
    let mut lanes = [0.0; LANES];
    let (mut xs, mut ys) = (x.chunks_exact(LANES), y.chunks_exact(LANES));
    for (x, y) in (&mut xs).zip(&mut ys) {
        for k in 0..LANES {
            lanes[k] += f(x[k], y[k]);
        }
    }
    // A sum of its own: adding to the lanes would force them out of their register.
    let mut tail = 0.0;
    for (x, y) in xs.remainder().iter().zip(ys.remainder()) {
        tail += f(*x, *y);
    }
    let [a, b, c, d, e, f, g, h] = lanes;
    (((a + e) + (b + f)) + ((c + g) + (d + h))) + tail
}
