//! Experiments for tests: squares of seeds, with cells that fail on demand; and whatever a test needs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

use crate::build::Build;
use crate::experiment::{
    About, AnyExperiment, Axis, Cell, CellContext, CellError, Claim, Experiment, Figure, Obtained,
    Profile, Scope, Seeds, Series, Shape, Summary,
};
use crate::origin::Origin;

const GROWTH: Claim = Claim { key: "growth", statement: "squares grow", expected: "increasing" };

/// Squares of the seeds `1..=n`.
#[derive(Debug)]
pub struct Toy {
    pub name: &'static str,
    pub group: &'static str,
    pub n: u64,
    pub store_name: &'static str,
    pub refusing: bool,
    pub cost_seconds: f64,
    /// Whether one more cell follows from the others.
    pub continuing: bool,
    pub failing: Option<u64>,
    pub panicking: Option<u64>,
    pub runs: AtomicU64,
}

/// A toy with three cells.
pub static TOY: Toy = Toy::named("toy", "toys");

#[derive(Debug, Serialize, Deserialize)]
pub struct ToyConfig {
    seed: u64,
}

impl Toy {
    pub fn new(n: u64) -> Self {
        Self { n, ..Self::named("toy", "toys") }
    }

    /// A toy of another name that has the cells of this one.
    pub const fn looking_at(store_name: &'static str) -> Self {
        Self { store_name, ..Self::named("looking", "toys") }
    }

    pub const fn named(name: &'static str, group: &'static str) -> Self {
        Self {
            name,
            group,
            n: 3,
            store_name: name,
            refusing: false,
            cost_seconds: 0.001,
            continuing: false,
            failing: None,
            panicking: None,
            runs: AtomicU64::new(0),
        }
    }

    /// How many cells were actually run.
    pub fn runs(&self) -> u64 {
        self.runs.load(Ordering::Relaxed)
    }
}

/// Where toys run.
pub fn origin() -> Arc<Origin> {
    Arc::new(Origin::here(BUILD))
}

/// What toys are built from.
pub const BUILD: Build =
    Build { version: "1.0.0", git_revision: None, code_fingerprint: "code", rustc: "rustc 1" };

/// The cells of a toy, ready to run.
pub fn cells(toy: &Toy) -> Vec<(&dyn AnyExperiment, Cell)> {
    first_cells(toy, toy.n)
}

/// The cells of the first `n` seeds of an experiment, ready to run.
pub fn first_cells(experiment: &dyn AnyExperiment, n: u64) -> Vec<(&dyn AnyExperiment, Cell)> {
    let scope = Scope { seeds: Some(Seeds::first(n)), ..Scope::new(Profile::Paper) };
    experiment.cells(&scope, "code").unwrap().into_iter().map(|cell| (experiment, cell)).collect()
}

impl Experiment for Toy {
    type Config = ToyConfig;
    type Outcome = f64;

    fn about(&self) -> About {
        About {
            name: self.name,
            group: self.group,
            title: "Squares <of> seeds & \"more\"",
            setting: "Squares.",
            expectation: "They grow.",
        }
    }

    fn claims(&self) -> Vec<Claim> {
        vec![GROWTH]
    }

    fn check(&self, _: &Scope) -> Result<(), CellError> {
        if self.refusing { Err(CellError::new("there are no squares")) } else { Ok(()) }
    }

    fn cells(&self, scope: &Scope) -> Vec<ToyConfig> {
        scope.seeds(2, 3).map(|seed| ToyConfig { seed }).collect()
    }

    fn further_cells(&self, _: &Scope, finished: &[(ToyConfig, f64)]) -> Vec<ToyConfig> {
        let largest = finished.iter().map(|(config, _)| config.seed).max();
        let next = largest.filter(|_| self.continuing).map(|seed| ToyConfig { seed: seed + 1 });
        next.into_iter().collect()
    }

    fn expected_further_cells(&self, _: &Scope) -> Vec<ToyConfig> {
        if self.continuing { vec![ToyConfig { seed: 0 }] } else { Vec::new() }
    }

    fn store_name(&self) -> &'static str {
        self.store_name
    }

    fn label(&self, config: &ToyConfig) -> String {
        format!("seed {}", config.seed)
    }

    fn cost_seconds(&self, _: &ToyConfig) -> f64 {
        self.cost_seconds
    }

    fn run_cell(&self, config: &ToyConfig, _: &dyn CellContext) -> Result<f64, CellError> {
        self.runs.fetch_add(1, Ordering::Relaxed);
        assert!(Some(config.seed) != self.panicking, "asked to");
        if Some(config.seed) == self.failing {
            return Err(CellError::new("asked to fail"));
        }
        Ok((config.seed * config.seed) as f64)
    }

    fn summarise(&self, cells: &[(ToyConfig, f64)]) -> Summary {
        let points: Vec<_> = cells.iter().map(|(c, square)| [c.seed as f64, *square]).collect();
        let grows = points.windows(2).all(|pair| pair[0][1] < pair[1][1]);
        let text = format!("{} squares", points.len());
        let figure = Figure {
            key: "squares".into(),
            title: "Squares".into(),
            caption: "They grow.".into(),
            x: Axis::linear("seed"),
            y: Axis::log("square"),
            series: vec![Series::new("square", 0, Shape::Line { points })],
        };
        let obtained = Obtained { text, measurements: Vec::new(), n: cells.len() };
        let findings = vec![GROWTH.judged(grows, obtained)];
        Summary { figures: vec![figure], findings, ..Summary::default() }
    }
}

/// An experiment whose cells do this with their seed and their context.
pub struct InContext<F>(pub F);

impl<F: Fn(u64, &dyn CellContext) -> Result<f64, CellError> + Sync> Experiment for InContext<F> {
    type Config = u64;
    type Outcome = f64;

    fn about(&self) -> About {
        Experiment::about(&Toy::named("in-context", "toys"))
    }

    fn claims(&self) -> Vec<Claim> {
        Vec::new()
    }

    fn cells(&self, scope: &Scope) -> Vec<u64> {
        scope.seeds(2, 3).collect()
    }

    fn label(&self, seed: &u64) -> String {
        format!("seed {seed}")
    }

    fn cost_seconds(&self, _: &u64) -> f64 {
        0.001
    }

    fn run_cell(&self, seed: &u64, context: &dyn CellContext) -> Result<f64, CellError> {
        (self.0)(*seed, context)
    }

    fn summarise(&self, _: &[(u64, f64)]) -> Summary {
        Summary::default()
    }
}
