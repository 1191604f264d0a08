//! `attgd`: lp-AttGD on your data, its selection, and the AttSVM of that selection.

use std::time::Instant;

use mirrorhead_attention::{
    AttentionError, AttentionWeights, KeyQueryRisk, Loss, Seed, TokenSelection, gaussian_matrix,
};
use mirrorhead_harness::{ExitStatus, OutputFolder, sha256};
use mirrorhead_kernels::Matrix;
use mirrorhead_mirror::{LpNorm, MirrorDescent, PowerPotential, StepSize, directional_bregman};
use mirrorhead_trainer::{StopReason, StoppingRule, TrainingState, train};
use serde_json::json;

use super::outcome::CommandResult;
use super::readers::{DataError, DataProblem};
use super::samples::Samples;
use super::saved_run::SavedRun;
use super::{Ended, obstacle, say};
use crate::build::FINGERPRINT;
use crate::cli::{AttgdArgs, StartName};
use crate::shared::head::iterations as paper_iterations;

/// The attention weight from which a token counts as selected.
const SATURATED: f64 = 0.99;

/// Runs the command.
///
/// # Errors
/// Misuse: data, settings or a folder that can't be used.
pub fn attgd(args: &AttgdArgs) -> Ended {
    let norm = LpNorm::new(args.p)?;
    let step = if args.constant {
        StepSize::Constant(args.step)
    } else {
        StepSize::DualNormalized(args.step)
    };
    step.validate()?;
    let iterations = args.iters.map_or_else(|| paper_iterations(args.p), std::num::NonZero::get);
    let Samples { data, decoder, start, sha256: contents, warnings: _ } = Samples::read(&args.file)?;
    let dim = data.dim();
    let (start, started) = match (args.w0, start) {
        (Some(StartName::Seed(seed)), _) => {
            (gaussian_matrix(dim, dim, Seed(seed)), format!("seed {seed}"))
        }
        (Some(StartName::File), None) => {
            return Err(DataError::new(&args.file, DataProblem::NoStart).into());
        }
        (Some(StartName::File) | None, Some(start)) => (start, "file".into()),
        (Some(StartName::Zeros), _) | (None, None) => (Matrix::zeros(dim, dim), "zeros".into()),
    };
    let mut settings = json!({
        "command": "attgd",
        "file": args.file,
        "p": args.p,
        "step": step,
        "loss": Loss::from(args.loss),
        "w0": started,
    });
    let identity = sha256(format!("{FINGERPRINT}\n{settings}\n{contents}"));
    settings["iterations"] = json!(iterations);
    let mut result = CommandResult::new(settings);
    let folder = OutputFolder::open(&args.out)?;
    CommandResult::remove(&folder)?;
    let risk = KeyQueryRisk::new(&data, &decoder, args.loss.into())?;
    let method = MirrorDescent::new(PowerPotential::new(norm), step);

    let mut saved = SavedRun::new(&folder, identity);
    let mut state = if let Some(state) = saved.state(iterations) {
        say(&format!("{:<20} {}\n", "going on from", state.iteration));
        state
    } else {
        TrainingState::new(&risk, &method, vec![start])?
    };
    let clock = Instant::now();
    let stopping = StoppingRule::after(iterations);
    let stopped = train(&risk, &method, &mut state, &stopping, &mut saved)?;
    saved.save(&state)?;
    if stopped.reason == StopReason::Interrupted {
        let steps = saved.kept();
        eprintln!("\ninterrupted: {steps} steps are kept; give the same command again to go on");
        return Ok(ExitStatus::Interrupted);
    }
    let key_query = state.parameters.swap_remove(0);
    result.train_seconds = Some(clock.elapsed().as_secs_f64());
    result.loss = Some(stopped.risk);
    result.iterations = Some(state.iteration);
    result.stop_reason = Some(json!(stopped.reason));
    result.norm_p = Some(norm.of(key_query.as_slice()));

    let weights = AttentionWeights::of(&key_query, &data)?;
    match TokenSelection::from_saturated(&weights, SATURATED) {
        Ok(selection) => {
            if let Some(solution) = result.solve(&data, &decoder, &selection, norm)? {
                result.directional_bregman =
                    Some(directional_bregman(norm, solution.direction(), key_query.as_slice()));
            }
        }
        Err(error @ AttentionError::NotSaturated { sequence, weight, threshold }) => {
            let details =
                json!({ "sequence": sequence, "largest_weight": weight, "threshold": threshold });
            let saturating = obstacle::to_saturating(&weights, &data, sequence);
            let message = match stopped.reason {
                StopReason::Stationary => {
                    let moving = obstacle::to_moving(&data, &decoder)?;
                    saturating.map_or_else(|| moving.clone(), |why| format!("{moving}; {why}"))
                }
                _ => saturating.unwrap_or_else(|| error.to_string()),
            };
            result.find("not_saturated", message, &details);
        }
        Err(error) => return Err(error.into()),
    }
    result.key_query = Some(key_query);
    Ok(result.finish(&folder)?)
}
