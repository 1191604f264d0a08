//! The Newton direction: bordered by the intercept and the width of the strip, and refined.

use mirrorhead_kernels::{add_scaled, dot, max_abs};

use crate::WorkCounters;
use crate::soft::SoftMarginProblem;
use crate::soft::iterate::Iterate;
use crate::soft::linearization::Linearization;
use crate::soft::newton::{NewtonSystem, Step};
use crate::step::{blocking, products_after};

/// Most rounds of refinement.
const REFINEMENTS: usize = 5;

/// What `$y^\top\lambda$` may be off by, as a share of the sum of the multipliers.
const BALANCE: f64 = 1e-15;

/// What `$A^\top\lambda$` may be off by, as a share of its largest entry.
const FORCES: f64 = 1e-14;

/// What the sum of the parts of the dual point may be off by, which is to be one.
const WIDTH: f64 = 1e-13;

/// A direction in all variables of the iterate.
#[derive(Debug, Clone)]
pub(crate) struct Direction {
    /// `$\mathrm d\lambda$`, `$\mathrm dw$`, `$\mathrm d\beta$`, `$\mathrm dr$`.
    pub step: Step,
    /// `$\mathrm du = A^\top\mathrm d\lambda$`.
    pub dual_point: Vec<f64>,
    /// `$\mathrm ds$`.
    pub slacks: Vec<f64>,
    /// `$\mathrm d\xi$`.
    pub excesses: Vec<f64>,
}

/// What the products of each row should be, over `$\lambda$` and over `$z$`.
pub(crate) struct Aims {
    slacks: Vec<f64>,
    excesses: Vec<f64>,
}

/// Right-hand sides of the bordered system.
struct RightSides {
    rows: Vec<f64>,
    curve: Vec<f64>,
    /// Of `$y^\top\mathrm d\lambda$` and of the equation of the width.
    borders: Vec<f64>,
}

/// One more unknown, with its equation `$e^\top\mathrm d\lambda - \delta x = \cdot$`.
struct Border {
    /// `$e$` (`$M$`).
    column: Vec<f64>,
    /// `$\delta$`.
    stiffness: f64,
    /// The step for a right-hand side of `$e$`.
    response: Step,
}

/// The factored system at an iterate, which gives directions.
pub(crate) struct Directions<'s, 'p> {
    problem: &'p SoftMarginProblem<'p>,
    newton: &'s mut NewtonSystem<'p>,
    at: &'s Iterate,
    borders: Vec<Border>,
    /// Residuals of the rows below this need no refinement.
    accuracy: f64,
}

impl Aims {
    /// Products of zero.
    pub fn zero(m: usize) -> Self {
        Self { slacks: vec![0.0; m], excesses: vec![0.0; m] }
    }

    /// Products of `mu`, with `part` of the second-order error of `last` made up for.
    pub fn towards(at: &Iterate, mu: f64, part: f64, last: &Direction) -> Self {
        let dl = &last.step.multipliers;
        let aim = |j: usize, other: &[f64], sign: f64, size: &[f64]| {
            (mu - part * sign * dl[j] * other[j]) / size[j]
        };
        let m = dl.len();
        Self {
            slacks: (0..m).map(|j| aim(j, &last.slacks, 1.0, &at.multipliers)).collect(),
            excesses: (0..m).map(|j| aim(j, &last.excesses, -1.0, &at.rooms)).collect(),
        }
    }
}

impl<'s, 'p> Directions<'s, 'p> {
    /// The directions of the `newton` system, factored at `at` for `curve`.
    pub fn new(
        problem: &'p SoftMarginProblem<'p>,
        newton: &'s mut NewtonSystem<'p>,
        at: &'s Iterate,
        curve: &Linearization,
        accuracy: f64,
        work: &mut WorkCounters,
    ) -> Self {
        let mut columns = Vec::new();
        if let Some(signs) = problem.signs() {
            columns.push((signs.to_vec(), 0.0));
        }
        if let Some(width) = &curve.width {
            let mut column = vec![0.0; at.margins.len()];
            problem.operator().apply(&width.pulls, &mut column);
            columns.push((column, width.stiffness));
        }
        let borders = columns.into_iter().map(|(column, stiffness)| {
            let response = newton.solve(&column, None, work);
            Border { column, stiffness, response }
        });
        let borders = borders.collect();
        Self { problem, newton, at, borders, accuracy }
    }

    /// The direction towards `aims` along the tangents `curve`.
    pub fn towards(
        &mut self,
        aims: &Aims,
        curve: &Linearization,
        work: &mut WorkCounters,
    ) -> Direction {
        let (problem, at) = (self.problem, self.at);
        let rows = (0..at.margins.len()).map(|j| {
            let missing = problem.bounds()[j] - at.margins[j] - problem.shift(j, at.intercept);
            missing + aims.slacks[j] - aims.excesses[j]
        });
        let mut borders = Vec::new();
        if let Some(signs) = problem.signs() {
            borders.push(-dot(signs, &at.multipliers));
        }
        if let Some(width) = &curve.width {
            borders.push(width.missing);
        }
        let sides = RightSides { rows: rows.collect(), curve: curve.offsets.clone(), borders };
        let mut step = self.solve(&sides, curve, work);
        let mut dual_point = vec![0.0; at.w.len()];
        let mut last = f64::INFINITY;
        for _ in 0..REFINEMENTS {
            let residual = self.residual(&sides, &step, curve, &mut dual_point);
            let size = self.badness(&residual, curve);
            if size.is_nan() || size <= 1.0 || size > 0.5 * last {
                break;
            }
            last = size;
            let correction = self.solve(&residual, curve, work);
            step.add(1.0, &correction);
        }
        problem.operator().apply_adjoint(&step.multipliers, &mut dual_point);
        let dl = &step.multipliers;
        let slacks = (0..dl.len())
            .map(|j| aims.slacks[j] - at.slacks[j] / at.multipliers[j] * dl[j] - at.slacks[j]);
        let excesses = (0..dl.len())
            .map(|j| aims.excesses[j] + at.excesses[j] / at.rooms[j] * dl[j] - at.excesses[j]);
        let (slacks, excesses) = (slacks.collect(), excesses.collect());
        Direction { step, dual_point, slacks, excesses }
    }

    /// Solves the bordered system, to rounding.
    fn solve(
        &mut self,
        sides: &RightSides,
        curve: &Linearization,
        work: &mut WorkCounters,
    ) -> Step {
        let mut step = self.newton.solve(&sides.rows, Some(&sides.curve), work);
        let missing: Vec<f64> = self
            .borders
            .iter()
            .zip(&sides.borders)
            .map(|(border, side)| dot(&border.column, &step.multipliers) - side)
            .collect();
        let entry = |k: usize, l: usize| {
            let pull = dot(&self.borders[k].column, &self.borders[l].response.multipliers);
            if k == l { pull + self.borders[k].stiffness } else { pull }
        };
        let unknowns = match self.borders.len() {
            0 => Vec::new(),
            1 => vec![missing[0] / entry(0, 0)],
            _ => {
                let (a, b, c) = (entry(0, 0), entry(0, 1), entry(1, 1));
                let determinant = a * c - b * b;
                vec![
                    (missing[0] * c - missing[1] * b) / determinant,
                    (missing[1] * a - missing[0] * b) / determinant,
                ]
            }
        };
        for (border, x) in self.borders.iter().zip(&unknowns) {
            step.add(-x, &border.response);
        }
        let mut unknowns = unknowns.into_iter();
        if self.problem.signs().is_some() {
            step.intercept += unknowns.next().unwrap_or(0.0);
        }
        if let (Some(width), Some(x)) = (&curve.width, unknowns.next()) {
            step.width += x;
            add_scaled(&mut step.w, x, &width.pulls);
        }
        step
    }

    /// How large a residual is, in units of what does no harm.
    fn badness(&self, residual: &RightSides, curve: &Linearization) -> f64 {
        let total: f64 = self.at.multipliers.iter().sum();
        let mut borders = residual.borders.iter();
        let balance = match self.problem.signs() {
            Some(_) => borders.next().map_or(0.0, |side| side.abs() / (BALANCE * total)),
            None => 0.0,
        };
        let width = borders.next().map_or(0.0, |side| side.abs() / WIDTH);
        let off = residual.curve.iter().zip(&curve.slopes);
        let off = off.fold(0.0f64, |most, (h, d)| most.max((h / d).abs()));
        let dual_point = off / (FORCES * max_abs(&self.at.dual_point));
        (max_abs(&residual.rows) / self.accuracy).max(balance).max(width).max(dual_point)
    }

    /// What `step` leaves of the right-hand sides.
    fn residual(
        &self,
        sides: &RightSides,
        step: &Step,
        curve: &Linearization,
        dual_point: &mut [f64],
    ) -> RightSides {
        let (problem, at) = (self.problem, self.at);
        let operator = problem.operator();
        operator.apply_adjoint(&step.multipliers, dual_point);
        let mut margins = vec![0.0; at.margins.len()];
        operator.apply(&step.w, &mut margins);
        let rows = (0..margins.len()).map(|j| {
            let sigma = at.slacks[j] / at.multipliers[j] + at.excesses[j] / at.rooms[j];
            sides.rows[j]
                - margins[j]
                - problem.shift(j, step.intercept)
                - sigma * step.multipliers[j]
        });
        let along = (0..dual_point.len()).map(|k| {
            let pull = curve.width.as_ref().map_or(0.0, |width| width.pulls[k] * step.width);
            sides.curve[k] + curve.slopes[k] * dual_point[k] + pull - step.w[k]
        });
        let mut borders = Vec::new();
        for ((border, side), is_intercept) in
            self.borders.iter().zip(&sides.borders).zip([problem.signs().is_some(), false])
        {
            let x = if is_intercept { 0.0 } else { step.width };
            borders.push(side - dot(&border.column, &step.multipliers) + border.stiffness * x);
        }
        RightSides { rows: rows.collect(), curve: along.collect(), borders }
    }
}

impl Direction {
    /// The largest share by which a full step would shrink a positive variable of a row.
    pub fn blocking(&self, at: &Iterate) -> f64 {
        let dl = &self.step.multipliers;
        let rooms = at.rooms.iter().zip(dl).fold(0.0f64, |most, (z, dl)| most.max(dl / z));
        blocking(&at.multipliers, dl)
            .max(rooms)
            .max(blocking(&at.slacks, &self.slacks))
            .max(blocking(&at.excesses, &self.excesses))
    }

    /// `$\lambda^\top s + z^\top\xi$` after a step of length `step`.
    pub fn complementarity_after(&self, at: &Iterate, step: f64) -> f64 {
        let dl = &self.step.multipliers;
        let excesses = (0..dl.len())
            .map(|j| (at.excesses[j] + step * self.excesses[j]) * (at.rooms[j] - step * dl[j]));
        products_after(&at.slacks, &self.slacks, &at.multipliers, dl, step) + excesses.sum::<f64>()
    }

    /// Moves `at` by `step` times the direction.
    pub fn advance(&self, at: &mut Iterate, step: f64) {
        add_scaled(&mut at.multipliers, step, &self.step.multipliers);
        add_scaled(&mut at.rooms, -step, &self.step.multipliers);
        add_scaled(&mut at.slacks, step, &self.slacks);
        add_scaled(&mut at.excesses, step, &self.excesses);
        add_scaled(&mut at.w, step, &self.step.w);
        at.intercept += step * self.step.intercept;
    }

    /// Whether rounding or overflow left the direction usable.
    pub fn is_finite(&self) -> bool {
        self.step.intercept.is_finite()
            && [&self.step.multipliers, &self.step.w, &self.slacks, &self.excesses]
                .iter()
                .all(|part| part.iter().all(|x| x.is_finite()))
    }
}
