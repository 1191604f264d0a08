//! One class against the rest.

use mirrorhead_kernels::{InvalidSetting, LinearOperator, elementary};
use mirrorhead_mirror::LpNorm;
use serde::{Deserialize, Serialize};
use std::fmt;

use crate::classifier::wish::{ClassWeights, Intercept, Penalty, Wish};
use crate::soft::{Appended, Augmented, ScaledRows};
use crate::{
    FarkasCertificate, HardMarginProblem, InterceptOutcome, MarginInterval, Norm,
    ObjectiveInterval, Outcome, Remainder, SoftMarginProblem, SoftOutcome, StallReason, SvmError,
    WatchedSettings, WorkCounters, solve, solve_soft, solve_with_intercept,
};

/// What is proven of a separator.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Proof {
    /// That no other has a smaller objective than the lower bound, while this one has the upper bound at most.
    Objective(ObjectiveInterval),
    /// That none has a larger margin than the upper bound, while this one has the lower bound at least. For
    /// [`Penalty::Power`] it is the margin of the problem in `$(w, \xi)$`.
    Margin(MarginInterval),
}

impl Proof {
    /// The relative gap between the bounds.
    pub fn relative_gap(&self) -> f64 {
        match self {
            Self::Objective(interval) => interval.relative_gap(),
            Self::Margin(interval) => interval.relative_gap(),
        }
    }
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Objective(interval) => write!(f, "the smallest objective lies in {interval}"),
            Self::Margin(interval) => write!(f, "the largest margin lies in {interval}"),
        }
    }
}

/// A hyperplane between one class and the others: `$\langle w, x\rangle + \beta$` is positive for the class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ClassSeparator {
    /// The label of the class.
    pub class: f64,
    /// `$w$`, one coefficient a column.
    pub coefficients: Vec<f64>,
    /// `$\beta$`.
    pub intercept: f64,
    /// `$\lambda \ge 0$`, one per point; those with a positive one support the plane.
    pub multipliers: Vec<f64>,
    /// Of [`Penalty::Power`], the unknowns after `$w$` in which the proof is: `$\xi$` times a root of its price. Else empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub slacks: Vec<f64>,
    /// What is proven.
    pub proof: Proof,
    /// What rounding to doubles takes from the plane and the multipliers, where the proof needs it.
    #[serde(default, skip_serializing_if = "Remainder::is_empty")]
    pub remainder: Remainder,
    /// Why the proof is wider than asked for, if it is.
    pub stalled: Option<StallReason>,
    /// What the solve cost.
    pub work: WorkCounters,
}

impl ClassSeparator {
    /// The points whose multiplier exceeds `$10^{-6}$` of the largest: the support vectors, in increasing order.
    pub fn support(&self) -> Vec<usize> {
        let least = 1e-6 * mirrorhead_kernels::max_abs(&self.multipliers);
        (0..self.multipliers.len()).filter(|&j| self.multipliers[j] > least).collect()
    }
}

/// What became of one class.
pub(crate) enum Separation {
    Found(ClassSeparator),
    Impossible { class: f64, proof: FarkasCertificate },
}

/// Whether rows, norm and prices are such that [`separate`] can begin.
pub(crate) fn check(
    wish: &Wish,
    points: &dyn LinearOperator,
    signs: &[f64],
) -> Result<(), SvmError> {
    let rows = ScaledRows::new(points, signs.to_vec());
    match wish.penalty {
        Penalty::Hard => HardMarginProblem::new(&rows, wish.norm).map(drop),
        Penalty::Power(_) if wish.norm == Norm::LInfinity => Err(no_powers_at_infinity()),
        Penalty::Hinge(cost) | Penalty::Power(cost) => {
            let weights = class_weights(wish.weights, signs);
            SoftMarginProblem::new(&rows, wish.norm, cost)?.with_weights(&weights).map(drop)
        }
    }
}

fn no_powers_at_infinity() -> SvmError {
    SvmError::from(InvalidSetting {
        name: "p",
        value: f64::INFINITY,
        expected: "finite for a penalty that is a power of the slacks; there is the hinge",
    })
}

/// Separates the points of sign `$+1$`, which are of `class`, from the others.
pub(crate) fn separate(
    wish: &Wish,
    points: &dyn LinearOperator,
    signs: &[f64],
    class: f64,
    settings: &WatchedSettings<'_>,
) -> Result<Separation, SvmError> {
    let Wish { norm, penalty, intercept, weights } = *wish;
    let rows = ScaledRows::new(points, signs.to_vec());
    let weights = class_weights(weights, signs);
    match penalty {
        Penalty::Hard => hard(&rows, norm, intercept, signs, class, settings),
        Penalty::Hinge(cost) => {
            hinge(&rows, norm, (cost, &weights), intercept, signs, class, settings)
        }
        Penalty::Power(cost) => match norm {
            Norm::L1 => hinge(&rows, norm, (cost, &weights), intercept, signs, class, settings),
            Norm::LInfinity => Err(no_powers_at_infinity()),
            Norm::Lp(lp) => {
                check(wish, points, signs)?;
                let slacks = roots_of_prices(lp, cost, &weights);
                let rows = Augmented::new(&rows, Appended::Diagonal(slacks));
                hard(&rows, norm, intercept, signs, class, settings).map(|separation| {
                    // Of (w, xi) only w is asked for.
                    match separation {
                        Separation::Found(mut found) => {
                            found.slacks = found.coefficients.split_off(points.ncols());
                            Separation::Found(found)
                        }
                        other @ Separation::Impossible { .. } => other,
                    }
                })
            }
        },
    }
}

/// `$(C c_j)^{-1/p}$`, with which slacks of unit price are appended to the rows.
pub(super) fn roots_of_prices(norm: LpNorm, cost: f64, weights: &[f64]) -> Vec<f64> {
    weights.iter().map(|c| elementary::powf(cost * c, -norm.p().recip())).collect()
}

pub(super) fn class_weights(weights: ClassWeights, signs: &[f64]) -> Vec<f64> {
    let of_class = |sign: f64| match weights {
        ClassWeights::Equal => 1.0,
        ClassWeights::Balanced => {
            let size = signs.iter().filter(|y| **y == sign).count();
            signs.len() as f64 / (2.0 * size as f64)
        }
    };
    let both = [of_class(1.0), of_class(-1.0)];
    signs.iter().map(|y| if *y > 0.0 { both[0] } else { both[1] }).collect()
}

fn hinge(
    rows: &dyn LinearOperator,
    norm: Norm,
    (cost, weights): (f64, &[f64]),
    intercept: Intercept,
    signs: &[f64],
    class: f64,
    settings: &WatchedSettings<'_>,
) -> Result<Separation, SvmError> {
    let mut problem = SoftMarginProblem::new(rows, norm, cost)?.with_weights(weights)?;
    if intercept == Intercept::Free {
        problem = problem.with_intercept(signs)?;
    }
    let (found, stalled) = match solve_soft(&problem, settings)? {
        SoftOutcome::Certified(found) => (found, None),
        SoftOutcome::Inconclusive(found, reason) => (found, Some(reason)),
    };
    Ok(Separation::Found(ClassSeparator {
        class,
        coefficients: found.w,
        intercept: found.intercept,
        multipliers: found.multipliers,
        slacks: Vec::new(),
        proof: Proof::Objective(found.objective),
        remainder: found.remainder,
        stalled,
        work: found.work,
    }))
}

fn hard(
    rows: &dyn LinearOperator,
    norm: Norm,
    intercept: Intercept,
    signs: &[f64],
    class: f64,
    settings: &WatchedSettings<'_>,
) -> Result<Separation, SvmError> {
    let problem = HardMarginProblem::new(rows, norm)?;
    let separator = |coefficients, intercept, multipliers, interval, stalled, work| {
        let proof = Proof::Margin(interval);
        ClassSeparator {
            class,
            coefficients,
            intercept,
            multipliers,
            slacks: Vec::new(),
            proof,
            remainder: Remainder::default(),
            stalled,
            work,
        }
    };
    if intercept == Intercept::Zero {
        return Ok(match solve(&problem, settings)? {
            Outcome::MaxMargin(found) => {
                let mut separator =
                    separator(found.w, 0.0, found.multipliers, found.interval, None, found.work);
                separator.remainder = found.remainder;
                Separation::Found(separator)
            }
            Outcome::NotSeparable(proof) => Separation::Impossible { class, proof },
            Outcome::Inconclusive(stalled) => {
                let (interval, reason) = (stalled.interval, Some(stalled.reason));
                let multipliers = stalled.multipliers;
                let work = stalled.work;
                Separation::Found(separator(stalled.w, 0.0, multipliers, interval, reason, work))
            }
        });
    }
    let (found, reason) = match solve_with_intercept(&problem, signs, settings)? {
        InterceptOutcome::MaxMargin(found) => (Some(found), None),
        InterceptOutcome::NotSeparable(proof) => {
            return Ok(Separation::Impossible { class, proof });
        }
        InterceptOutcome::Inconclusive(found, reason) => (found, Some(reason)),
    };
    Ok(Separation::Found(if let Some(found) = found {
        let (w, intercept, multipliers) = (found.w, found.intercept, found.multipliers);
        let plane = separator(w, intercept, multipliers, found.interval, reason, found.work);
        ClassSeparator { remainder: found.remainder, ..plane }
    } else {
        let nothing = MarginInterval { lower: f64::NEG_INFINITY, upper: f64::INFINITY };
        let (w, multipliers) = (vec![0.0; rows.ncols()], vec![0.0; rows.nrows()]);
        separator(w, 0.0, multipliers, nothing, reason, WorkCounters::default())
    }))
}
