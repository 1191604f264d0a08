//! The Newton system of the rows and the curve, in the form that is cheaper to factor.
//!
//! `$$\begin{aligned} A\,\mathrm dw + y\,\mathrm d\beta + \Sigma\,\mathrm d\lambda &= r, \\
//!   \mathrm dw - D A^\top\mathrm d\lambda &= h. \end{aligned}$$`
//! Without `$\mathrm dw$` it is `$(A D A^\top + \Sigma)\,\mathrm d\lambda = r - A h$`, as many unknowns as rows; without
//! `$\mathrm d\lambda$` it is `$(D^{-1} + A^\top\Sigma^{-1}A)\,\mathrm dw = A^\top\Sigma^{-1}r + D^{-1}h$`, as many as columns.
//!
//! The intercept is a weight of slope `$\delta$` here, which adds `$\delta y y^\top$`. It changes nothing where
//! `$y^\top\mathrm d\lambda$` is given, and without it the matrix may be singular along `$y$`.

use faer::Mat;
use mirrorhead_kernels::{GramMut, dot};

use crate::WorkCounters;
use crate::cholesky::{Cholesky, NoFactor};
use crate::limits::Limits;
use crate::soft::SoftMarginProblem;

/// A solution of the system.
#[derive(Debug, Clone, Default)]
pub(crate) struct Step {
    /// `$\mathrm d\lambda$`.
    pub multipliers: Vec<f64>,
    /// `$\mathrm dw$`.
    pub w: Vec<f64>,
    /// `$\mathrm d\beta$`.
    pub intercept: f64,
    /// `$\mathrm dr$`, of the width of the strip.
    pub width: f64,
}

impl Step {
    /// Adds `factor` times `other`.
    pub fn add(&mut self, factor: f64, other: &Self) {
        mirrorhead_kernels::add_scaled(&mut self.multipliers, factor, &other.multipliers);
        mirrorhead_kernels::add_scaled(&mut self.w, factor, &other.w);
        self.intercept += factor * other.intercept;
        self.width += factor * other.width;
    }
}

/// Which unknowns are left in the matrix that is factored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// `$\mathrm d\lambda$`.
    Rows,
    /// `$\mathrm dw$`, and `$\mathrm d\beta$` after it.
    Columns,
}

/// The matrix, factored.
pub(crate) struct NewtonSystem<'p> {
    problem: &'p SoftMarginProblem<'p>,
    form: Form,
    cholesky: Cholesky,
    slopes: Vec<f64>,
    sigma: Vec<f64>,
    /// The largest entry of each column; empty without an intercept.
    column_sizes: Vec<f64>,
    /// `$\delta$`.
    intercept_slope: f64,
}

impl<'p> NewtonSystem<'p> {
    pub fn new(problem: &'p SoftMarginProblem<'p>) -> Self {
        let (m, n) = (problem.operator().nrows(), problem.operator().ncols());
        let form = if n < m { Form::Columns } else { Form::Rows };
        let size = match form {
            Form::Rows => m,
            Form::Columns => n + usize::from(problem.signs().is_some()),
        };
        let mut column_sizes = vec![0.0; n];
        if problem.signs().is_some() && form == Form::Columns {
            problem.operator().col_max_abs(&mut column_sizes);
        }
        Self {
            problem,
            form,
            cholesky: Cholesky::new(size),
            slopes: vec![0.0; n],
            sigma: vec![0.0; m],
            column_sizes,
            intercept_slope: 0.0,
        }
    }

    /// The unknowns of the smaller form.
    pub fn size(problem: &SoftMarginProblem<'_>) -> usize {
        problem.operator().nrows().min(problem.operator().ncols() + 1)
    }

    /// Assembles and factors the matrix for `$D$` = `slopes` and `$\Sigma$` = `sigma`.
    pub fn factor(
        &mut self,
        slopes: &[f64],
        sigma: &[f64],
        limits: &Limits<'_>,
        work: &mut WorkCounters,
    ) -> Result<(), NoFactor> {
        self.slopes.copy_from_slice(slopes);
        self.sigma.copy_from_slice(sigma);
        match self.form {
            Form::Rows => self.factor_rows(limits, work),
            Form::Columns => self.factor_columns(limits, work),
        }
    }

    fn factor_rows(
        &mut self,
        limits: &Limits<'_>,
        work: &mut WorkCounters,
    ) -> Result<(), NoFactor> {
        let (operator, signs, slopes) =
            (self.problem.operator(), self.problem.signs(), &self.slopes);
        let m = operator.nrows();
        let rows: Vec<usize> = (0..m).collect();
        let mut delta = 0.0;
        let gram = |matrix: &mut Mat<f64>| {
            operator.weighted_gram(&rows, slopes, GramMut::of_faer(matrix.as_mut()));
            let Some(signs) = signs else { return };
            delta = (0..m).map(|j| matrix[(j, j)]).sum::<f64>() / m as f64;
            for (l, y) in signs.iter().enumerate() {
                for (k, entry) in matrix.col_as_slice_mut(l).iter_mut().enumerate().skip(l) {
                    *entry += delta * y * signs[k];
                }
            }
        };
        self.cholesky.factor_sum(gram, &self.sigma, limits, work)?;
        self.intercept_slope = delta;
        Ok(())
    }

    fn factor_columns(
        &mut self,
        limits: &Limits<'_>,
        work: &mut WorkCounters,
    ) -> Result<(), NoFactor> {
        let (operator, n) = (self.problem.operator(), self.slopes.len());
        let inverse: Vec<f64> = self.sigma.iter().map(|s| s.recip()).collect();
        let mut diagonal: Vec<f64> = self.slopes.iter().map(|d| d.recip()).collect();
        let border = self.problem.signs().map(|signs| {
            let weighted: Vec<f64> = signs.iter().zip(&inverse).map(|(y, s)| y * s).collect();
            let mut border = vec![0.0; n];
            operator.apply_adjoint(&weighted, &mut border);
            border
        });
        let total: f64 = inverse.iter().sum();
        if border.is_some() {
            // Of the size of A D A', as for rows.
            let squares = self.column_sizes.iter().map(|a| a * a);
            self.intercept_slope = squares.zip(&self.slopes).map(|(a, d)| a * d).sum();
            diagonal.push(self.intercept_slope.recip());
        }
        let normal = |matrix: &mut Mat<f64>| {
            let corner = matrix.as_mut().submatrix_mut(0, 0, n, n);
            operator.weighted_normal(&inverse, GramMut::of_faer(corner));
            if let Some(border) = &border {
                for (k, entry) in border.iter().enumerate() {
                    matrix[(n, k)] = *entry;
                }
                matrix[(n, n)] = total;
            }
        };
        self.cholesky.factor_sum(normal, &diagonal, limits, work)
    }

    /// The step for right-hand sides `$r$` = `rows` and `$h$` = `curve`, to rounding.
    pub fn solve(&mut self, rows: &[f64], curve: Option<&[f64]>, work: &mut WorkCounters) -> Step {
        work.solves += 1;
        match self.form {
            Form::Rows => self.solve_rows(rows, curve),
            Form::Columns => self.solve_columns(rows, curve),
        }
    }

    fn solve_rows(&mut self, rows: &[f64], curve: Option<&[f64]>) -> Step {
        let operator = self.problem.operator();
        let mut multipliers = rows.to_vec();
        if let Some(curve) = curve {
            let mut shift = vec![0.0; rows.len()];
            operator.apply(curve, &mut shift);
            mirrorhead_kernels::add_scaled(&mut multipliers, -1.0, &shift);
        }
        self.cholesky.solve(&mut multipliers);
        let mut w = vec![0.0; self.slopes.len()];
        operator.apply_adjoint(&multipliers, &mut w);
        for (k, (w, d)) in w.iter_mut().zip(&self.slopes).enumerate() {
            *w = *w * d + curve.map_or(0.0, |curve| curve[k]);
        }
        let sum = self.problem.signs().map_or(0.0, |signs| dot(signs, &multipliers));
        Step { multipliers, w, intercept: self.intercept_slope * sum, width: 0.0 }
    }

    fn solve_columns(&mut self, rows: &[f64], curve: Option<&[f64]>) -> Step {
        let (operator, n) = (self.problem.operator(), self.slopes.len());
        let weighted: Vec<f64> = rows.iter().zip(&self.sigma).map(|(r, s)| r / s).collect();
        let mut w = vec![0.0; n];
        operator.apply_adjoint(&weighted, &mut w);
        if let Some(curve) = curve {
            for ((w, h), d) in w.iter_mut().zip(curve).zip(&self.slopes) {
                *w += h / d;
            }
        }
        let signs = self.problem.signs();
        if let Some(signs) = signs {
            w.push(dot(signs, &weighted));
        }
        self.cholesky.solve(&mut w);
        let intercept = if signs.is_some() { w[n] } else { 0.0 };
        w.truncate(n);
        let mut multipliers = vec![0.0; rows.len()];
        operator.apply(&w, &mut multipliers);
        for (j, l) in multipliers.iter_mut().enumerate() {
            *l = (rows[j] - *l - self.problem.shift(j, intercept)) / self.sigma[j];
        }
        Step { multipliers, w, intercept, width: 0.0 }
    }
}
