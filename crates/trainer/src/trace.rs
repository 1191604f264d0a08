//! Traces: numbers and parameters recorded along a run.

use std::ops::ControlFlow;

use mirrorhead_kernels::{Matrix, elementary, max_abs};
use serde::{Deserialize, Serialize};

use crate::{Iteration, Observer, TrainError};

/// Which iterations to record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Schedule {
    /// Every so many, from 0 on.
    Every(u64),
    /// These, in increasing order.
    At(Vec<u64>),
}

impl Schedule {
    /// About `per_decade` iterations a decade up to `last`, 0 and `last` included: what a
    /// logarithmic axis can show.
    ///
    /// ```
    /// use mirrorhead_trainer::Schedule;
    /// let Schedule::At(iterations) = Schedule::log_spaced(1_000, 3) else { unreachable!() };
    /// assert_eq!(iterations, [0, 1, 2, 5, 10, 22, 46, 100, 215, 464, 1000]);
    /// ```
    pub fn log_spaced(last: u64, per_decade: u32) -> Self {
        let mut iterations = vec![0];
        for step in 0.. {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let k = elementary::powf(10.0, f64::from(step) / f64::from(per_decade.max(1))).round()
                as u64;
            if k >= last {
                break;
            }
            iterations.push(k);
        }
        iterations.push(last);
        iterations.dedup();
        Self::At(iterations)
    }

    fn contains(&self, iteration: u64) -> bool {
        match self {
            Self::Every(period) => iteration.is_multiple_of((*period).max(1)),
            Self::At(iterations) => iterations.binary_search(&iteration).is_ok(),
        }
    }
}

/// Numbers recorded at one iteration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TracePoint {
    /// The iteration `$k$`.
    pub iteration: u64,
    /// The risk after `$k$` steps.
    pub risk: f64,
    /// The logarithm of the largest entry of the gradient; absent where the gradient is zero.
    pub log_gradient: Option<f64>,
    /// The largest entry of each tensor.
    pub max_abs: Vec<f64>,
}

/// Records risk and sizes along a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    schedule: Schedule,
    points: Vec<TracePoint>,
}

impl Trace {
    /// An empty trace of the iterations of `schedule`.
    pub fn new(schedule: Schedule) -> Self {
        Self { schedule, points: Vec::new() }
    }

    /// An empty trace of every `period`-th iteration.
    pub fn every(period: u64) -> Self {
        Self::new(Schedule::Every(period))
    }

    /// What was recorded, in order.
    pub fn points(&self) -> &[TracePoint] {
        &self.points
    }
}

impl<S> Observer<S> for Trace {
    fn observe(&mut self, at: &Iteration<'_, S>) -> Result<ControlFlow<()>, TrainError> {
        let iteration = at.number();
        let recorded = self.points.last().is_some_and(|point| point.iteration >= iteration);
        if !recorded && self.schedule.contains(iteration) {
            let log_gradient = Some(at.log_gradient()).filter(|log| log.is_finite());
            let max_abs = at.state.parameters.iter().map(|w| max_abs(w.as_slice())).collect();
            self.points.push(TracePoint { iteration, risk: at.risk, log_gradient, max_abs });
        }
        Ok(ControlFlow::Continue(()))
    }
}

/// Records the parameters themselves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshots {
    schedule: Schedule,
    taken: Vec<(u64, Vec<Matrix>)>,
}

impl Snapshots {
    /// No snapshot yet of the iterations of `schedule`.
    pub fn new(schedule: Schedule) -> Self {
        Self { schedule, taken: Vec::new() }
    }

    /// The iterations recorded, each with its parameters, in order.
    pub fn taken(&self) -> &[(u64, Vec<Matrix>)] {
        &self.taken
    }
}

impl<S> Observer<S> for Snapshots {
    fn observe(&mut self, at: &Iteration<'_, S>) -> Result<ControlFlow<()>, TrainError> {
        let iteration = at.number();
        let recorded = self.taken.last().is_some_and(|(last, _)| *last >= iteration);
        if !recorded && self.schedule.contains(iteration) {
            self.taken.push((iteration, at.state.parameters.clone()));
        }
        Ok(ControlFlow::Continue(()))
    }
}
