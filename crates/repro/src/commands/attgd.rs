//! `attgd`: lp-AttGD on your data, its selection, and the AttSVM of that selection.

use std::time::Instant;

use mirrorhead_attention::{
    AttentionError, AttentionWeights, KeyQueryRisk, Loss, Seed, TokenSelection, gaussian_matrix,
};
use mirrorhead_kernels::Matrix;
use mirrorhead_mirror::{LpNorm, MirrorDescent, PowerPotential, StepSize, directional_bregman};
use mirrorhead_trainer::{StoppingRule, train_key_query};
use serde_json::json;

use super::Ended;
use super::interrupt::say_on_interrupt;
use super::outcome::CommandResult;
use super::samples::Samples;
use crate::cli::{AttgdArgs, StartName};
use crate::data::{DataError, DataProblem};
use crate::folder::OutputFolder;

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
    let Samples { data, decoder, start } = Samples::read(&args.file)?;
    let folder = OutputFolder::open(&args.out)?;
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
    say_on_interrupt("nothing was written; training has no intermediate result");

    let mut result = CommandResult::new(json!({
        "command": "attgd",
        "file": args.file,
        "p": args.p,
        "step": step,
        "loss": Loss::from(args.loss),
        "iterations": iterations,
        "w0": started,
    }));
    let risk = KeyQueryRisk::new(&data, &decoder, args.loss.into())?;
    let method = MirrorDescent::new(PowerPotential::new(norm), step);
    let clock = Instant::now();
    let trained =
        train_key_query(&risk, start, &method, &StoppingRule::after(iterations), &mut ())?;
    result.train_seconds = Some(clock.elapsed().as_secs_f64());
    result.loss = Some(trained.risk);
    result.iterations = Some(trained.iterations);
    result.stop_reason = Some(json!(trained.reason));
    result.norm_p = Some(norm.of(trained.key_query.as_slice()));

    let weights = AttentionWeights::of(&trained.key_query, &data)?;
    match TokenSelection::from_saturated(&weights, SATURATED) {
        Ok(selection) => {
            if let Some(solution) = result.solve(&data, &decoder, &selection, norm)? {
                let trained = trained.key_query.as_slice();
                result.directional_bregman =
                    Some(directional_bregman(norm, solution.direction(), trained));
            }
        }
        Err(error @ AttentionError::NotSaturated { sequence, weight, threshold }) => {
            let details =
                json!({ "sequence": sequence, "largest_weight": weight, "threshold": threshold });
            result.find("not_saturated", error, &details);
        }
        Err(error) => return Err(error.into()),
    }
    result.key_query = Some(trained.key_query);
    Ok(result.finish(&folder)?)
}

/// The number of iterations of the paper's synthetic runs.
fn paper_iterations(p: f64) -> u64 {
    if p < 2.0 {
        1_500
    } else if p > 2.0 {
        20_000
    } else {
        2_000
    }
}
