//! Products and factorizations of dense matrices: faer's, over doubles. What is generic there is compiled where it is
//! called, so that it is called here, once for every crate.

use std::fmt;

use faer::diag::Diag;
use faer::dyn_stack::{MemBuffer, MemStack, StackReq};
use faer::linalg::cholesky::llt;
use faer::linalg::lu::{full_pivoting, partial_pivoting};
use faer::linalg::matmul::triangular::{self, BlockStructure};
use faer::linalg::svd::ComputeSvdVectors;
use faer::linalg::{matmul, svd as faer_svd, triangular_solve};
use faer::perm::PermRef;
use faer::{Accum, Mat, MatMut, MatRef, Par};

/// `out` `$= L R$` for `left` `$= L$` and `right` `$= R$`.
///
/// ```
/// use faer::{Mat, Par, mat};
/// use mirrorhead_kernels::dense::multiply;
/// let (left, right) = (mat![[1.0, 2.0], [3.0, 4.0]], mat![[0.0], [1.0]]);
/// let mut out = Mat::zeros(2, 1);
/// multiply(out.as_mut(), left.as_ref(), right.as_ref(), Par::Seq);
/// assert_eq!(out, mat![[2.0], [4.0]]);
/// ```
///
/// # Panics
/// If shapes don't fit, as everywhere in this module.
pub fn multiply(out: MatMut<'_, f64>, left: MatRef<'_, f64>, right: MatRef<'_, f64>, par: Par) {
    matmul::matmul(out, Accum::Replace, left, right, 1.0, par);
}

/// The lower triangle of `out` `$= L R$`.
pub fn multiply_lower(
    out: MatMut<'_, f64>,
    left: MatRef<'_, f64>,
    right: MatRef<'_, f64>,
    par: Par,
) {
    lower_product(out, Accum::Replace, left, right, 1.0, par);
}

/// Subtracts the lower triangle of `$L R$` from that of `out`.
///
/// ```
/// use faer::{Par, mat};
/// use mirrorhead_kernels::dense::{multiply_lower, subtract_lower};
/// let (x, mut out) = (mat![[1.0], [3.0]], mat![[0.0, 7.0], [0.0, 0.0]]);
/// multiply_lower(out.as_mut(), x.as_ref(), x.transpose(), Par::Seq);
/// assert_eq!(out, mat![[1.0, 7.0], [3.0, 9.0]]);
/// subtract_lower(out.as_mut(), x.as_ref(), x.transpose(), Par::Seq);
/// assert_eq!(out, mat![[0.0, 7.0], [0.0, 0.0]]);
/// ```
pub fn subtract_lower(
    out: MatMut<'_, f64>,
    left: MatRef<'_, f64>,
    right: MatRef<'_, f64>,
    par: Par,
) {
    lower_product(out, Accum::Add, left, right, -1.0, par);
}

fn lower_product(
    out: MatMut<'_, f64>,
    accum: Accum,
    left: MatRef<'_, f64>,
    right: MatRef<'_, f64>,
    factor: f64,
    par: Par,
) {
    let (triangle, full) = (BlockStructure::TriangularLower, BlockStructure::Rectangular);
    triangular::matmul(out, triangle, accum, left, full, right, full, factor, par);
}

/// `x` `$= L^{-1}$` `x` for the lower triangle `$L$` of `matrix`.
///
/// ```
/// use faer::{Par, mat};
/// use mirrorhead_kernels::dense::{solve_lower, solve_unit_upper, solve_upper};
/// let (matrix, mut x) = (mat![[2.0, 3.0], [1.0, 4.0]], mat![[2.0], [9.0]]);
/// solve_lower(matrix.as_ref(), x.as_mut(), Par::Seq);
/// assert_eq!(x, mat![[1.0], [2.0]]);
/// solve_upper(matrix.as_ref(), x.as_mut(), Par::Seq);
/// assert_eq!(x, mat![[-0.25], [0.5]]);
/// solve_unit_upper(matrix.as_ref(), x.as_mut(), Par::Seq);
/// assert_eq!(x, mat![[-1.75], [0.5]]);
/// ```
pub fn solve_lower(matrix: MatRef<'_, f64>, x: MatMut<'_, f64>, par: Par) {
    triangular_solve::solve_lower_triangular_in_place(matrix, x, par);
}

/// `x` `$= U^{-1}$` `x` for the upper triangle `$U$` of `matrix`.
pub fn solve_upper(matrix: MatRef<'_, f64>, x: MatMut<'_, f64>, par: Par) {
    triangular_solve::solve_upper_triangular_in_place(matrix, x, par);
}

/// The same where the diagonal of `$U$` is one, whatever `matrix` has there.
pub fn solve_unit_upper(matrix: MatRef<'_, f64>, x: MatMut<'_, f64>, par: Par) {
    triangular_solve::solve_unit_upper_triangular_in_place(matrix, x, par);
}

/// Room for [`factor_llt`] and [`solve_llt`] with matrices of up to `n` rows.
pub fn llt_scratch(n: usize, par: Par) -> StackReq {
    llt::factor::cholesky_in_place_scratch::<f64>(n, par, <_>::default())
        .or(llt::solve::solve_in_place_scratch::<f64>(n, 1, par))
}

/// Replaces the lower triangle of a positive definite `matrix` by that of its Cholesky factor. False if it isn't one, to
/// rounding.
///
/// ```
/// use faer::dyn_stack::{MemBuffer, MemStack};
/// use faer::{Par, mat};
/// use mirrorhead_kernels::dense::{factor_llt, llt_scratch, solve_llt};
/// let mut memory = MemBuffer::new(llt_scratch(2, Par::Seq));
/// let memory = MemStack::new(&mut memory);
/// let (mut factor, mut x) = (mat![[4.0, f64::NAN], [2.0, 5.0]], [8.0, 12.0]);
/// assert!(factor_llt(factor.as_mut(), Par::Seq, memory)); // [2, 0; 1, 2]
/// solve_llt(factor.as_ref(), &mut x, Par::Seq, memory);
/// assert_eq!(x, [1.0, 2.0]);
/// assert!(!factor_llt(mat![[-1.0]].as_mut(), Par::Seq, memory));
/// ```
#[must_use]
pub fn factor_llt(matrix: MatMut<'_, f64>, par: Par, memory: &mut MemStack) -> bool {
    let exact = llt::factor::LltRegularization::default();
    llt::factor::cholesky_in_place(matrix, exact, par, memory, <_>::default()).is_ok()
}

/// `x` `$= (L L^\top)^{-1}$` `x` for the `factor` `$L$`.
pub fn solve_llt(factor: MatRef<'_, f64>, x: &mut [f64], par: Par, memory: &mut MemStack) {
    llt::solve::solve_in_place(factor, column(x), par, memory);
}

fn column(x: &mut [f64]) -> MatMut<'_, f64> {
    let n = x.len();
    MatMut::from_column_major_slice_mut(x, n, 1)
}

/// The order of the rows in an elimination with partial pivoting, and room for eliminations of one shape.
///
/// ```
/// use faer::{Par, mat};
/// use mirrorhead_kernels::dense::{PartialLu, inverse};
/// let matrix = mat![[0.0, 2.0], [4.0, 8.0]];
/// let (mut lu, mut factors) = (PartialLu::new(2, 2, Par::Seq), matrix.clone());
/// lu.factor(factors.as_mut());
/// assert_eq!(lu.rows(), [1, 0]);
/// let mut x = [2.0, 12.0];
/// lu.solve(factors.as_ref(), &mut x);
/// assert_eq!(x, [1.0, 1.0]);
/// assert_eq!(inverse(matrix.as_ref(), Par::Seq), mat![[-1.0, 0.25], [0.5, 0.0]]);
/// ```
pub struct PartialLu {
    rows: Vec<usize>,
    inverse_rows: Vec<usize>,
    par: Par,
    memory: MemBuffer,
}

impl fmt::Debug for PartialLu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PartialLu").field("rows", &self.rows).finish_non_exhaustive()
    }
}

impl PartialLu {
    /// Room for matrices of `nrows` rows and `ncols` columns.
    pub fn new(nrows: usize, ncols: usize, par: Par) -> Self {
        let of_factors = partial_pivoting::factor::lu_in_place_scratch::<usize, f64>(
            nrows,
            ncols,
            par,
            <_>::default(),
        );
        let of_solving =
            partial_pivoting::solve::solve_in_place_scratch::<usize, f64>(ncols, 1, par);
        let memory = MemBuffer::new(of_factors.or(of_solving));
        Self { rows: vec![0; nrows], inverse_rows: vec![0; nrows], par, memory }
    }

    /// Replaces `matrix` by its factors `$L$`, whose diagonal is one, and `$U$`.
    pub fn factor(&mut self, matrix: MatMut<'_, f64>) {
        partial_pivoting::factor::lu_in_place(
            matrix,
            &mut self.rows,
            &mut self.inverse_rows,
            self.par,
            MemStack::new(&mut self.memory),
            <_>::default(),
        );
    }

    /// The rows of the matrix factored last, in the order of their pivots.
    pub fn rows(&self) -> &[usize] {
        &self.rows
    }

    /// Replaces `x` by the solution of the system with these `factors`; not finite where it is singular.
    pub fn solve(&mut self, factors: MatRef<'_, f64>, x: &mut [f64]) {
        partial_pivoting::solve::solve_in_place(
            factors,
            factors,
            PermRef::new_checked(&self.rows, &self.inverse_rows, x.len()),
            column(x),
            self.par,
            MemStack::new(&mut self.memory),
        );
    }
}

/// The inverse of a square matrix as good as doubles have it; anything at all of a singular one.
pub fn inverse(matrix: MatRef<'_, f64>, par: Par) -> Mat<f64> {
    let size = matrix.nrows();
    let (mut lu, mut factors) = (PartialLu::new(size, size, par), matrix.to_owned());
    lu.factor(factors.as_mut());
    let room = partial_pivoting::inverse::inverse_scratch::<usize, f64>(size, par);
    let (order, factors) =
        (PermRef::new_checked(&lu.rows, &lu.inverse_rows, size), factors.as_ref());
    let (mut out, mut memory) = (Mat::zeros(size, size), MemBuffer::new(room));
    partial_pivoting::inverse::inverse(
        out.as_mut(),
        factors,
        factors,
        order,
        par,
        MemStack::new(&mut memory),
    );
    out
}

/// Replaces `matrix` by its factors with pivots sought among all that is left; the columns in the order of their pivots.
///
/// ```
/// let mut matrix = faer::mat![[1.0, 2.0], [0.0, 8.0]];
/// assert_eq!(mirrorhead_kernels::dense::factor_with_full_pivots(matrix.as_mut()), [1, 0]);
/// assert_eq!((matrix[(0, 0)], matrix[(1, 1)]), (8.0, 1.0)); // U, from the largest entry on
/// ```
pub fn factor_with_full_pivots(matrix: MatMut<'_, f64>) -> Vec<usize> {
    let (nrows, ncols) = (matrix.nrows(), matrix.ncols());
    let room = full_pivoting::factor::lu_in_place_scratch::<usize, f64>(
        nrows,
        ncols,
        Par::Seq,
        <_>::default(),
    );
    let (mut rows, mut inverse_rows) = (vec![0usize; nrows], vec![0; nrows]);
    let (mut columns, mut inverse_columns) = (vec![0usize; ncols], vec![0; ncols]);
    full_pivoting::factor::lu_in_place(
        matrix,
        &mut rows,
        &mut inverse_rows,
        &mut columns,
        &mut inverse_columns,
        Par::Seq,
        MemStack::new(&mut MemBuffer::new(room)),
        <_>::default(),
    );
    columns
}

/// How many singular vectors of an `$m \times n$` matrix there are to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SingularVectors {
    /// None.
    No,
    /// `$\min(m, n)$` on either side.
    Thin,
    /// `$m$` on the left and `$n$` on the right.
    Full,
}

/// The singular values of `matrix`, decreasing, and as many of the vectors as are `wanted` and there is room for. `None`
/// where the method doesn't converge.
///
/// ```
/// use faer::mat;
/// use mirrorhead_kernels::dense::{SingularVectors, svd};
/// let singular = svd(mat![[0.0, -3.0], [2.0, 0.0]].as_ref(), SingularVectors::No, None).unwrap();
/// assert!((singular[0] - 3.0).abs() < 1e-15 && (singular[1] - 2.0).abs() < 1e-15);
/// ```
pub fn svd(
    matrix: MatRef<'_, f64>,
    wanted: SingularVectors,
    vectors: Option<(MatMut<'_, f64>, MatMut<'_, f64>)>,
) -> Option<Vec<f64>> {
    let (nrows, ncols, par) = (matrix.nrows(), matrix.ncols(), Par::Seq);
    let (left, right) = vectors.unzip();
    let wanted = match wanted {
        SingularVectors::No => ComputeSvdVectors::No,
        SingularVectors::Thin => ComputeSvdVectors::Thin,
        SingularVectors::Full => ComputeSvdVectors::Full,
    };
    let mut sigma = Diag::<f64>::zeros(nrows.min(ncols));
    let room = faer_svd::svd_scratch::<f64>(nrows, ncols, wanted, wanted, par, <_>::default());
    let mut memory = MemBuffer::new(room);
    let memory = MemStack::new(&mut memory);
    faer_svd::svd(matrix, sigma.as_mut(), left, right, par, memory, <_>::default()).ok()?;
    Some(sigma.column_vector().iter().copied().collect())
}
