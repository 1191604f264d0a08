//! The system of the active rows, `$A_S A_S^\top\lambda_S = b_S$`, factored or by products.

use faer::Mat;
use mirrorhead_kernels::{add_scaled, max_abs};

use crate::WorkCounters;
use crate::cholesky::{Cholesky, NoFactor};
use crate::conjugate_gradient::{self, Preconditioned};
use crate::limits::Limits;
use crate::outcome::StallReason;
use crate::rows::EquilibratedRows;

/// Up to this many rows their matrix is factored.
const FACTORED: usize = 1_000;

/// Most steps of conjugate gradients in all for one system, and most rounds of refinement.
const MOST_STEPS: usize = 600;
const REFINEMENTS: usize = 6;

/// Room that conjugate gradients leave to the accuracy asked for.
const ROOM: f64 = 0.3;

/// The system of some rows, and its solution.
pub(crate) struct ActiveSystem<'s, 'a> {
    rows: EquilibratedRows<'a>,
    positions: &'s [usize],
    /// `$\lambda_S$`.
    multipliers: Vec<f64>,
    residual: Vec<f64>,
    /// What the solution is to all rows.
    pub reached: Reached,
    factored: bool,
}

/// Multipliers of all rows with `$w = A^\top\lambda$` and `$A w$`.
#[derive(Debug, Clone)]
pub(crate) struct Reached {
    pub multipliers: Vec<f64>,
    pub dual_point: Vec<f64>,
    pub margins: Vec<f64>,
}

impl Reached {
    /// Zeros, for `m` rows of `n` unknowns.
    pub fn nothing(m: usize, n: usize) -> Self {
        Self { multipliers: vec![0.0; m], dual_point: vec![0.0; n], margins: vec![0.0; m] }
    }
}

impl<'s, 'a> ActiveSystem<'s, 'a> {
    /// The system of the rows of `all` at these `positions`, at most `most` of which are ever factored.
    pub fn new(all: &EquilibratedRows<'a>, positions: &'s [usize], most: usize) -> Self {
        let m = positions.len();
        Self {
            rows: all.subset(positions),
            positions,
            multipliers: vec![0.0; m],
            residual: vec![0.0; m],
            reached: Reached::nothing(all.len(), all.ncols()),
            factored: m <= FACTORED.min(most),
        }
    }

    /// Whether it is solved to rounding.
    pub fn is_factored(&self) -> bool {
        self.factored
    }

    /// Solves until every row meets its bound but for this share of it, or as nearly as rounding lets it. Returns the share
    /// that was reached.
    ///
    /// # Errors
    /// The limit that was reached, or none where there is no factor or no end.
    pub fn solve(
        &mut self,
        all: &mut EquilibratedRows<'a>,
        gram: Option<GramBlock<'_>>,
        guess: &[f64],
        accuracy: f64,
        limits: &Limits<'_>,
        work: &mut WorkCounters,
    ) -> Result<f64, Option<StallReason>> {
        let least = self.rows.bounds.iter().fold(f64::INFINITY, |least, b| least.min(*b));
        let mut solver = if self.factored {
            let mut cholesky = Cholesky::new(self.rows.len());
            let (rows, mut ones) = (&self.rows, vec![1.0; self.rows.ncols()]);
            let gram = |matrix: &mut Mat<f64>| {
                if let Some(block) = gram {
                    block.copy_to(matrix);
                } else {
                    ones.fill(1.0);
                    rows.weighted_gram(&mut ones, matrix);
                }
            };
            let nothing = vec![0.0; self.rows.len()];
            cholesky.factor_sum(gram, &nothing, limits, work).map_err(|none| match none {
                NoFactor::Indefinite => None,
                NoFactor::Stopped(reason) => Some(reason),
            })?;
            self.residual.copy_from_slice(&self.rows.bounds);
            Solver::Factor(cholesky)
        } else {
            let mut squares = vec![0.0; self.rows.len()];
            self.rows.weighted_squares(&mut vec![1.0; self.rows.ncols()], &mut squares);
            self.multipliers.copy_from_slice(guess);
            self.set_residual(all);
            Solver::Products { squares, steps: 0 }
        };
        let mut last = f64::INFINITY;
        for _ in 0..REFINEMENTS {
            let reached = self.share_missed();
            let enough = reached <= accuracy && !(self.factored && last.is_infinite());
            if enough || reached.is_nan() || reached > 0.5 * last {
                break;
            }
            last = reached;
            self.correct(&mut solver, ROOM * accuracy * least, limits, work)?;
            self.set_residual(all);
        }
        let reached = self.share_missed();
        if reached.is_finite() { Ok(reached) } else { Err(None) }
    }

    /// Adds the solution of the system for what is left.
    fn correct(
        &mut self,
        solver: &mut Solver,
        goal: f64,
        limits: &Limits<'_>,
        work: &mut WorkCounters,
    ) -> Result<(), Option<StallReason>> {
        let mut change = self.residual.clone();
        match solver {
            Solver::Factor(cholesky) => {
                cholesky.solve(&mut change);
                work.solves += 1;
            }
            Solver::Products { squares, steps } => {
                let reduction = (goal / max_abs(&change)).max(f64::EPSILON);
                let (rows, dual_point) = (&mut self.rows, &mut self.reached.dual_point);
                let mut matrix = GramByProducts { rows, dual_point, squares };
                let (most, go_on) = (MOST_STEPS - *steps, || limits.check().is_ok());
                let taken =
                    conjugate_gradient::solve(&mut matrix, &mut change, reduction, most, go_on);
                *steps += taken;
                work.conjugate_gradients += taken;
                limits.check().map_err(Some)?;
                if *steps >= MOST_STEPS {
                    return Err(None);
                }
            }
        }
        add_scaled(&mut self.multipliers, 1.0, &change);
        Ok(())
    }

    /// `$b_S - A_S A_S^\top\lambda_S$`, by the products with all rows, which are asked for anyway.
    fn set_residual(&mut self, all: &mut EquilibratedRows<'a>) {
        let Reached { multipliers, dual_point, margins } = &mut self.reached;
        for (&j, l) in self.positions.iter().zip(&self.multipliers) {
            multipliers[j] = *l;
        }
        all.apply_adjoint(multipliers, dual_point);
        all.apply(dual_point, margins);
        for ((r, &j), b) in self.residual.iter_mut().zip(self.positions).zip(&self.rows.bounds) {
            *r = b - margins[j];
        }
    }

    /// The largest share of its bound that a row misses it by.
    fn share_missed(&self) -> f64 {
        let shares = self.residual.iter().zip(&self.rows.bounds).map(|(r, b)| r.abs() / b);
        shares.fold(0.0, |most, share| if share > most || share.is_nan() { share } else { most })
    }
}

/// Some rows of the matrix of all, whose lower triangle is known.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GramBlock<'g> {
    pub of_all: &'g Mat<f64>,
    /// Increasing.
    pub positions: &'g [usize],
}

impl GramBlock<'_> {
    fn copy_to(self, matrix: &mut Mat<f64>) {
        for (l, &j) in self.positions.iter().enumerate() {
            let column = self.of_all.col_as_slice(j);
            let out = matrix.col_as_slice_mut(l);
            for (out, &i) in out.iter_mut().zip(self.positions).skip(l) {
                *out = column[i];
            }
        }
    }
}

/// What corrections are found with.
enum Solver {
    Factor(Cholesky),
    Products { squares: Vec<f64>, steps: usize },
}

/// `$A_S A_S^\top$` by products, preconditioned by its diagonal.
struct GramByProducts<'s, 'a> {
    rows: &'s mut EquilibratedRows<'a>,
    dual_point: &'s mut [f64],
    squares: &'s [f64],
}

impl Preconditioned for GramByProducts<'_, '_> {
    fn multiply(&mut self, x: &[f64], out: &mut [f64]) {
        self.rows.apply_adjoint(x, self.dual_point);
        self.rows.apply(self.dual_point, out);
    }

    fn precondition(&mut self, x: &[f64], out: &mut [f64]) {
        for ((out, x), square) in out.iter_mut().zip(x).zip(self.squares) {
            *out = x / square;
        }
    }
}
