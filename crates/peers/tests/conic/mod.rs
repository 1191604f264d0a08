//! The ℓp hard-margin SVM as cone programs for Clarabel.
#![allow(dead_code)]

pub mod norm_ball;
pub mod program;
pub mod stopwatch;

use clarabel::solver::SolverStatus;
use mirrorhead_attention::Dataset;
use mirrorhead_kernels::LinearOperator;
use serde::{Deserialize, Serialize};

use norm_ball::{Powers, require_norm};
use program::{Affine, Factorization, Program, Solved};
use stopwatch::Elapsed;

/// A matrix by its nonzero entries, row by row.
#[derive(Debug, Clone)]
pub struct Entries {
    pub ncols: usize,
    pub rows: Vec<Vec<(usize, f64)>>,
}

impl Entries {
    /// Every row of an operator, stored.
    pub fn of(operator: &impl LinearOperator) -> Self {
        let (m, n) = (operator.nrows(), operator.ncols());
        let (mut unit, mut row) = (vec![0.0; m], vec![0.0; n]);
        let rows = (0..m).map(|j| {
            unit.fill(0.0);
            unit[j] = 1.0;
            operator.apply_adjoint(&unit, &mut row);
            row.iter().copied().enumerate().filter(|(_, a)| *a != 0.0).collect()
        });
        Self { ncols: n, rows: rows.collect() }
    }

    /// `$A x$`.
    fn times(&self, x: &[Affine]) -> Vec<Affine> {
        let product = |row: &Vec<(usize, f64)>| {
            row.iter().fold(Affine::default(), |sum, &(k, a)| sum.plus(a, &x[k]))
        };
        self.rows.iter().map(product).collect()
    }

    fn transposed(&self) -> Self {
        let mut rows = vec![Vec::new(); self.ncols];
        for (j, row) in self.rows.iter().enumerate() {
            for &(k, a) in row {
                rows[k].push((j, a));
            }
        }
        Self { ncols: self.rows.len(), rows }
    }
}

/// The constraint matrix `$A$` as Clarabel is told of it: itself, or two sparse factors of it.
#[derive(Debug, Clone)]
pub struct Rows(Vec<Entries>);

impl Rows {
    /// `$A$` itself.
    pub fn stored(operator: &impl LinearOperator) -> Self {
        Self(vec![Entries::of(operator)])
    }

    /// The rows `$(x_{i\alpha_i} - x_{it}) \otimes z_i$` of an AttSVM as differences times `$W z_i$`, which
    /// takes `$M d + n d^2$` entries and not `$M d^2$`.
    pub fn factored(data: &Dataset, selection: &[usize]) -> Self {
        let (tokens, dim) = (data.tokens(), data.dim());
        let (mut outer, mut inner) = (Vec::new(), Vec::new());
        for (i, &selected) in selection.iter().enumerate() {
            let chosen = tokens.token(i, selected);
            for t in (0..tokens.sequence_len(i)).filter(|&t| t != selected) {
                let pairs = chosen.iter().zip(tokens.token(i, t)).enumerate();
                outer.push(pairs.map(|(a, (x, y))| (i * dim + a, x - y)).collect());
            }
            let query = data.queries().col(i);
            inner.extend((0..dim).map(|a| {
                query.iter().enumerate().map(|(b, z)| (a + dim * b, *z)).collect::<Vec<_>>()
            }));
        }
        let outer = Entries { ncols: dim * data.len(), rows: outer };
        Self(vec![outer, Entries { ncols: dim * dim, rows: inner }])
    }

    fn nrows(&self) -> usize {
        self.0[0].rows.len()
    }

    /// `$A x$`, products of inner factors in variables of their own.
    fn times(&self, program: &mut Program, x: Vec<Affine>) -> Vec<Affine> {
        product(program, self.0.iter().rev().cloned(), x)
    }

    /// `$A^\top \lambda$`, likewise.
    fn transposed_times(&self, program: &mut Program, multipliers: Vec<Affine>) -> Vec<Affine> {
        product(program, self.0.iter().map(Entries::transposed), multipliers)
    }
}

fn product(
    program: &mut Program,
    factors: impl IntoIterator<Item = Entries>,
    mut x: Vec<Affine>,
) -> Vec<Affine> {
    let mut factors = factors.into_iter().peekable();
    while let Some(factor) = factors.next() {
        x = factor.times(&x);
        if factors.peek().is_some() {
            x = named(program, &x).0;
        }
    }
    x
}

/// New variables equal to the expressions `x`, and the rows that say so.
fn named(program: &mut Program, x: &[Affine]) -> (Vec<Affine>, Vec<usize>) {
    let names: Vec<Affine> = program.variables(x.len(), 0.0).map(Affine::variable).collect();
    let rows = program.zero(x.iter().zip(&names).map(|(x, y)| x.clone().plus(-1.0, y)).collect());
    (names, rows.collect())
}

/// Which of the two problems is solved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Side {
    /// `$\min \lVert w\rVert_p$` subject to `$A w \ge \mathbf 1$`.
    Primal,
    /// `$\max \mathbf 1^\top\lambda$` subject to `$\lVert A^\top\lambda\rVert_q \le 1$`, `$\lambda \ge 0$`.
    Dual,
}

/// How Clarabel is told of the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Storage {
    /// `$A$` itself.
    Stored,
    /// Two sparse factors of it, where there are such.
    Factored,
}

/// How the norm is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Objective {
    /// `$\tfrac12\lVert\cdot\rVert_2^2$` as a quadratic objective, for `$p = 2$`.
    Quadratic,
    /// The norm in cones; linear constraints for `$p = 1$` and `$\infty$`, one second-order cone for 2.
    Norm(Powers),
}

/// A formulation of the SVM for Clarabel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Formulation {
    pub side: Side,
    pub objective: Objective,
    pub storage: Storage,
    pub factorization: Factorization,
}

/// A pair `$(w, \lambda)$` up to scale, and what it took.
#[derive(Debug)]
pub struct PeerSolution {
    pub w: Vec<f64>,
    pub multipliers: Vec<f64>,
    /// `$\min \lVert w\rVert_p$` as Clarabel reports it.
    pub norm: f64,
    pub status: SolverStatus,
    pub iterations: u32,
    pub elapsed: Elapsed,
}

impl Formulation {
    /// Solves the SVM of `rows` for the exponent `$1 \le p \le \infty$`.
    pub fn solve(self, rows: &Rows, p: f64) -> PeerSolution {
        let mut program = Program::default();
        match self.side {
            Side::Primal => self.primal(&mut program, rows, p),
            Side::Dual => self.dual(&mut program, rows, p),
        }
    }

    fn primal(self, program: &mut Program, rows: &Rows, p: f64) -> PeerSolution {
        let unknowns = rows.0[rows.0.len() - 1].ncols;
        let w = program.variables(unknowns, 0.0);
        let x: Vec<Affine> = w.clone().map(Affine::variable).collect();
        match self.objective {
            Objective::Quadratic => w.clone().for_each(|k| program.quadratic(k, k, 1.0)),
            Objective::Norm(powers) => {
                let t = Affine::variable(program.variables(1, 1.0).start);
                require_norm(program, &x, &t, p, powers);
            }
        }
        let margins = rows.times(program, x);
        let one = Affine::constant(1.0);
        let active = program.nonnegative(margins.into_iter().map(|m| m.plus(-1.0, &one)).collect());
        let found = program.solve(self.factorization);
        let norm = self.norm(&found, 1.0);
        pair(&found, found.x[w].to_vec(), found.z[active].to_vec(), norm)
    }

    fn dual(self, program: &mut Program, rows: &Rows, p: f64) -> PeerSolution {
        let multipliers = program.variables(rows.nrows(), -1.0);
        let lambda: Vec<Affine> = multipliers.clone().map(Affine::variable).collect();
        program.nonnegative(lambda.clone());
        let q = if p == 1.0 { f64::INFINITY } else { 1.0 / (1.0 - 1.0 / p) };
        let adjoint = if let (Objective::Quadratic, [stored]) = (self.objective, rows.0.as_slice())
        {
            for (k, l, c) in gram(stored) {
                program.quadratic(k, l, c);
            }
            None
        } else {
            let adjoint = rows.transposed_times(program, lambda);
            Some(self.bounded_adjoint(program, &adjoint, q))
        };
        let found = program.solve(self.factorization);
        let multipliers = found.x[multipliers].to_vec();
        let w = match adjoint {
            Some(adjoint) => adjoint.iter().map(|&j| -found.z[j]).collect(),
            None => pull(&rows.0[0], &multipliers),
        };
        let norm = self.norm(&found, -1.0);
        pair(&found, w, multipliers, norm)
    }

    /// The rows whose dual variables are `$-w$`.
    fn bounded_adjoint(self, program: &mut Program, adjoint: &[Affine], q: f64) -> Vec<usize> {
        match self.objective {
            Objective::Quadratic => {
                let (names, rows) = named(program, adjoint);
                for name in names {
                    program.quadratic(name.terms[0].0, name.terms[0].0, 1.0);
                }
                rows
            }
            // A cone that takes each expression once takes it as it is.
            Objective::Norm(powers)
                if q == 2.0 || (q.is_finite() && q != 1.0 && powers == Powers::PowerCones) =>
            {
                require_norm(program, adjoint, &Affine::constant(1.0), q, powers)
                    .expect("each expression stands in a cone")
            }
            Objective::Norm(powers) => {
                let (names, rows) = named(program, adjoint);
                require_norm(program, &names, &Affine::constant(1.0), q, powers);
                rows
            }
        }
    }

    /// `$\min\lVert w\rVert$` from the objective.
    fn norm(self, found: &Solved, sign: f64) -> f64 {
        match self.objective {
            Objective::Quadratic => (2.0 * sign * found.objective).sqrt(),
            Objective::Norm(_) => sign * found.objective,
        }
    }
}

fn pair(found: &Solved, w: Vec<f64>, multipliers: Vec<f64>, norm: f64) -> PeerSolution {
    PeerSolution {
        w,
        multipliers: multipliers.into_iter().map(|l| l.max(0.0)).collect(),
        norm,
        status: found.status,
        iterations: found.iterations,
        elapsed: found.elapsed,
    }
}

/// `$A^\top\lambda$`.
fn pull(rows: &Entries, multipliers: &[f64]) -> Vec<f64> {
    let mut adjoint = vec![0.0; rows.ncols];
    for (row, l) in rows.rows.iter().zip(multipliers) {
        for &(k, a) in row {
            adjoint[k] += l * a;
        }
    }
    adjoint
}

/// The upper triangle of `$A A^\top$`.
fn gram(rows: &Entries) -> Vec<(usize, usize, f64)> {
    let mut spread = vec![0.0; rows.ncols];
    let mut entries = Vec::new();
    for (l, row) in rows.rows.iter().enumerate() {
        for &(k, a) in row {
            spread[k] = a;
        }
        for (k, other) in rows.rows[..=l].iter().enumerate() {
            entries.push((k, l, other.iter().map(|&(c, a)| a * spread[c]).sum()));
        }
        for &(k, _) in row {
            spread[k] = 0.0;
        }
    }
    entries
}
