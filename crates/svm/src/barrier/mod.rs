//! A barrier method in numbers of 150 decimal digits, for small problems that doubles have too few for.
//!
//! Newton's method on a self-concordant barrier (Nesterov and Nemirovskii, 1994) knows no units, no condition and hardly `$p$`:
//! in exact arithmetic it takes some hundred steps for anything. It has the digits to be nearly exact here, and so
//! takes over where the faster method in doubles has stalled.

mod cone;
mod constraints;
mod line;
mod newton;
mod number;
mod path;

use mirrorhead_kernels::LinearOperator;

use self::cone::PowerCone;
use self::constraints::Constraints;
use self::number::{Wide, doubles, wide};
use crate::limits::Limits;
use crate::remainder::Remainder;
use crate::{HardMarginProblem, WorkCounters};

/// Most multiplications of a Newton step: a tenth of a microsecond each.
const MOST_WORK: usize = 100_000;

/// Doubles that a number is written down with: as few as prove the gap, up to this many.
const MOST_PARTS: usize = 4;

/// A pair `$(w, \lambda)$` in many digits.
pub(crate) struct FinePair {
    w: Vec<Wide>,
    multipliers: Vec<Wide>,
}

impl FinePair {
    /// Multiplies `$\lambda$`.
    pub fn scale_multipliers(&mut self, factor: f64) {
        let factor = wide(factor);
        for l in &mut self.multipliers {
            *l *= &factor;
        }
    }

    /// The pair as doubles, and what rounding to them takes from it, in more and more doubles for each number.
    pub fn roundings(&self) -> impl Iterator<Item = (Vec<f64>, Vec<f64>, Remainder)> {
        let parts = |x: &[Wide]| x.iter().map(doubles).collect::<Vec<[f64; MOST_PARTS]>>();
        let (w, multipliers) = (parts(&self.w), parts(&self.multipliers));
        (0..MOST_PARTS).map(move |further| {
            let part = |x: &[[f64; MOST_PARTS]], k: usize| -> Vec<f64> {
                x.iter().map(|x| x[k]).collect()
            };
            let rest = |x| (1..=further).map(|k| part(x, k)).collect();
            let remainder = Remainder { w: rest(&w), multipliers: rest(&multipliers) };
            (part(&w, 0), part(&multipliers, 0), remainder)
        })
    }
}

/// Whether `problem` is small enough.
pub(crate) fn is_fit<A: LinearOperator + ?Sized>(problem: &HardMarginProblem<'_, A>) -> bool {
    let (m, n) = (problem.bounds().len(), problem.operator().ncols());
    let triangle = n.saturating_mul(n) / 2;
    triangle.saturating_mul(m + n) <= MOST_WORK && problem.bounds().iter().all(|b| *b > 0.0)
}

/// The solution of a `problem` [that is fit](is_fit), to a relative gap below `relative_gap`: `$w$` with
/// `$\min_j (A w)_j/b_j = 1$`, and multipliers of size one. None if a limit was reached, or the margin isn't positive.
pub(crate) fn solved<A: LinearOperator + ?Sized>(
    problem: &HardMarginProblem<'_, A>,
    relative_gap: f64,
    limits: &Limits<'_>,
    work: &mut WorkCounters,
) -> Option<FinePair> {
    let constraints = Constraints::of(problem)?;
    let cone = PowerCone::new(problem.norm());
    let (w, multipliers) = path::follow(&constraints, &cone, relative_gap, limits, work)?;
    let margin = constraints.margin(&w)?;
    if margin <= wide(0.0) {
        return None;
    }
    let w: Vec<Wide> = w.into_iter().map(|w| w / &margin).collect();
    let (nrows, ncols) = (problem.bounds().len(), problem.operator().ncols());
    Some(FinePair {
        w: constraints.outer(&w, ncols),
        multipliers: constraints.unscaled(&multipliers, nrows),
    })
}

#[cfg(test)]
mod tests {
    use mirrorhead_kernels::{DenseRows, Matrix};

    use super::*;
    use crate::SvmSettings;

    #[test]
    fn a_solution_is_known_to_many_digits() {
        // Columns 1e24 apart; at p = 1 the cheap one does it all, at infinity both do what they can.
        let rows = Matrix::from_rows(&[[3e12, 1e-12], [1e12, -1e-12], [4e12, 0.0]]).unwrap();
        let rows = DenseRows::new(&rows);
        for (p, norm) in [(1.0, 1e-12), (f64::INFINITY, 1e-12)] {
            let problem = HardMarginProblem::new(&rows, p).unwrap();
            let settings = SvmSettings::default().into();
            let limits = Limits::start(&settings);
            let pair = solved(&problem, 1e-12, &limits, &mut WorkCounters::default()).unwrap();
            let (w, multipliers, _) = pair.roundings().next().unwrap();
            assert!((w[0] / norm - 1.0).abs() < 1e-12, "{w:?}");
            assert!(multipliers.iter().all(|l| *l >= 0.0) && multipliers[1] == 1.0);
        }
    }
}
