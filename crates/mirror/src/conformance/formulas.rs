//! The formulas of the methods in double precision, written for one matrix and no speed.

use mirrorhead_kernels::{elementary, singular_values};

use super::case::{BETA, COUNT, ConformanceCase, DirectionCase, RATE, SIDE, SpaceCase};
use crate::{Memory, StepSize};

/// The iterates of a method by its formulas, with what rounding may do to them.
pub(super) struct Formulas<'a> {
    case: &'a ConformanceCase,
    gradients: Vec<Vec<f64>>,
    /// The dual point, or the parameter where that is the iterate.
    point: Vec<f64>,
    /// The parameters of all iterates.
    iterates: Vec<Vec<f64>>,
    /// What has been rounded, summed: sizes of points and steps, as often as errors of what they are made of count.
    rounded: f64,
}

/// Roundings in a step: a sum, a norm, a quotient, a power, a product, a difference, and numbers such as 0.1 that are none
/// of single precision.
const ROUNDINGS: f64 = 32.0;

impl<'a> Formulas<'a> {
    pub(super) fn new(case: &'a ConformanceCase) -> Self {
        let start = case.start();
        let point: Vec<f64> = start.iter().map(|w| mirror(case.space, *w)).collect();
        let rounded = largest(&point);
        Self { case, gradients: Vec::new(), point, iterates: vec![start], rounded }
    }

    pub(super) fn step(&mut self, gradient: &[f64]) {
        self.gradients.push(gradient.to_vec());
        let (drive, cancelled) = self.drive();
        let (unit, norm, condition) = direction(self.case, &drive);
        let length = RATE
            * match self.case.step_size() {
                StepSize::DualNormalized(length) => length,
                StepSize::Constant(length) => length * norm,
                _ => f64::NAN,
            };
        for (u, d) in self.point.iter_mut().zip(&unit) {
            *u -= length * d;
        }
        self.rounded +=
            largest(&self.point) + length.abs() * largest(&unit) * cancelled * condition;
        self.iterates.push(primal(self.case.space, &self.point));
    }

    /// What memory makes of the gradients, and by how much terms that cancel enlarge its relative error.
    fn drive(&self) -> (Vec<f64>, f64) {
        let last = self.gradients.len() - 1;
        let sum = |beta: f64, of: &dyn Fn(f64) -> f64| -> Vec<f64> {
            let weight = |i: usize| elementary::powf(beta, (last - i) as f64);
            let entry = |k: usize| (0..=last).map(|i| weight(i) * of(self.gradients[i][k])).sum();
            (0..COUNT).map(entry).collect()
        };
        let cancelled = |beta: f64, drive: &[f64]| {
            let sizes = sum(beta, &f64::abs);
            sizes.iter().zip(drive).fold(1.0, |most: f64, (size, d)| most.max(2.0 * size / d.abs()))
        };
        let g = &self.gradients[last];
        match self.case.memory() {
            Memory::HeavyBall(beta) => {
                let drive = sum(beta, &|g| g);
                let cancelled = cancelled(beta, &drive);
                (drive, cancelled)
            }
            Memory::Nesterov(beta) => {
                let sum = sum(beta, &|g| g);
                let drive: Vec<f64> = sum.iter().zip(g).map(|(m, g)| g + beta * m).collect();
                let cancelled = cancelled(beta, &drive);
                (drive, cancelled)
            }
            Memory::Moments { mean, square } => {
                let steps = last as f64 + 1.0;
                let (m, v) = (sum(mean, &|g| g), sum(square, &|g| g * g));
                let (m_weight, v_weight) = (
                    (1.0 - mean) / (1.0 - elementary::powf(mean, steps)),
                    (1.0 - square) / (1.0 - elementary::powf(square, steps)),
                );
                let drive = m.iter().zip(&v).map(|(m, v)| m_weight * m / (v_weight * v).sqrt());
                let cancelled = cancelled(mean, &m);
                (drive.collect(), cancelled)
            }
            _ => (g.clone(), 1.0),
        }
    }

    /// The weights, each with what numbers of precision `epsilon` may make of it.
    pub(super) fn weights(&self, epsilon: f64) -> Vec<(f64, f64)> {
        let error = ROUNDINGS * epsilon * self.rounded;
        let z = &self.iterates[self.iterates.len() - 1];
        let slope = steepness(self.case.space, largest(&self.point) + error);
        let average =
            |k: usize| self.iterates.iter().map(|w| w[k]).sum::<f64>() / self.iterates.len() as f64;
        let weight = |k: usize| match self.case.memory() {
            Memory::Averaging { lookahead } => z[k] + lookahead * (average(k) - z[k]),
            _ => z[k],
        };
        let size = self.iterates.iter().map(|w| largest(w)).fold(0.0, f64::max);
        (0..COUNT).map(|k| (weight(k), slope * error + ROUNDINGS * epsilon * size)).collect()
    }
}

/// The unit direction, the dual norm, and by how much an error of the drive counts.
fn direction(case: &ConformanceCase, g: &[f64]) -> (Vec<f64>, f64, f64) {
    let over = |norm: f64| g.iter().map(|g| g / norm).collect::<Vec<f64>>();
    match case.direction {
        DirectionCase::Gradient => {
            let norm = dual_norm(case.space, g);
            (over(norm), norm, 4.0)
        }
        DirectionCase::Lp(p) => {
            let (q, norm) = (p / (p - 1.0), sum_norm(g, p / (p - 1.0)));
            let unit = over(norm)
                .iter()
                .map(|d| elementary::powf(d.abs(), q - 1.0) * d.signum())
                .collect();
            (unit, norm, q)
        }
        DirectionCase::Max => (g.iter().map(|g| g.signum()).collect(), sum_norm(g, 1.0), 1.0),
        DirectionCase::Spectral => {
            let polar = polar(g);
            let norm = polar.iter().zip(g).map(|(d, g)| d * g).sum();
            let sigma = singular_values(g, SIDE, SIDE).unwrap_or_default();
            (polar, norm, 4.0 * SIDE as f64 * sum_norm(g, 2.0) / sigma[SIDE - 1])
        }
    }
}

/// The polar factor by `$X \leftarrow \tfrac12(3X - X X^\top X)$`, which raises every singular value to one.
fn polar(g: &[f64]) -> Vec<f64> {
    let size = sum_norm(g, 2.0);
    let mut x: Vec<f64> = g.iter().map(|g| g / size).collect();
    for _ in 0..200 {
        let cube = times(&times(&x, &transposed(&x)), &x);
        x = x.iter().zip(cube).map(|(x, cube)| 1.5 * x - 0.5 * cube).collect();
    }
    x
}

fn transposed(x: &[f64]) -> Vec<f64> {
    (0..COUNT).map(|k| x[(k % SIDE) * SIDE + k / SIDE]).collect()
}

fn times(x: &[f64], y: &[f64]) -> Vec<f64> {
    let entry = |k: usize| (0..SIDE).map(|l| x[k / SIDE * SIDE + l] * y[l * SIDE + k % SIDE]).sum();
    (0..COUNT).map(entry).collect()
}

fn sum_norm(x: &[f64], p: f64) -> f64 {
    elementary::powf(x.iter().map(|x| elementary::powf(x.abs(), p)).sum(), p.recip())
}

fn largest(x: &[f64]) -> f64 {
    x.iter().fold(0.0, |most, x| x.abs().max(most))
}

fn dual_norm(space: SpaceCase, g: &[f64]) -> f64 {
    match space {
        SpaceCase::Power(p) => sum_norm(g, p / (p - 1.0)),
        SpaceCase::Primal | SpaceCase::Threshold(_) => sum_norm(g, 2.0),
        SpaceCase::Hypentropy => largest(g),
        // The sum of cubes of singular values, tr (G^T G)^(3/2) with (G^T G)^(1/2) = P^T G.
        SpaceCase::Schatten => {
            let root = times(&transposed(&polar(g)), g);
            let cube = times(&times(&root, &root), &root);
            elementary::powf((0..SIDE).map(|i| cube[i * (SIDE + 1)]).sum(), 1.0 / 3.0)
        }
    }
}

/// The dual point of a weight; of the Schatten norm, only that of zero.
fn mirror(space: SpaceCase, w: f64) -> f64 {
    match space {
        SpaceCase::Primal => w,
        SpaceCase::Power(p) => elementary::powf(w.abs(), p - 1.0) * w.signum(),
        SpaceCase::Threshold(threshold) => w + threshold * w.signum(),
        SpaceCase::Schatten => 0.0,
        SpaceCase::Hypentropy => elementary::asinh(w / BETA),
    }
}

/// The weights of a dual point.
fn primal(space: SpaceCase, u: &[f64]) -> Vec<f64> {
    let each = |of: &dyn Fn(f64) -> f64| u.iter().map(|u| of(*u)).collect();
    match space {
        SpaceCase::Primal => u.to_vec(),
        SpaceCase::Power(p) => each(&|u| elementary::powf(u.abs(), (p - 1.0).recip()) * u.signum()),
        SpaceCase::Threshold(threshold) => each(&|u| (u.abs() - threshold).max(0.0) * u.signum()),
        SpaceCase::Hypentropy => each(&|u| BETA * elementary::sinh(u)),
        // U S^2 V^T = Y P^T Y.
        SpaceCase::Schatten => times(u, &times(&transposed(&polar(u)), u)),
    }
}

/// By how much the weights change as dual points up to `size` do.
fn steepness(space: SpaceCase, size: f64) -> f64 {
    match space {
        SpaceCase::Primal | SpaceCase::Threshold(_) => 1.0,
        SpaceCase::Power(p) if p <= 2.0 => {
            elementary::powf(size, (2.0 - p) / (p - 1.0)) / (p - 1.0)
        }
        // A root: no point of the cases comes so near to zero that its slope exceeds this.
        SpaceCase::Power(_) => 50.0,
        SpaceCase::Hypentropy => BETA * elementary::exp(size),
        SpaceCase::Schatten => 2.0 * (COUNT as f64) * size,
    }
}
