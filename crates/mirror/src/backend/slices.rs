//! Slices in the processor's memory as a backend.

use std::marker::PhantomData;

use mirrorhead_kernels::{Matrix, SignedPower, elementary, simd_dispatch};
use serde::{Deserialize, Serialize};

use super::definition::Backend;
use super::real::Real;

/// How the entries of a matrix lie in a slice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Layout {
    /// Column after column.
    Columns,
    /// Row after row, as in C, numpy and most frameworks.
    Rows,
}

/// The shape of the matrix that a slice holds. Only what isn't entrywise looks at it: spectral norms and potentials,
/// and those of one's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape {
    /// Rows and columns.
    pub size: (usize, usize),
    /// Which come first.
    pub layout: Layout,
}

impl Shape {
    /// A vector of `len` entries, as a column.
    pub fn vector(len: usize) -> Self {
        Self { size: (len, 1), layout: Layout::Columns }
    }

    /// A matrix that is stored row after row.
    pub fn rows(nrows: usize, ncols: usize) -> Self {
        Self { size: (nrows, ncols), layout: Layout::Rows }
    }

    /// Number of entries; the largest number there is if no slice holds as many.
    pub fn len(self) -> usize {
        self.size.0.saturating_mul(self.size.1)
    }

    /// Whether there is no entry.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The position of entry `(i, j)`.
    #[inline(always)]
    fn position(self, i: usize, j: usize) -> usize {
        match self.layout {
            Layout::Columns => i + j * self.size.0,
            Layout::Rows => i * self.size.1 + j,
        }
    }

    /// The matrix in double precision.
    pub(super) fn matrix<T: Real>(self, x: &[T]) -> Matrix {
        Matrix::from_fn(self.size.0, self.size.1, |i, j| x[self.position(i, j)].wide())
    }
}

/// The [`Backend`] of slices of `T`: loops over wide vectors, results that no number of threads changes.
#[derive(Debug, Clone)]
pub struct Slices<T> {
    shape: Shape,
    number: PhantomData<T>,
}

impl<T: Real> Slices<T> {
    /// The backend for slices of this shape, or, where only entrywise operations are asked for, of any.
    pub fn new(shape: Shape) -> Self {
        Self { shape, number: PhantomData }
    }
}

/// Runs `entry` on the entries of two slices and of `out`, in wide vectors.
#[inline(always)]
fn zip<T: Real>(x: &[T], y: &[T], out: &mut [T], entry: impl Fn(T, T) -> T) {
    simd_dispatch(
        #[inline(always)]
        move || {
            for (out, (x, y)) in out.iter_mut().zip(x.iter().zip(y)) {
                *out = entry(*x, *y);
            }
        },
    );
}

/// Runs `entry` on the entries of a slice and of `out`, in wide vectors.
#[inline(always)]
fn each<T: Real>(x: &[T], out: &mut [T], entry: impl Fn(T) -> T) {
    simd_dispatch(
        #[inline(always)]
        move || {
            for (out, x) in out.iter_mut().zip(x) {
                *out = entry(*x);
            }
        },
    );
}

impl<T: Real> Backend for Slices<T> {
    type Entries = [T];
    type Norm = f64;

    fn copy(&mut self, x: &[T], out: &mut [T]) {
        out.copy_from_slice(x);
    }

    fn combine(&mut self, a: f64, x: &[T], b: f64, y: &[T], out: &mut [T]) {
        let (a, b) = (T::near(a), T::near(b));
        zip(x, y, out, move |x, y| x * a + y * b);
    }

    fn hypot(&mut self, a: f64, x: &[T], b: f64, y: &[T], out: &mut [T]) {
        zip(x, y, out, move |x, y| T::near(elementary::hypot(a * x.wide(), b * y.wide())));
    }

    fn quotient(&mut self, c: f64, x: &[T], y: &[T], out: &mut [T]) {
        let quotient =
            move |x: T, y: T| T::near(if y.wide() == 0.0 { 0.0 } else { x.wide() / y.wide() * c });
        zip(x, y, out, quotient);
    }

    fn between(&mut self, a: f64, x: &[T], y: &[T], out: &mut [T]) {
        let a = T::near(a);
        zip(x, y, out, move |x, y| x + a * (y - x));
    }

    fn divide(&mut self, x: &[T], norm: &f64, out: &mut [T]) {
        let (norm, inverse) = (*norm, norm.recip());
        if norm == 0.0 {
            return out.fill(T::default());
        }
        each(x, out, move |x| x.over(norm, inverse));
    }

    fn multiply(&mut self, x: &[T], norm: &f64, out: &mut [T]) {
        let norm = *norm;
        each(x, out, move |x| T::near(x.wide() * norm));
    }

    fn power(&mut self, power: SignedPower, x: &[T], out: &mut [T]) {
        T::powers(power, x, out);
    }

    fn sign(&mut self, x: &[T], out: &mut [T]) {
        let sign = |x: T| if x.wide() == 0.0 { T::default() } else { T::near(x.wide().signum()) };
        each(x, out, sign);
    }

    fn shrink(&mut self, threshold: f64, x: &[T], out: &mut [T]) {
        let threshold = T::near(threshold).wide();
        let shrink = move |x: T| {
            let excess = x.wide().abs() - threshold;
            T::near(if excess <= 0.0 { 0.0 } else { excess.copysign(x.wide()) })
        };
        each(x, out, shrink);
    }

    fn stretch(&mut self, threshold: f64, x: &[T], out: &mut [T]) {
        let threshold = T::near(threshold).wide();
        let stretch = move |x: T| {
            let x = x.wide();
            T::near(if x == 0.0 { 0.0 } else { x + threshold.copysign(x) })
        };
        each(x, out, stretch);
    }

    fn lp_norm(&mut self, exponent: SignedPower, x: &[T]) -> f64 {
        T::lp_norm(exponent, x)
    }

    fn in_double(&mut self, x: &[T], out: &mut [T], map: &mut dyn FnMut(&Matrix, &mut Matrix)) {
        let wide = self.shape.matrix(x);
        let mut image = Matrix::zeros(wide.nrows(), wide.ncols());
        map(&wide, &mut image);
        for j in 0..wide.ncols() {
            for (i, image) in image.col(j).iter().enumerate() {
                out[self.shape.position(i, j)] = T::near(*image);
            }
        }
    }

    fn norm_in_double(&mut self, x: &[T], norm: &mut dyn FnMut(&Matrix) -> f64) -> f64 {
        norm(&self.shape.matrix(x))
    }

    fn keep_still(&mut self, before: &[T], after: &[T], stays: &[T], out: &mut [T]) {
        simd_dispatch(
            #[inline(always)]
            move || {
                let pairs = out.iter_mut().zip(stays);
                for ((out, stays), (before, after)) in pairs.zip(before.iter().zip(after)) {
                    let (stays, moves) = (*stays, *out);
                    *out = if before == after { stays } else { moves };
                }
            },
        );
    }

    fn restore(&mut self, expected: &[T], found: &[T], slack: f64, fresh: &[T], out: &mut [T]) {
        let slack = slack * T::EPSILON;
        for ((out, fresh), (expected, found)) in
            out.iter_mut().zip(fresh).zip(expected.iter().zip(found))
        {
            if differs(*expected, *found, slack) {
                *out = *fresh;
            }
        }
    }
}

impl<T: Real> Slices<T> {
    /// Whether [`restore`](Backend::restore) would change anything.
    pub(crate) fn any_differs(expected: &[T], found: &[T], slack: f64) -> bool {
        let slack = slack * T::EPSILON;
        simd_dispatch(
            #[inline(always)]
            move || {
                let pairs = expected.iter().zip(found);
                pairs.fold(false, |any, (e, f)| any | differs(*e, *f, slack))
            },
        )
    }
}

/// Whether a number is another than expected. One that is NaN is another one, too.
#[inline(always)]
fn differs<T: Real>(expected: T, found: T, slack: f64) -> bool {
    let slack = slack * expected.wide().abs() + T::MIN_POSITIVE;
    let near = (expected - found).wide().abs() <= slack;
    !near
}
