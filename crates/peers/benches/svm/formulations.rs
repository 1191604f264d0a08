//! Formulations: the ways in which Clarabel is given an SVM, strongest first.
//!
//! Tried on random attention SVMs, all of them correct to Clarabel's accuracy:
//!
//! - *Rows.* `$A = B C$` in two sparse factors, with `$C w$` in variables of its own, takes less CPU time than
//!   `$A$` itself: 2 to 3 times at (6, 8, 10), 3 to 5 at (20, 16, 16), 20 at (50, 20, 32) and `$p = 2$`. There
//!   the dual with the Gram matrix `$A A^\top$` is as fast, and faster at (6, 8, 10).
//! - *Powers.* One power cone an entry, and towers of second-order cones, are mostly within a factor of
//!   2 of one another; so are primal and dual. Power cones take 20 to 80 iterations, towers 14 to 28, and
//!   at (50, 20, 32) the dual with towers wins. Primal ones there fall short of accuracy at `$p = 1.1$`.
//! - *Objective.* `$\sum_k \lvert w_k\rvert^p$` in place of the norm: no faster, and more often short of full
//!   accuracy. One second-order cone in place of the quadratic objective at `$p = 2$`: slower, by up to 2.
//! - *Factorization.* faer's is 3 to 11 times as fast as QDLDL at (50, 20, 32), and no faster at
//!   (20, 16, 16). Its threads cost more than they brought on two busy cores, and are left out.
//!
//! So those that may be fastest are each solved once, and the fastest is measured.

use crate::conic::norm_ball::Powers;
use crate::conic::program::Factorization;
use crate::conic::{Formulation, Objective, Side, Storage};
use crate::instance::Sizes;
use mirrorhead_svm::Norm;

/// Unknowns beyond which QDLDL's own factorization is out of the question.
const LARGE: usize = 500;

/// The formulations that may be fastest for an attention SVM whose rows have factors.
pub fn told_of_factors(sizes: Sizes, p: Norm) -> Vec<Formulation> {
    let all = [Factorization::OneThread, Factorization::Qdldl];
    let factorizations = if sizes.dim * sizes.dim > LARGE { &all[..1] } else { &all[..] };
    let with = |side, objective, storage| {
        let of = |&factorization| Formulation { side, objective, storage, factorization };
        factorizations.iter().map(of).collect::<Vec<_>>()
    };
    if p.p() == 2.0 {
        let primal = with(Side::Primal, Objective::Quadratic, Storage::Factored);
        let dual = with(Side::Dual, Objective::Quadratic, Storage::Stored);
        return [primal, dual].concat();
    }
    // Linear programs have no powers.
    let powers = [Powers::PowerCones, Powers::Towers];
    let powers = if matches!(p, Norm::L1 | Norm::LInfinity) { &powers[..1] } else { &powers[..] };
    let mut all = Vec::new();
    for side in [Side::Primal, Side::Dual] {
        for &powers in powers {
            all.extend(with(side, Objective::Norm(powers), Storage::Factored));
        }
    }
    all
}

/// What a modelling language would make of the SVM: the primal, with the rows as they are.
pub fn as_written(p: Norm) -> Formulation {
    Formulation {
        side: Side::Primal,
        objective: if p.p() == 2.0 {
            Objective::Quadratic
        } else {
            Objective::Norm(Powers::PowerCones)
        },
        storage: Storage::Stored,
        factorization: Factorization::OneThread,
    }
}

/// For sparse rows that have no factors, at `$p = 2$`: the quadratic program, or its dual.
pub fn sparse_quadratic() -> [Formulation; 3] {
    let with = |side, storage| Formulation {
        side,
        objective: Objective::Quadratic,
        storage,
        factorization: Factorization::OneThread,
    };
    [
        with(Side::Primal, Storage::Stored),
        with(Side::Dual, Storage::Stored),
        with(Side::Dual, Storage::Factored),
    ]
}
