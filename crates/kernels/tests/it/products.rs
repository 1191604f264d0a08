//! Products: the three ways to compute them, against sums written out, on any number of threads.

use mirrorhead_kernels::{
    DenseRows, GramMut, LinearOperator, Matrix, PARALLEL_WORK, add_scaled, dot, product,
    rows_times, weighted_rows,
};

/// Numbers in `$(-1, 1)$` without any pattern that a blocked loop could hide behind.
fn numbers(nrows: usize, ncols: usize, seed: u32) -> Matrix {
    let mut state = u64::from(seed) * 2 + 1;
    Matrix::from_fn(nrows, ncols, |_, _| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    })
}

/// Rows, inner size, columns: plain loops, faer in one piece, shared row pieces and column pieces;
/// pieces that do not divide the size, vectors, and nothing to sum.
const SHAPES: [(usize, usize, usize); 13] = [
    (1, 1, 1),
    (3, 4, 5),
    (10, 10, 6),
    (5, 0, 4),
    (0, 3, 2),
    (1, 200, 1),
    (25, 26, 27),
    (40, 50, 60),
    (400, 300, 1),
    (129, 100, 127),
    (64, 256, 64),
    (200, 70, 101),
    (65, 140, 333),
];

#[test]
fn every_path_is_the_sum_it_stands_for() {
    let mut shared = 0;
    for (m, k, n) in SHAPES {
        shared += usize::from(m * k * n >= PARALLEL_WORK);
        let (left, right) = (numbers(m, k, 1), numbers(k, n, 2));
        let transposed = right.transposed();
        for right_view in [right.as_mat(), transposed.as_mat().transpose()] {
            let mut out = Matrix::from_fn(m, n, |_, _| f64::NAN); // overwritten, not added to
            product(&left, right_view, &mut out);
            for i in 0..m {
                for j in 0..n {
                    let terms = (0..k).map(|l| left[(i, l)] * right[(l, j)]);
                    let (sum, size) = terms.fold((0.0, 0.0), |(s, a), x| (s + x, a + x.abs()));
                    let bound = 2.0 * (k as f64 + 1.0) * f64::EPSILON * size;
                    let error = (out[(i, j)] - sum).abs();
                    assert!(error <= bound, "({m}, {k}, {n}) at ({i}, {j}): off by {error:e}");
                }
            }
        }
    }
    assert!(shared >= 4, "shapes that threads share, by rows and by columns: {shared}");
}

#[test]
fn the_number_of_threads_does_not_show() {
    for (m, k, n) in SHAPES {
        let (left, right) = (numbers(m, k, 3), numbers(k, n, 4));
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            let mut out = Matrix::zeros(m, n);
            pool.expect("a pool").install(|| product(&left, right.as_mat(), &mut out));
            out.as_slice().iter().map(|x| x.to_bits()).collect::<Vec<_>>()
        };
        let alone = on(1);
        for threads in [2, 5] {
            assert_eq!(alone, on(threads), "({m}, {k}, {n}) on {threads} threads");
        }
    }
}

#[test]
fn vectors_of_every_length_are_summed_to_the_end() {
    for d in 1..40 {
        let (x, y) = (numbers(d, 1, 5), numbers(d, 1, 6));
        let (x, y) = (x.as_slice(), y.as_slice());
        let terms = || x.iter().zip(y).map(|(x, y)| x * y);
        let bound = d as f64 * f64::EPSILON * terms().map(f64::abs).sum::<f64>();
        assert!((dot(x, y) - terms().sum::<f64>()).abs() <= bound, "length {d}");
        let mut sum = y.to_vec();
        add_scaled(&mut sum, -0.75, x);
        assert!(sum.iter().zip(x.iter().zip(y)).all(|(s, (x, y))| *s == y - 0.75 * x));
    }
}

#[test]
fn rows_act_from_both_sides() {
    for (rows, d) in [(1, 1), (3, 8), (7, 10), (5, 17)] {
        let flat = numbers(d, rows, 7); // column t is token t: the buffer is row-major rows x d
        let (q, c) = (numbers(d, 1, 8), numbers(rows, 1, 9));
        let (mut logits, mut pull) = (vec![f64::NAN; rows], vec![f64::NAN; d]);
        rows_times(flat.as_slice(), q.as_slice(), &mut logits);
        weighted_rows(flat.as_slice(), c.as_slice(), &mut pull);
        // c^T (X q) = (X^T c)^T q.
        let (left, right) = (dot(&logits, c.as_slice()), dot(&pull, q.as_slice()));
        assert!((left - right).abs() <= 1e-14 * (rows * d) as f64, "{left} and {right}");
        for (t, logit) in logits.iter().enumerate() {
            assert_eq!(logit.to_bits(), dot(flat.col(t), q.as_slice()).to_bits());
        }
    }
}

#[test]
fn sums_are_made_in_the_order_of_the_rows_at_every_width() {
    // Strips, their overlaps, several rows at once: none of it shows, to the last bit.
    let widths = (1..=36).chain([63, 64, 65, 130]);
    for (rows, d) in widths.flat_map(|d| [(1, d), (3, d), (7, d), (70, d)]) {
        let (flat, c) = (numbers(d, rows, 10), numbers(rows, 1, 11));
        let mut expected = vec![0.0; d];
        for t in 0..rows {
            add_scaled(&mut expected, c[(t, 0)], flat.col(t));
        }
        let (mut pull, mut column) = (vec![f64::NAN; d], Matrix::from_fn(d, 1, |_, _| f64::NAN));
        weighted_rows(flat.as_slice(), c.as_slice(), &mut pull);
        product(&flat, c.as_mat(), &mut column);
        let bits = |x: &[f64]| x.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&pull), bits(&expected), "{rows} rows of {d}");
        if rows * d < 1 << 14 {
            assert_eq!(bits(column.as_slice()), bits(&expected), "{rows} columns of {d}");
        }
    }
}

/// An operator that has nothing but its products.
struct Bare(DenseRows);

impl LinearOperator for Bare {
    fn nrows(&self) -> usize {
        self.0.nrows()
    }

    fn ncols(&self) -> usize {
        self.0.ncols()
    }

    fn apply(&self, w: &[f64], out: &mut [f64]) {
        self.0.apply(w, out);
    }

    fn apply_adjoint(&self, multipliers: &[f64], out: &mut [f64]) {
        self.0.apply_adjoint(multipliers, out);
    }
}

#[test]
fn products_alone_make_an_operator() {
    // Small integers: every sum is exact, in whatever order.
    let entry = |j: usize, k: usize| ((3 * j + 5 * k) % 7) as f64 - 3.0;
    for (m, n) in [(5, 3), (3, 5), (1, 1)] {
        let stored = DenseRows::new(&Matrix::from_fn(m, n, entry));
        let bare = Bare(stored.clone());
        let both = |size: usize, of: &dyn Fn(&dyn LinearOperator, &mut [f64])| {
            let (mut a, mut b) = (vec![0.0; size], vec![0.0; size]);
            of(&stored, &mut a);
            of(&bare, &mut b);
            (a, b)
        };
        let (a, b) = both(m, &|rows, out| rows.row_max_abs(out));
        assert_eq!(a, b);
        let (a, b) = both(n, &|rows, out| rows.col_max_abs(out));
        assert_eq!(a, b);
        // The sizes of terms may be overestimated, never underestimated.
        let (a, b) = both(m, &|rows, out| rows.apply_abs(&vec![2.0; n], out));
        assert!(a.iter().zip(&b).all(|(a, b)| a <= b), "{a:?} {b:?}");
        let (a, b) = both(n, &|rows, out| rows.apply_adjoint_abs(&vec![2.0; m], out));
        assert!(a.iter().zip(&b).all(|(a, b)| a <= b), "{a:?} {b:?}");

        let picked: Vec<usize> = (0..m).rev().step_by(2).collect();
        let weights: Vec<f64> = (0..n).map(|k| k as f64 + 1.0).collect();
        let lower = |size: usize, fill: &dyn Fn(GramMut<'_>)| {
            let mut matrix = Matrix::zeros(size, size);
            fill(GramMut::of(&mut matrix));
            let below = |l: usize| (l..size).map(move |k| (k, l));
            (0..size).flat_map(below).map(|at| matrix[at]).collect::<Vec<_>>()
        };
        assert_eq!(
            lower(picked.len(), &|gram| stored.weighted_gram(&picked, &weights, gram)),
            lower(picked.len(), &|gram| bare.weighted_gram(&picked, &weights, gram)),
        );
        let weights: Vec<f64> = (0..m).map(|j| j as f64 + 2.0).collect();
        assert_eq!(
            lower(n, &|normal| stored.weighted_normal(&weights, normal)),
            lower(n, &|normal| bare.weighted_normal(&weights, normal)),
        );
    }
}
