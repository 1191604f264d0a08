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
    lane_dot(
        x,
        x,
        #[inline(always)]
        |x, _| f(x),
    )
}

/// `$\sum_k f(x_k, y_k)$` in a fixed order, over [`LANES`] partial sums.
#[inline(always)]
pub(crate) fn lane_dot(x: &[f64], y: &[f64], f: impl Fn(f64, f64) -> f64) -> f64 {
    let [sum] = lane_dots([x], y, f);
    sum
}

/// `$\sum_k f(x_{jk}, y_k)$` of several `$x_j$` as long as `$y$`: each in the order of [`lane_dot`], and all at once, so that none
/// waits for its own sums.
#[inline(always)]
pub(crate) fn lane_dots<const N: usize>(
    rows: [&[f64]; N],
    y: &[f64],
    f: impl Fn(f64, f64) -> f64,
) -> [f64; N] {
    let mut lanes = [[0.0; LANES]; N];
    let whole = y.len() / LANES * LANES;
    let rows = rows.map(|row| &row[..y.len()]);
    for start in (0..whole).step_by(LANES) {
        let y = &y[start..start + LANES];
        for (lanes, row) in lanes.iter_mut().zip(rows) {
            let x = &row[start..start + LANES];
            for k in 0..LANES {
                lanes[k] += f(x[k], y[k]);
            }
        }
    }
    let mut sums = [0.0; N];
    for ((sum, lanes), row) in sums.iter_mut().zip(lanes).zip(rows) {
        // A sum of its own: adding to the lanes would force them out of their register.
        let mut tail = 0.0;
        let tails = (row.chunks_exact(LANES).remainder(), y.chunks_exact(LANES).remainder());
        for (x, y) in tails.0.iter().zip(tails.1) {
            tail += f(*x, *y);
        }
        let [a, b, c, d, e, f, g, h] = lanes;
        *sum = (((a + e) + (b + f)) + ((c + g) + (d + h))) + tail;
    }
    sums
}

/// `$\max_k f(x_k, y_k)$`, passing over NaN; `$-\infty$` of nothing.
#[inline(always)]
pub(crate) fn lane_max(x: &[f64], y: &[f64], f: impl Fn(f64, f64) -> f64) -> f64 {
    let larger = |a: f64, b: f64| if b > a { b } else { a };
    let mut lanes = [f64::NEG_INFINITY; LANES];
    let (mut xs, mut ys) = (x.chunks_exact(LANES), y.chunks_exact(LANES));
    for (x, y) in (&mut xs).zip(&mut ys) {
        for k in 0..LANES {
            lanes[k] = larger(lanes[k], f(x[k], y[k]));
        }
    }
    let mut max = f64::NEG_INFINITY;
    for (x, y) in xs.remainder().iter().zip(ys.remainder()) {
        max = larger(max, f(*x, *y));
    }
    lanes.into_iter().fold(max, larger)
}
