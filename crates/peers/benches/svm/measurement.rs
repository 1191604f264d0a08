//! Measurements: a solve repeated in a process of its own, so that its peak memory is its own.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use mirrorhead_kernels::{DenseRows, LinearOperator, Matrix};
use mirrorhead_svm::{
    HardMarginProblem, IndexBase, Norm, Outcome, SparseRows, SvmSettings, WorkCounters,
    margin_interval, read_svmlight, solve,
};
use serde::{Deserialize, Serialize};

use crate::conic::stopwatch::{Elapsed, Stopwatch};
use crate::conic::{Formulation, Rows, Storage};
use crate::features::{Vocabulary, accuracy};
use crate::instance::{Sizes, operator};
use crate::reviews;

/// Quick solves are repeated for this long.
const ENOUGH: Duration = Duration::from_millis(400);

/// Reviews that tell how well a classifier does.
const HELD_OUT: usize = 5_000;

/// Rows this close to the margin are active.
const ACTIVE: f64 = 1e-6;

/// What is solved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Instance {
    /// The AttSVM of random tokens.
    Attention(Sizes),
    /// Opinions of this many film reviews, from the archive.
    Text { documents: usize, archive: PathBuf },
    /// Labelled rows in an svmlight file, stored.
    File(PathBuf),
}

/// Who solves it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Solver {
    Mirrorhead,
    Clarabel(Formulation),
}

/// One measurement, asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    pub instance: Instance,
    pub p: Norm,
    pub solver: Solver,
}

/// One measurement, done.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Measured {
    /// Rows and unknowns.
    pub shape: [usize; 2],
    /// The relative gap that [`margin_interval`] certifies of the pair `$(w, \lambda)$`, if any.
    pub gap: Option<f64>,
    /// The margin that it certifies of `$w$`.
    pub margin: f64,
    pub iterations: usize,
    /// Work of our solver.
    pub work: Option<Work>,
    /// Share of held-out reviews on the right side of `$w$`.
    pub accuracy: Option<f64>,
    /// How the solver ended.
    pub ending: String,
    /// One for each repetition.
    pub seconds: Vec<f64>,
    /// What each repetition took of all cores together, where the system says.
    pub processor_seconds: Option<Vec<f64>>,
    /// The most memory that the process held.
    pub peak_bytes: Option<u64>,
}

/// What our solver did.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Work {
    pub active: usize,
    pub rounds: usize,
    pub factorizations: usize,
    pub largest_factor: usize,
}

/// A pair `$(w, \lambda)$` and how it was come by.
struct Found {
    w: Vec<f64>,
    multipliers: Vec<f64>,
    iterations: usize,
    work: Option<Work>,
    ending: String,
}

impl Measured {
    /// The shortest time, the one that other work on the machine disturbed least.
    pub fn fastest(&self) -> f64 {
        shortest(&self.seconds)
    }

    /// The least that a repetition took of all cores together, where the system says.
    pub fn least_processor_time(&self) -> Option<f64> {
        self.processor_seconds.as_deref().map(shortest)
    }

    /// Adds the repetitions of another measurement of the same.
    pub fn absorb(&mut self, other: &Self) {
        if let (Some(mine), Some(its)) = (&mut self.processor_seconds, &other.processor_seconds) {
            mine.extend(its);
        }
        self.seconds.extend(&other.seconds);
        self.peak_bytes = self.peak_bytes.max(other.peak_bytes);
    }
}

impl Request {
    /// Does this in a process of its own.
    pub fn run(&self) -> Result<Measured, String> {
        let program = std::env::current_exe().map_err(|e| e.to_string())?;
        let request = serde_json::to_string(self).expect("a request is plain data");
        let output = Command::new(program)
            .args(["--measure", &request])
            .stderr(Stdio::inherit())
            .output()
            .map_err(|e| e.to_string())?;
        if !output.status.success() {
            return Err(format!("ended with {}", output.status));
        }
        serde_json::from_slice(&output.stdout).map_err(|e| e.to_string())
    }

    /// Does this here.
    pub fn measure(&self) -> Result<Measured, String> {
        match &self.instance {
            Instance::Attention(sizes) => Ok(self.attention(*sizes)),
            Instance::Text { documents, archive } => self.text(*documents, archive),
            Instance::File(file) => self.file(file),
        }
    }

    fn attention(&self, sizes: Sizes) -> Measured {
        let (data, selection) = sizes.sample();
        let svm = || operator(&data, &selection);
        match self.solver {
            Solver::Mirrorhead => self.ours(svm).0,
            Solver::Clarabel(formulation) => {
                let rows = match formulation.storage {
                    Storage::Stored => Rows::stored(&svm()),
                    Storage::Factored => Rows::factored(&data, &selection),
                };
                self.peer(formulation, &rows, &svm())
            }
        }
    }

    fn text(&self, documents: usize, archive: &Path) -> Result<Measured, String> {
        let [train, test] = reviews::read(archive, documents, HELD_OUT)?;
        let vocabulary = Vocabulary::of(&train);
        let rows = vocabulary.rows(&train);
        let stored = || SparseRows::new(vocabulary.n_features(), &rows).expect("columns in order");
        Ok(match self.solver {
            Solver::Mirrorhead => {
                let (mut measured, w) = self.ours(stored);
                measured.accuracy = Some(accuracy(&vocabulary.rows(&test), &w));
                measured
            }
            Solver::Clarabel(formulation) => {
                let operator = stored();
                self.peer(formulation, &Rows::stored(&operator), &operator)
            }
        })
    }

    fn file(&self, path: &Path) -> Result<Measured, String> {
        let failed = |error: &dyn std::error::Error| format!("{}: {error}", path.display());
        let file = File::open(path).map_err(|e| failed(&e))?;
        let data =
            read_svmlight(BufReader::new(file), IndexBase::Guessed).map_err(|e| failed(&e))?;
        let mut row = vec![0.0; data.rows.nrows()];
        let mut points = Matrix::zeros(data.rows.nrows(), data.rows.ncols());
        let mut unit = vec![0.0; data.rows.ncols()];
        for k in 0..unit.len() {
            unit[k] = 1.0;
            data.rows.apply(&unit, &mut row);
            unit[k] = 0.0;
            for (j, x) in row.iter().enumerate() {
                points[(j, k)] = data.labels[j] * x;
            }
        }
        match self.solver {
            Solver::Mirrorhead => Ok(self.ours(|| DenseRows::new(&points)).0),
            Solver::Clarabel(_) => Err("tables are for our solver".to_owned()),
        }
    }

    /// Our solver, from the data to the certificate.
    fn ours<A: LinearOperator>(&self, operator: impl Fn() -> A) -> (Measured, Vec<f64>) {
        let (runs, outcome) = repeated(|| {
            let watch = Stopwatch::start();
            let operator = operator();
            let problem = HardMarginProblem::new(&operator, self.p).expect("rows in range");
            let outcome = solve(&problem, &SvmSettings::default()).expect("valid settings");
            (watch.elapsed(), outcome)
        });
        let operator = operator();
        let found = Found::of(outcome, operator.ncols());
        (self.certified(&operator, &found, &runs), found.w)
    }

    /// Clarabel, from the cone program to its solution.
    fn peer(
        &self,
        formulation: Formulation,
        rows: &Rows,
        operator: &dyn LinearOperator,
    ) -> Measured {
        let (runs, solution) = repeated(|| {
            let solution = formulation.solve(rows, self.p.p());
            (solution.elapsed, solution)
        });
        let found = Found {
            w: solution.w,
            multipliers: solution.multipliers,
            iterations: solution.iterations as usize,
            work: None,
            ending: format!("{:?}", solution.status),
        };
        self.certified(operator, &found, &runs)
    }

    fn certified(
        &self,
        operator: &dyn LinearOperator,
        found: &Found,
        runs: &[Elapsed],
    ) -> Measured {
        let problem = HardMarginProblem::new(operator, self.p).expect("rows in range");
        let interval = margin_interval(&problem, &found.w, &found.multipliers);
        Measured {
            shape: [operator.nrows(), operator.ncols()],
            gap: Some(interval.relative_gap()).filter(|gap| gap.is_finite()),
            margin: interval.lower.max(0.0),
            iterations: found.iterations,
            work: found.work,
            accuracy: None,
            ending: found.ending.clone(),
            seconds: runs.iter().map(|run| run.wall).collect(),
            processor_seconds: runs.iter().map(|run| run.processors).collect(),
            peak_bytes: peak_bytes(),
        }
    }
}

impl Found {
    fn of(outcome: Outcome, n_unknowns: usize) -> Self {
        let found = |w, multipliers, work: &WorkCounters, active, ending: String| Self {
            w,
            multipliers,
            iterations: work.iterations,
            work: Some(Work {
                active,
                rounds: work.rounds,
                factorizations: work.factorizations,
                largest_factor: work.largest_factor,
            }),
            ending,
        };
        match outcome {
            Outcome::MaxMargin(solution) => {
                let active = solution.support(ACTIVE).len();
                let work = solution.work;
                found(solution.w, solution.multipliers, &work, active, "certified".to_owned())
            }
            Outcome::Inconclusive(stalled) => {
                let reason = stalled.reason.to_string();
                found(stalled.w, stalled.multipliers, &stalled.work, 0, reason)
            }
            Outcome::NotSeparable(farkas) => {
                let work = WorkCounters::default();
                found(
                    vec![0.0; n_unknowns],
                    farkas.multipliers,
                    &work,
                    0,
                    "not separable".to_owned(),
                )
            }
        }
    }
}

fn shortest(seconds: &[f64]) -> f64 {
    seconds.iter().copied().fold(f64::INFINITY, f64::min)
}

/// Runs `task`, which times itself, for [`ENOUGH`] time; the last result is returned.
fn repeated<T>(mut task: impl FnMut() -> (Elapsed, T)) -> (Vec<Elapsed>, T) {
    let start = Instant::now();
    let (mut elapsed, mut result) = task();
    let mut runs = vec![elapsed];
    while start.elapsed() < ENOUGH {
        (elapsed, result) = task();
        runs.push(elapsed);
    }
    (runs, result)
}

/// The most memory that this process has held, where the system says.
fn peak_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}
