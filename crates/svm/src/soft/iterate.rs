//! The iterate: `$w$`, `$\beta$`, and the two complementary pairs of every row.

use mirrorhead_kernels::dot;

use crate::Norm;
use crate::soft::SoftMarginProblem;
use crate::soft::regularizer::{best_multiple, dual_value, value};

/// The state of the method. Of each row, `$\lambda s \to 0$` and `$z \xi \to 0$` with `$z = C - \lambda$`.
#[derive(Debug, Clone)]
pub(crate) struct Iterate {
    /// `$w$` (`$N$`).
    pub w: Vec<f64>,
    /// `$\beta$`.
    pub intercept: f64,
    /// `$\lambda > 0$`.
    pub multipliers: Vec<f64>,
    /// `$z = C - \lambda > 0$`.
    pub rooms: Vec<f64>,
    /// `$s > 0$`, by how much a row is better than asked, in the end.
    pub slacks: Vec<f64>,
    /// `$\xi > 0$`, by how much it is worse.
    pub excesses: Vec<f64>,
    /// `$u = A^\top\lambda$` (`$N$`).
    pub dual_point: Vec<f64>,
    /// `$A w$`.
    pub margins: Vec<f64>,
}

impl Iterate {
    /// The start at `$p = 2$`: every row pulls with half its price, or less if that is too much. Its strength
    /// `$\kappa$` comes with it.
    pub fn start(problem: &SoftMarginProblem<'_>) -> (Self, f64) {
        let mut multipliers: Vec<f64> = problem.costs().iter().map(|c| 0.5 * c).collect();
        if let Some(signs) = problem.signs() {
            let total = |sign: f64| -> f64 {
                multipliers.iter().zip(signs).filter(|(_, y)| **y == sign).map(|(l, _)| l).sum()
            };
            let (plus, minus) = (total(1.0), total(-1.0));
            let least = plus.min(minus);
            for (l, y) in multipliers.iter_mut().zip(signs) {
                *l *= least / if *y > 0.0 { plus } else { minus };
            }
        }
        let euclidean = Norm::new(2.0).expect("2 is a valid exponent");
        let operator = problem.operator();
        let mut dual_point = vec![0.0; operator.ncols()];
        operator.apply_adjoint(&multipliers, &mut dual_point);
        let size = euclidean.of(&dual_point);
        let mut kappa = 1.0;
        if size > 0.0 {
            let w: Vec<f64> = dual_point.iter().map(|u| u / size).collect();
            let mut margins = vec![0.0; operator.nrows()];
            operator.apply(&w, &mut margins);
            kappa = crate::soft::reference::strength(problem, euclidean, &w, &margins, 0.0);
            let weight = dot(problem.bounds(), &multipliers).max(f64::MIN_POSITIVE);
            let multiple = best_multiple(euclidean, weight / kappa, size / kappa).max(1e-100);
            for l in &mut multipliers {
                *l *= multiple;
            }
        }
        // On the line w = u / kappa.
        operator.apply_adjoint(&multipliers, &mut dual_point);
        let w = dual_point.iter().map(|u| u / kappa).collect();
        (Self::at(problem, w, 0.0, multipliers), kappa)
    }

    /// An iterate at `$(w, \beta, \lambda)$` with `$0 < \lambda < C$`, the other variables to fit.
    pub fn at(
        problem: &SoftMarginProblem<'_>,
        w: Vec<f64>,
        intercept: f64,
        multipliers: Vec<f64>,
    ) -> Self {
        let operator = problem.operator();
        let (m, n) = (operator.nrows(), operator.ncols());
        let (mut margins, mut dual_point) = (vec![0.0; m], vec![0.0; n]);
        operator.apply(&w, &mut margins);
        operator.apply_adjoint(&multipliers, &mut dual_point);
        let rooms: Vec<f64> =
            problem.costs().iter().zip(&multipliers).map(|(c, l)| c - l).collect();
        let (mut slacks, mut excesses) = (Vec::with_capacity(m), Vec::with_capacity(m));
        for j in 0..m {
            let over = margins[j] + problem.shift(j, intercept) - problem.bounds()[j];
            let ratio = rooms[j] / multipliers[j];
            slacks.push(over.max(0.0) + 0.5 * ratio.min(1.0));
            excesses.push((-over).max(0.0) + 0.5 * ratio.recip().min(1.0));
        }
        Self { w, intercept, multipliers, rooms, slacks, excesses, dual_point, margins }
    }

    /// Recomputes what follows from `$w$` and `$\lambda$`.
    pub fn refresh(&mut self, problem: &SoftMarginProblem<'_>) {
        problem.operator().apply(&self.w, &mut self.margins);
        problem.operator().apply_adjoint(&self.multipliers, &mut self.dual_point);
    }

    /// The objective of `$(w, \beta)$` and the best dual objective of a multiple of `$\lambda$`, with
    /// `$\kappa\varphi$` in `norm`, to rounding.
    pub fn objectives(
        &self,
        problem: &SoftMarginProblem<'_>,
        norm: Norm,
        kappa: f64,
    ) -> (f64, f64) {
        let primal = kappa * value(norm, &self.w) + problem.hinge(&self.margins, self.intercept);
        let weight = dot(problem.bounds(), &self.multipliers);
        (primal, dual_value(norm, kappa, weight, &self.dual_point))
    }

    /// Whether its products are within the range of a double.
    pub fn is_finite(&self) -> bool {
        [&self.margins, &self.dual_point].into_iter().flatten().all(|entry| entry.is_finite())
    }

    /// `$(\lambda^\top s + z^\top\xi) / 2M$`.
    pub fn complementarity(&self) -> f64 {
        let total = dot(&self.multipliers, &self.slacks) + dot(&self.rooms, &self.excesses);
        total / (2 * self.multipliers.len()) as f64
    }
}

/// How far a head start is kept from the ends of the box, as a share of it.
const NEAR: f64 = 1e-3;

impl Iterate {
    /// An iterate near any `$(w, \beta, \lambda)$`, for a head start: inside the box, with products of the size
    /// that its gap amounts to.
    pub fn near(
        problem: &SoftMarginProblem<'_>,
        w: &[f64],
        intercept: f64,
        multipliers: &[f64],
    ) -> Self {
        let inside = multipliers.iter().zip(problem.costs());
        let inside = inside.map(|(l, c)| l.clamp(NEAR * c, (1.0 - NEAR) * c)).collect();
        let mut at = Self::at(problem, w.to_vec(), intercept, inside);
        let (primal, dual) = at.objectives(problem, problem.norm(), 1.0);
        let share = ((primal - dual) / primal).clamp(0.0, 1.0).max(NEAR);
        for j in 0..at.margins.len() {
            let over = at.margins[j] + problem.shift(j, intercept) - problem.bounds()[j];
            let ratio = at.rooms[j] / at.multipliers[j];
            at.slacks[j] = over.max(0.0) + share * ratio.min(1.0);
            at.excesses[j] = (-over).max(0.0) + share * ratio.recip().min(1.0);
        }
        at
    }
}
