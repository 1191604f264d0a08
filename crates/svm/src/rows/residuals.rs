//! Products and residuals of equilibrated rows to twice the precision, where entries are stored.

use mirrorhead_kernels::{LinearOperator, dot, simd_dispatch};

use super::{EquilibratedRows, Source};
use crate::two_fold::TwoFold;

impl EquilibratedRows<'_> {
    /// `$A_j w - \rho b_j - s_j$` of a stored row, to twice the precision.
    ///
    /// # Panics
    /// If the rows aren't stored.
    pub fn misfit(&self, j: usize, w: &[f64], rho: f64, slack: f64) -> f64 {
        let Source::Stored { rows, .. } = &self.source else { panic!("no entries are stored") };
        let mut sum = TwoFold::of(-slack);
        sum.add_product(-rho, self.bounds[j]);
        sum.add_products(rows.row(j), w);
        sum.rounded()
    }

    /// `out` `$= r - A (w + \epsilon)$`, to twice the precision where there is an `$\epsilon$` = `low` of what rounding
    /// took from `$w$`.
    pub fn rest(&mut self, r: &[f64], w: &[f64], low: &[f64], out: &mut [f64]) {
        if let (Source::Stored { rows, .. }, false) = (&self.source, low.is_empty()) {
            for (j, out) in out.iter_mut().enumerate() {
                let mut sum = TwoFold::of(-r[j]);
                sum.add_products(rows.row(j), w);
                *out = -(sum.rounded() + dot(rows.row(j), low));
            }
            return;
        }
        self.apply(w, out);
        for (out, r) in out.iter_mut().zip(r) {
            *out = r - *out;
        }
    }

    /// `out` `$= A w$` and, for stored rows, to twice the precision.
    pub fn apply_twofold(&mut self, w: &[f64], out: &mut [f64]) {
        let Source::Stored { rows, .. } = &self.source else { return self.apply(w, out) };
        for (j, out) in out.iter_mut().enumerate() {
            let mut sum = TwoFold::default();
            sum.add_products(rows.row(j), w);
            *out = sum.rounded();
        }
    }

    /// `out` `$= A^\top(\lambda + \epsilon)$` and, for stored rows, to twice the precision; `$\epsilon$` = `low` is what
    /// rounding took from `$\lambda$`, nothing if empty.
    pub fn apply_adjoint_twofold(&mut self, multipliers: &[f64], low: &[f64], out: &mut [f64]) {
        let Source::Stored { rows, .. } = &self.source else {
            return self.apply_adjoint(multipliers, out);
        };
        let mut sums = vec![TwoFold::default(); out.len()];
        simd_dispatch(
            #[inline(always)]
            || {
                for (j, l) in multipliers.iter().enumerate() {
                    for (sum, a) in sums.iter_mut().zip(rows.row(j)) {
                        sum.add_product(*l, *a);
                    }
                }
            },
        );
        rows.apply_adjoint(low, out);
        for (out, mut sum) in out.iter_mut().zip(sums) {
            sum.add(*out);
            *out = sum.rounded();
        }
    }
}
