//! The Newton matrix of the rows in play: assembled, factored, solved.

use faer::Mat;

use crate::WorkCounters;
use crate::cholesky::{Cholesky, NoFactor};
use crate::conjugate_gradient::{self, Preconditioned};
use crate::limits::Limits;
use crate::rows::EquilibratedRows;
use crate::tangents::Tangents;
use crate::two_fold_cholesky::TwoFoldCholesky;

/// Conjugate gradients stop when the residual has shrunk by this; directions are refined anyway.
const REDUCTION: f64 = 1e-8;

/// Most steps of conjugate gradients.
const MOST_STEPS: usize = 400;

/// Most multiply-adds of a matrix that is assembled in twice the precision of doubles.
const ACCURATE_WORK: usize = 1 << 24;

/// Slopes below this are as good as zero: their inverses stay in range.
pub(crate) const LEAST_SLOPE: f64 = 1e-250;

/// Which of the unknowns of the Newton system
/// `$$D^{-1}\,\mathrm dw - A^\top\mathrm d\lambda = g, \qquad A\,\mathrm dw + \operatorname{diag}(\sigma)\,\mathrm d\lambda = r$$`
/// is left when the others are eliminated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// `$\mathrm d\lambda$`: `$A D A^\top + \operatorname{diag}(\sigma)$`, one row for each row of `$A$`. It takes
    /// any small `$D_k$`.
    Rows,
    /// `$\mathrm dw$`: `$A^\top\operatorname{diag}(\sigma)^{-1} A + D^{-1}$`, one row for each unknown. It takes any large
    /// `$D_k$`.
    Unknowns,
}

impl Form {
    /// The one that costs less for these rows.
    pub fn of(rows: &EquilibratedRows<'_>) -> Self {
        if rows.is_tall() { Self::Unknowns } else { Self::Rows }
    }
}

/// A positive definite matrix that solves the Newton system, in either [`Form`].
///
/// Up to `most` rows the matrix is factored. Of more rows only those are, among themselves, that outweigh
/// their `$\sigma_j$` by most, which near the solution are the active ones. The others, on whose diagonal
/// `$\sigma_j$` dominates, are left with their diagonal entry, and this approximation preconditions
/// conjugate gradients, which need nothing but products with `$A$` and `$A^\top$`.
pub(crate) struct NewtonMatrix {
    form: Form,
    cholesky: Cholesky,
    /// The factor in twice the precision, where that was asked for and can be had.
    accurate: Option<TwoFoldCholesky>,
    /// Positions of the rows factored; none stands for all of them.
    factored: Option<Vec<usize>>,
    weights: Vec<f64>,
    sigma: Vec<f64>,
    diagonal: Vec<f64>,
    most: usize,
}

impl NewtonMatrix {
    /// Room for `m` rows of `n` unknowns, of which at most `most` are factored, in the form asked for unless that has more
    /// than `most` rows itself.
    pub fn in_form(form: Form, m: usize, n: usize, most: usize) -> Self {
        let form = if n > most { Form::Rows } else { form };
        let size = match form {
            Form::Rows => m,
            Form::Unknowns => n,
        };
        let diagonal = if size > most { vec![0.0; m] } else { Vec::new() };
        Self {
            form,
            cholesky: Cholesky::new(size.min(most)),
            accurate: None,
            factored: (size > most).then(Vec::new),
            weights: vec![0.0; n],
            sigma: diagonal.clone(),
            diagonal,
            most,
        }
    }

    pub fn form(&self) -> Form {
        self.form
    }

    /// Assembles and factors the matrix for these tangents and `$\sigma$` = `sigma` in twice the precision of doubles, if
    /// rows are stored and it is small; otherwise says so.
    pub fn factor_accurately(
        &mut self,
        rows: &EquilibratedRows<'_>,
        tangents: &Tangents,
        sigma: &[f64],
        limits: &Limits<'_>,
        work: &mut WorkCounters,
    ) -> Result<bool, NoFactor> {
        let weights = &tangents.slopes;
        self.accurate = None;
        let (m, n) = (rows.len(), rows.ncols());
        let affordable = |size: usize| m * n * size <= ACCURATE_WORK;
        let Some(stored) = rows.stored().filter(|_| affordable(m.min(n))) else {
            return Ok(false);
        };
        self.form = match self.form {
            Form::Rows if !affordable(m) => Form::Unknowns,
            Form::Unknowns if !affordable(n) => Form::Rows,
            form => form,
        };
        let inverse = |x: &[f64]| x.iter().map(|x| x.max(LEAST_SLOPE).recip()).collect::<Vec<_>>();
        let mut factor = if self.form == Form::Unknowns {
            let weighted = (0..m).map(|j| stored.row(j)).zip(inverse(sigma));
            TwoFoldCholesky::of_sum(weighted, &inverse(weights))
        } else {
            let columns: Vec<Vec<f64>> =
                (0..n).map(|k| (0..m).map(|j| stored.row(j)[k]).collect()).collect();
            let weighted = columns.iter().map(Vec::as_slice).zip(weights.iter().copied());
            TwoFoldCholesky::of_sum(weighted, sigma)
        };
        work.factorizations += 1;
        work.largest_factor = work.largest_factor.max(factor.len());
        factor.factor(limits)?;
        self.accurate = Some(factor);
        Ok(true)
    }

    /// Assembles and factors the matrix for `$D$` = `weights`, `$\sigma$` = `sigma`.
    pub fn factor(
        &mut self,
        rows: &EquilibratedRows<'_>,
        weights: &[f64],
        sigma: &[f64],
        limits: &Limits<'_>,
        work: &mut WorkCounters,
    ) -> Result<(), NoFactor> {
        self.accurate = None;
        if self.form == Form::Unknowns {
            let inverse: Vec<f64> = weights.iter().map(|d| d.max(LEAST_SLOPE).recip()).collect();
            let normal = |matrix: &mut Mat<f64>| rows.weighted_normal(sigma, matrix);
            return self.cholesky.factor_sum(normal, &inverse, limits, work);
        }
        if self.factored.is_none() {
            return self.assemble(rows, weights, sigma, limits, work);
        }
        self.weights.copy_from_slice(weights);
        rows.weighted_squares(&mut self.weights, &mut self.diagonal);
        let mut order: Vec<usize> = (0..rows.len()).collect();
        let share = |j: usize| self.diagonal[j] / sigma[j];
        order.select_nth_unstable_by(self.most, |&j, &k| {
            share(k).total_cmp(&share(j)).then(j.cmp(&k))
        });
        order.truncate(self.most);
        order.sort_unstable();
        for (entry, sigma) in self.diagonal.iter_mut().zip(sigma) {
            *entry += sigma;
        }
        self.sigma.copy_from_slice(sigma);
        let picked: Vec<f64> = order.iter().map(|&j| sigma[j]).collect();
        self.assemble(&rows.subset(&order), weights, &picked, limits, work)?;
        self.weights.copy_from_slice(weights);
        self.factored = Some(order);
        Ok(())
    }

    /// Assembles and factors the matrix of all of `rows`.
    fn assemble(
        &mut self,
        rows: &EquilibratedRows<'_>,
        weights: &[f64],
        sigma: &[f64],
        limits: &Limits<'_>,
        work: &mut WorkCounters,
    ) -> Result<(), NoFactor> {
        let scaled = &mut self.weights;
        let gram = |matrix: &mut Mat<f64>| {
            scaled.copy_from_slice(weights);
            rows.weighted_gram(scaled, matrix);
        };
        self.cholesky.factor_sum(gram, sigma, limits, work)
    }

    /// `x` `$= K^{-1}$` `x` with the matrix `$K$` of the form, up to rounding, or as far as conjugate
    /// gradients get within the `limits`. Returns what is lost by rounding, where that is known.
    pub fn solve(
        &mut self,
        rows: &mut EquilibratedRows<'_>,
        x: &mut [f64],
        limits: &Limits<'_>,
        work: &mut WorkCounters,
    ) -> Vec<f64> {
        if let Some(accurate) = &self.accurate {
            work.solves += 1;
            return accurate.solve(x);
        }
        let Some(factored) = &self.factored else {
            work.solves += 1;
            self.cholesky.solve(x);
            return Vec::new();
        };
        let mut matrix = Implicit {
            rows,
            weights: &self.weights,
            sigma: &self.sigma,
            diagonal: &self.diagonal,
            factored,
            cholesky: &mut self.cholesky,
            dual_point: vec![0.0; self.weights.len()],
            picked: vec![0.0; factored.len()],
        };
        let go_on = || limits.check().is_ok();
        let steps = conjugate_gradient::solve(&mut matrix, x, REDUCTION, MOST_STEPS, go_on);
        work.solves += steps + 1;
        work.conjugate_gradients += steps;
        Vec::new()
    }
}

/// `$K$` by products, and its preconditioner.
struct Implicit<'s, 'a> {
    rows: &'s mut EquilibratedRows<'a>,
    weights: &'s [f64],
    sigma: &'s [f64],
    diagonal: &'s [f64],
    factored: &'s [usize],
    cholesky: &'s mut Cholesky,
    dual_point: Vec<f64>,
    picked: Vec<f64>,
}

impl Preconditioned for Implicit<'_, '_> {
    fn multiply(&mut self, x: &[f64], out: &mut [f64]) {
        self.rows.apply_adjoint(x, &mut self.dual_point);
        for (u, d) in self.dual_point.iter_mut().zip(self.weights) {
            *u *= d;
        }
        self.rows.apply(&self.dual_point, out);
        for ((out, x), sigma) in out.iter_mut().zip(x).zip(self.sigma) {
            *out += sigma * x;
        }
    }

    fn precondition(&mut self, x: &[f64], out: &mut [f64]) {
        for ((out, x), d) in out.iter_mut().zip(x).zip(self.diagonal) {
            *out = x / d;
        }
        for (picked, &j) in self.picked.iter_mut().zip(self.factored) {
            *picked = x[j];
        }
        self.cholesky.solve(&mut self.picked);
        for (picked, &j) in self.picked.iter().zip(self.factored) {
            out[j] = *picked;
        }
    }
}
