//! The Newton system of a direction, solved in the form of the rows or in that of the unknowns.

use mirrorhead_kernels::add_scaled;

use crate::WorkCounters;
use crate::limits::Limits;
use crate::newton::{Form, NewtonMatrix};
use crate::rows::EquilibratedRows;
use crate::tangents::Tangents;

/// How the unknowns answer to a unit of another one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Response {
    pub multipliers: Vec<f64>,
    /// Empty where `$\mathrm dw$` follows from the multipliers.
    pub w: Vec<f64>,
    /// What rounding took from the unknowns of the matrix.
    pub low: Vec<f64>,
}

/// What a direction is computed with.
pub(crate) struct System<'s, 'a> {
    pub rows: &'s mut EquilibratedRows<'a>,
    pub newton: &'s mut NewtonMatrix,
    pub tangents: &'s mut Tangents,
    pub limits: &'s Limits<'s>,
    pub work: &'s mut WorkCounters,
    /// Residuals of the margins below this need no refinement.
    pub accuracy: f64,
}

impl System<'_, '_> {
    /// `x` `$= K^{-1}$` `x` with the Newton matrix in its form.
    pub fn solve(&mut self, x: &mut [f64]) -> Vec<f64> {
        self.newton.solve(self.rows, x, self.limits, self.work)
    }

    pub fn form(&self) -> Form {
        self.newton.form()
    }

    /// `$\mathrm dw = K^{-1} (g + A^\top\operatorname{diag}(\sigma)^{-1} r)$` in the form of the unknowns, and what
    /// rounding took from it.
    pub fn shift(&mut self, g: Option<&[f64]>, r: &[f64], sigma: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let weighted: Vec<f64> = r.iter().zip(sigma).map(|(r, s)| r / s).collect();
        let mut shift = vec![0.0; self.rows.ncols()];
        self.rows.apply_adjoint(&weighted, &mut shift);
        if let Some(g) = g {
            add_scaled(&mut shift, 1.0, g);
        }
        let low = self.solve(&mut shift);
        (shift, low)
    }

    /// `$\mathrm d\lambda = \operatorname{diag}(\sigma)^{-1}(r - A\,\mathrm dw)$`.
    pub fn multipliers(&mut self, w: (&[f64], &[f64]), r: &[f64], sigma: &[f64], out: &mut [f64]) {
        self.rows.rest(r, w.0, w.1, out);
        for (out, s) in out.iter_mut().zip(sigma) {
            *out /= s;
        }
    }

    /// The answer of the Newton system to `$(g, r)$`.
    pub fn respond(&mut self, g: Option<&[f64]>, r: &[f64], sigma: &[f64]) -> Response {
        match self.form() {
            Form::Rows => {
                let mut multipliers = r.to_vec();
                let low = self.solve(&mut multipliers);
                Response { multipliers, w: Vec::new(), low }
            }
            Form::Unknowns => {
                let (w, low) = self.shift(g, r, sigma);
                let mut multipliers = vec![0.0; r.len()];
                self.multipliers((&w, &low), r, sigma, &mut multipliers);
                Response { multipliers, w, low }
            }
        }
    }
}
