//! The mirror flow: the continuous limit of unnormalized ℓp-AttGD and ℓp-JointGD, in log-time.

mod progress;
mod settings;
mod state;
mod step;
mod tableau;
mod work;

use mirrorhead_kernels::{InvalidSetting, Matrix, elementary};
use mirrorhead_mirror::Risk;
use serde::{Deserialize, Serialize};
use std::fmt;

use crate::TrainError;
use crate::implicit::FlatGradient;
use crate::state::require_shapes;
pub use progress::FlowProgress;
pub use settings::FlowSettings;
use settings::WatchedFlow;
pub use state::FlowState;
use step::Stepper;
pub use work::FlowWork;

/// The shortest step, relative to the log-time: beyond it the log-time no longer moves.
const SHORTEST_STEP: f64 = 1e-13;
/// How much shorter a step is tried whose stages could not be solved.
const AFTER_FAILURE: f64 = 0.25;
/// Aim a little below the tolerance, or half the steps are rejected.
const STEP_SAFETY: f64 = 0.9;
/// The most that a step shrinks or grows from one to the next.
const STEP_CHANGES: (f64, f64) = (0.2, 4.0);

/// The flow at one log-time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FlowPoint {
    /// The log-time `$\tau$`.
    pub log_time: f64,
    /// The tensors.
    pub parameters: Vec<Matrix>,
    /// The risk there.
    pub risk: f64,
}

/// How a flow ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FlowStop {
    /// At the last log-time asked for.
    Reached,
    /// By the caller's interrupt.
    Interrupted,
    /// All steps were used up.
    MaxSteps,
    /// No step that moves the log-time is short enough for the tolerance. Why is not known: the flow may turn
    /// within less than rounding of `$\tau$` (as one that leaves its selection does, within about `$e^{-\tau}$`),
    /// or a stage may have no solution that Newton's method finds.
    Stalled,
}

impl fmt::Display for FlowStop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Reached => "the last log-time was reached",
            Self::Interrupted => "the caller interrupted the flow",
            Self::MaxSteps => "all steps were used up",
            Self::Stalled => "no step that moves the log-time is short enough for the tolerance",
        })
    }
}

/// A mirror flow at the log-times asked for, as far as it came.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Flowed {
    /// The flow at each log-time reached.
    pub points: Vec<FlowPoint>,
    /// Why it ended.
    pub stop: FlowStop,
    /// What it cost.
    pub work: FlowWork,
}

/// Follows the mirror flow, the limit of ℓp-AttGD (and, over [`JointRisk`](mirrorhead_attention::JointRisk),
/// of ℓp-JointGD) for steps that tend to zero, `$\dot u = -\nabla L(W)$` with `$u = \nabla\psi(W)$`, in the
/// logarithm `$\tau = \log t$` of time:
///
/// `$$ \frac{\mathrm du}{\mathrm d\tau} = -e^{\tau + m(W)}\, G(W), \qquad W = \nabla\psi^*(u), \qquad
///    \nabla L = e^{m} G. $$`
///
/// `$t$` is the step size times the number `$k$` of steps. While `$t$` and the gradient leave the range of
/// `f64`, `$\tau + m$` stays near a constant, so `$\tau$` is just a number: `$t = 10^{300}$` and `$10^{1000}$` take
/// seconds. `state` is left at the last of the increasing `log_times`, or where the flow ended
/// before; calling again goes on from there.
///
/// The balance of `$e^{\tau}$` against `$e^{m}$` makes the flow stiff: on a slow manifold `$W$` moves on the
/// scale of `$\tau$` itself, across it on the scale of one or less. The method is the
/// L-stable ESDIRK4(3)6L\[2\]SA of Kennedy and Carpenter (Appl. Numer. Math. 44, 2003) with steps
/// controlled by its embedded error. What it integrates is `$u$`, which moves at finite speed for every `$p$`
/// (`$W$` does not where an entry crosses zero at `$p > 2$`). What it solves for in each stage is an
/// implicit mirror step `$u + \eta\nabla L(W) = c$`, entry by entry in whichever of `$u$` and `$W$` the mirror
/// map is flat over, so that neither `$W = \lvert u\rvert^{10}$` at `$p = 1.1$` nor `$u = \lvert W\rvert^5$` at
/// `$p = 6$` is singular. The Newton matrix is measured by differences of the gradient: the work of a step
/// grows as the cube of the number of unknowns, which are meant to be few hundreds.
///
/// ```
/// use mirrorhead_attention::{KeyQueryRisk, Loss, Seed, SphereTokens, gaussian_matrix};
/// use mirrorhead_mirror::LpNorm;
/// use mirrorhead_trainer::{FlowSettings, FlowState, FlowStop, mirror_flow};
///
/// let planted = SphereTokens { n_sequences: 3, n_tokens: 4, dim: 3 }.sample(Seed(1))?;
/// let risk = KeyQueryRisk::new(&planted.data, &planted.decoder, Loss::Logistic)?;
/// let start = [gaussian_matrix(3, 3, Seed(1))];
/// let mut state = FlowState::new(&risk, LpNorm::new(3.0)?, &start, 0.0)?;
/// let log_times = [100.0, 300.0].map(|decade: f64| decade * 10f64.ln()); // t = 1e100, 1e300
/// let flowed = mirror_flow(&risk, &mut state, &log_times, &FlowSettings::default())?;
/// assert_eq!((flowed.stop, flowed.points.len()), (FlowStop::Reached, 2));
/// assert_eq!(flowed.points[1].log_time, state.log_time());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// The statement it checks is the rate of section 4 of Julistiono, Ataee Tarzanagh, Azizan 2024.
///
/// # Errors
/// A state of other shapes than `risk` wants, a tolerance out of range, log-times that do not increase
/// from that of the state on.
pub fn mirror_flow<'w, R: Risk + ?Sized>(
    risk: &R,
    state: &mut FlowState,
    log_times: &[f64],
    settings: impl Into<WatchedFlow<'w>>,
) -> Result<Flowed, TrainError> {
    require_shapes(&risk.shapes(), &state.parameters())?;
    flow_through(FlatGradient::new(risk), state, log_times, &settings.into())
}

fn flow_through(
    flat_gradient: FlatGradient<'_>,
    state: &mut FlowState,
    log_times: &[f64],
    settings: &WatchedFlow<'_>,
) -> Result<Flowed, TrainError> {
    settings.validate()?;
    require_increasing(state.log_time, log_times)?;
    let size = state.point.primal.len();
    let mut stepper = Stepper::new(flat_gradient, state.norm, size, settings.tolerance);
    let mut points = Vec::new();
    let mut stop = FlowStop::Reached;
    for &until in log_times {
        stop = flow_to(&mut stepper, state, until, points.len(), settings);
        if stop != FlowStop::Reached {
            break;
        }
        let parameters = state.parameters();
        let risk = stepper.risk(&parameters)?;
        points.push(FlowPoint { log_time: until, parameters, risk });
        tell(settings, &stepper.work, until, points.len());
    }
    Ok(Flowed { points, stop, work: stepper.work })
}

fn tell(settings: &WatchedFlow<'_>, work: &FlowWork, log_time: f64, points: usize) {
    settings.tell(|| FlowProgress { steps: work.tried(), log_time, points });
}

/// Steps until `state` is exactly at `until`, the `points` before which are reached.
fn flow_to(
    stepper: &mut Stepper<'_>,
    state: &mut FlowState,
    until: f64,
    points: usize,
    settings: &WatchedFlow<'_>,
) -> FlowStop {
    while state.log_time < until {
        if settings.is_interrupted() {
            return FlowStop::Interrupted;
        }
        tell(settings, &stepper.work, state.log_time, points);
        if stepper.work.tried() >= settings.max_steps {
            return FlowStop::MaxSteps;
        }
        if state.step <= SHORTEST_STEP * state.log_time.abs().max(1.0) {
            return FlowStop::Stalled;
        }
        let left = until - state.log_time;
        // The last two steps to a log-time share what is left: after a very short one the drift would be
        // little more than its error.
        let last = state.step >= left;
        let h = if last { left } else { state.step.min(0.5 * left) };
        let Some(trial) = stepper.attempt(state, h) else {
            stepper.work.unsolved += 1;
            state.step = h * AFTER_FAILURE;
            continue;
        };
        // The local error grows as the fourth power of the step.
        let change = STEP_SAFETY * elementary::powf(settings.tolerance / trial.error, 0.25);
        let next = h * change.clamp(STEP_CHANGES.0, STEP_CHANGES.1);
        if trial.error > settings.tolerance {
            stepper.work.rejected += 1;
            state.step = next;
            continue;
        }
        stepper.work.steps += 1;
        let drift =
            trial.end.primal.iter().zip(&state.point.primal).map(|(to, from)| (to - from) / h);
        state.drift = Some(drift.collect());
        state.point = trial.end;
        state.slope = Some(trial.slope);
        state.log_time = if last { until } else { state.log_time + h };
        state.step = next;
    }
    FlowStop::Reached
}

fn require_increasing(start: f64, log_times: &[f64]) -> Result<(), TrainError> {
    let mut before = start;
    for &log_time in log_times {
        let in_order = log_time.is_finite() && log_time >= before;
        let expected = "finite, and not before the state or the log-time before it";
        InvalidSetting::unless(in_order, "log-time", log_time, expected)?;
        before = log_time;
    }
    Ok(())
}
