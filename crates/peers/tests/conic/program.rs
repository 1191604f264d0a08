//! Cone programs: `$\min \tfrac12 x^\top P x + c^\top x$` with affine expressions of `$x$` in cones.

use std::ops::Range;

use clarabel::algebra::CscMatrix;
use clarabel::solver::{DefaultSettings, DefaultSolver, IPSolver, SolverStatus, SupportedConeT};

use super::stopwatch::{Elapsed, Stopwatch};

/// The affine expression `$\sum_k c_k x_k + c_0$`.
#[derive(Debug, Clone, Default)]
pub struct Affine {
    pub terms: Vec<(usize, f64)>,
    pub constant: f64,
}

impl Affine {
    pub fn variable(k: usize) -> Self {
        Self { terms: vec![(k, 1.0)], constant: 0.0 }
    }

    pub fn constant(constant: f64) -> Self {
        Self { terms: Vec::new(), constant }
    }

    pub fn scaled(&self, factor: f64) -> Self {
        let terms = self.terms.iter().map(|&(k, c)| (k, factor * c)).collect();
        Self { terms, constant: factor * self.constant }
    }

    pub fn plus(mut self, factor: f64, other: &Self) -> Self {
        self.terms.extend(other.scaled(factor).terms);
        self.constant += factor * other.constant;
        self
    }
}

/// A cone program in the making.
#[derive(Debug, Default)]
pub struct Program {
    /// `$c$`.
    costs: Vec<f64>,
    /// The upper triangle of `$P$`.
    quadratic: Vec<(usize, usize, f64)>,
    /// Minus the linear parts of the expressions in cones.
    entries: Vec<(usize, usize, f64)>,
    /// Their constants.
    constants: Vec<f64>,
    cones: Vec<SupportedConeT<f64>>,
}

/// How Clarabel factors its matrices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Factorization {
    /// Its choice: QDLDL for little fill, faer's supernodal method for much, on all threads.
    Threads,
    /// The same choice, on one thread.
    OneThread,
    /// QDLDL.
    Qdldl,
}

/// What Clarabel returned.
#[derive(Debug)]
pub struct Solved {
    pub x: Vec<f64>,
    /// Dual variables, one for each expression.
    pub z: Vec<f64>,
    pub objective: f64,
    pub status: SolverStatus,
    pub iterations: u32,
    /// Setting up the solver and solving.
    pub elapsed: Elapsed,
}

impl Program {
    /// `count` more variables of this cost.
    pub fn variables(&mut self, count: usize, cost: f64) -> Range<usize> {
        let first = self.costs.len();
        self.costs.resize(first + count, cost);
        first..first + count
    }

    /// Adds `$\tfrac12 c\,x_k x_l$` and its mirror image to the objective, `$k \le l$`.
    pub fn quadratic(&mut self, k: usize, l: usize, c: f64) {
        self.quadratic.push((k, l, c));
    }

    /// Requires these expressions to lie in `cone`; returns the place of their dual variables.
    pub fn require(
        &mut self,
        cone: SupportedConeT<f64>,
        expressions: impl IntoIterator<Item = Affine>,
    ) -> Range<usize> {
        let first = self.constants.len();
        for expression in expressions {
            let row = self.constants.len();
            self.constants.push(expression.constant);
            self.entries.extend(expression.terms.iter().map(|&(k, c)| (row, k, -c)));
        }
        self.cones.push(cone);
        first..self.constants.len()
    }

    /// Requires these expressions to be nonnegative.
    pub fn nonnegative(&mut self, expressions: Vec<Affine>) -> Range<usize> {
        self.require(SupportedConeT::NonnegativeConeT(expressions.len()), expressions)
    }

    /// Requires these expressions to be zero.
    pub fn zero(&mut self, expressions: Vec<Affine>) -> Range<usize> {
        self.require(SupportedConeT::ZeroConeT(expressions.len()), expressions)
    }

    /// Solves the program to Clarabel's default accuracy.
    pub fn solve(&self, factorization: Factorization) -> Solved {
        let (m, n) = (self.constants.len(), self.costs.len());
        let linear = csc(m, n, &self.entries);
        let quadratic = csc(n, n, &self.quadratic);
        let settings = DefaultSettings {
            verbose: false,
            direct_solve_method: match factorization {
                Factorization::Threads | Factorization::OneThread => "auto".to_owned(),
                Factorization::Qdldl => "qdldl".to_owned(),
            },
            max_threads: u32::from(factorization == Factorization::OneThread),
            ..DefaultSettings::default()
        };
        let watch = Stopwatch::start();
        let mut solver = DefaultSolver::new(
            &quadratic,
            &self.costs,
            &linear,
            &self.constants,
            &self.cones,
            settings,
        )
        .expect("dimensions that fit");
        solver.solve();
        let elapsed = watch.elapsed();
        let solution = solver.solution;
        Solved {
            x: solution.x,
            z: solution.z,
            objective: solution.obj_val,
            status: solution.status,
            iterations: solution.iterations,
            elapsed,
        }
    }
}

fn csc(m: usize, n: usize, entries: &[(usize, usize, f64)]) -> CscMatrix<f64> {
    let rows = entries.iter().map(|e| e.0).collect();
    let columns = entries.iter().map(|e| e.1).collect();
    CscMatrix::new_from_triplets(m, n, rows, columns, entries.iter().map(|e| e.2).collect())
}
