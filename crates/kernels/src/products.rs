//! Products of vectors and matrices: plain loops where they are small, faer where they are not.

use faer::{MatRef, Par};
use rayon::prelude::*;

use crate::Matrix;
use crate::dense::multiply;
use crate::lanes::{lane_dot, lane_dots, simd_dispatch};

/// Multiply-adds from which work is shared among threads.
pub const PARALLEL_WORK: usize = 1 << 20;

/// Multiply-adds from which packing for faer's kernels pays.
const BLOCKED_WORK: usize = 1 << 14;

/// Columns of one parallel block of a product. Fixed, so that the blocks, and with them the last
/// bits of the result, do not depend on the number of threads.
const BLOCK: usize = 64;

/// `$x^\top y$`, summed in an order that does not depend on the machine.
#[inline(always)]
pub fn dot(x: &[f64], y: &[f64]) -> f64 {
    debug_assert_eq!(x.len(), y.len(), "two vectors of one space");
    lane_dot(x, y, |x, y| x * y)
}

/// `$y \leftarrow y + c\,x$`.
#[inline(always)]
pub fn add_scaled(y: &mut [f64], c: f64, x: &[f64]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y += c * x;
    }
}

/// `out` `$= X q$` for the rows of a flat row-major `rows` (`$T \times d$`).
///
/// # Panics
/// If the sizes do not fit.
#[inline(always)]
pub fn rows_times(rows: &[f64], q: &[f64], out: &mut [f64]) {
    assert_eq!(rows.len(), q.len() * out.len(), "rows of the length of q, one per output");
    let n = q.len();
    let mut outs = out.chunks_exact_mut(AT_ONCE);
    let mut blocks = rows.chunks_exact(AT_ONCE * n);
    for (out, block) in (&mut outs).zip(&mut blocks) {
        let rows: [&[f64]; AT_ONCE] = std::array::from_fn(|k| &block[k * n..(k + 1) * n]);
        out.copy_from_slice(&lane_dots(rows, q, |x, y| x * y));
    }
    for (out, row) in outs.into_remainder().iter_mut().zip(blocks.remainder().chunks_exact(n)) {
        *out = dot(row, q);
    }
}

/// Rows that are read together: one alone waits for its own sums.
const AT_ONCE: usize = 4;

/// `out` `$= X^\top c$` for the rows of a flat row-major `rows` (`$T \times d$`).
///
/// # Panics
/// If the sizes do not fit.
#[inline(always)]
pub fn weighted_rows(rows: &[f64], weights: &[f64], out: &mut [f64]) {
    assert_eq!(rows.len(), weights.len() * out.len(), "one weight a row, one output a column");
    if rows.len() <= REGISTER_WORK {
        return sum_rows(rows, weights.len(), |k| weights[k], out);
    }
    out.fill(0.0);
    let n = out.len();
    let (mut weights, mut blocks) = (weights.chunks_exact(AT_ONCE), rows.chunks_exact(AT_ONCE * n));
    for (weights, block) in (&mut weights).zip(&mut blocks) {
        let [a, b, c, d]: [&[f64]; AT_ONCE] = std::array::from_fn(|k| &block[k * n..(k + 1) * n]);
        for r in 0..n {
            // In the order of the rows, as one at a time.
            let sum = (out[r] + weights[0] * a[r]) + weights[1] * b[r];
            out[r] = (sum + weights[2] * c[r]) + weights[3] * d[r];
        }
    }
    for (row, &weight) in blocks.remainder().chunks_exact(n).zip(weights.remainder()) {
        add_scaled(out, weight, row);
    }
}

/// Entries up to which rows are summed strip by strip, the sums held in registers: while all rows
/// lie in the first cache, striding through them costs nothing.
const REGISTER_WORK: usize = 1 << 12;

/// `out` `$= \sum_k c_k\, \text{row}_k$`, in the order of `$k$` for every entry.
#[inline(always)]
fn sum_rows(rows: &[f64], n_rows: usize, weight: impl Fn(usize) -> f64, out: &mut [f64]) {
    let n = out.len();
    if n < STRIP {
        // Strips of four that overlap: the same sums again are cheaper than single entries.
        if n >= 4 {
            sum_strips::<4, 1>(rows, n_rows, &weight, 0, out);
            sum_strips::<4, 1>(rows, n_rows, &weight, n - 4, out);
        } else {
            (0..n).for_each(|entry| sum_strips::<1, 1>(rows, n_rows, &weight, entry, out));
        }
        return;
    }
    let mut start = 0;
    while n - start > 4 * STRIP {
        sum_strips::<STRIP, 4>(rows, n_rows, &weight, start, out);
        start += 4 * STRIP;
    }
    match (n - start).div_ceil(STRIP) {
        1 => sum_strips::<STRIP, 1>(rows, n_rows, &weight, start, out),
        2 => sum_strips::<STRIP, 2>(rows, n_rows, &weight, start, out),
        3 => sum_strips::<STRIP, 3>(rows, n_rows, &weight, start, out),
        _ => sum_strips::<STRIP, 4>(rows, n_rows, &weight, start, out),
    }
}

/// Entries of a strip.
const STRIP: usize = 8;

/// `COUNT` strips of [`sum_rows`] from `start` on, side by side, so that none waits for its own sums. One that would pass the end
/// overlaps what is before it.
#[inline(always)]
fn sum_strips<const WIDTH: usize, const COUNT: usize>(
    rows: &[f64],
    n_rows: usize,
    weight: &impl Fn(usize) -> f64,
    start: usize,
    out: &mut [f64],
) {
    let n = out.len();
    let begins: [usize; COUNT] = std::array::from_fn(|s| (start + s * WIDTH).min(n - WIDTH));
    let mut sums = [[0.0; WIDTH]; COUNT];
    for k in 0..n_rows {
        let c = weight(k);
        let row = &rows[k * n..(k + 1) * n];
        for (sums, begin) in sums.iter_mut().zip(begins) {
            let strip = &row[begin..begin + WIDTH];
            for r in 0..WIDTH {
                sums[r] += c * strip[r];
            }
        }
    }
    for (sums, begin) in sums.iter().zip(begins) {
        out[begin..begin + WIDTH].copy_from_slice(sums);
    }
}

/// `out` `$= L R$`.
///
/// Small products are plain loops; larger ones go to faer, in blocks of fixed size that threads
/// share, so that the result is bitwise independent of their number.
///
/// ```
/// use mirrorhead_kernels::{Matrix, product};
/// let l = Matrix::from_rows(&[[1.0, 2.0], [3.0, 4.0]])?;
/// let mut out = Matrix::zeros(2, 2);
/// product(&l, l.as_mat(), &mut out);
/// assert_eq!(out, Matrix::from_rows(&[[7.0, 10.0], [15.0, 22.0]])?);
/// # Ok::<(), mirrorhead_kernels::KernelError>(())
/// ```
///
/// # Panics
/// If the shapes do not fit.
pub fn product(left: &Matrix, right: MatRef<'_, f64>, out: &mut Matrix) {
    assert_eq!(left.ncols(), right.nrows(), "the inner sizes of a product");
    assert_eq!((left.nrows(), right.ncols()), (out.nrows(), out.ncols()), "the shape of a product");
    let work = left.len() * right.ncols();
    if work < BLOCKED_WORK {
        return small_product(left, right, out);
    }
    if work < PARALLEL_WORK {
        return multiply(out.as_mat_mut(), left.as_mat(), right, Par::Seq);
    }
    if out.nrows() >= out.ncols() {
        out.as_mat_mut()
            .par_row_chunks_mut(BLOCK)
            .zip(left.as_mat().par_row_chunks(BLOCK))
            .for_each(|(out, left)| multiply(out, left, right, Par::Seq));
    } else {
        out.as_mat_mut()
            .par_col_chunks_mut(BLOCK)
            .zip(right.par_col_chunks(BLOCK))
            .for_each(|(out, right)| multiply(out, left.as_mat(), right, Par::Seq));
    }
}

fn small_product(left: &Matrix, right: MatRef<'_, f64>, out: &mut Matrix) {
    simd_dispatch(
        #[inline(always)]
        || {
            for j in 0..right.ncols() {
                sum_rows(left.as_slice(), right.nrows(), |k| right[(k, j)], out.col_mut(j));
            }
        },
    );
}
