//! `attgd`: lp-AttGD on your data, its selection, and the AttSVM of that selection, for one exponent or
//! for several.

use std::path::PathBuf;

use mirrorhead_attention::{Seed, TokenScores, TokenSelection, gaussian_matrix};
use mirrorhead_harness::interrupt::raise_on_interrupt;
use mirrorhead_harness::{Ended, ExitStatus, OutputFolder, default_out, say, sha256};
use mirrorhead_kernels::Matrix;
use mirrorhead_mirror::{LpNorm, StepSize};

use super::arguments::{AttgdArgs, StartName};
use super::comparison::Comparison;
use super::folder_name::folder_name;
use super::readers::{DataError, DataProblem};
use super::samples::Samples;
use super::summary::summary;
use super::training_run::{RunEnd, TrainingRun};
use crate::shared::head::iterations as paper_iterations;

/// Runs the command.
///
/// # Errors
/// Misuse: data, settings or a folder that can't be used.
pub fn attgd(args: &AttgdArgs) -> Ended {
    let norms: Vec<_> = args.p.iter().map(|p| LpNorm::new(*p)).collect::<Result<_, _>>()?;
    let step = if args.constant {
        StepSize::Constant(args.step)
    } else {
        StepSize::DualNormalized(args.step)
    };
    step.validate()?;
    let samples = Samples::read(&args.file)?;
    let (start, started) = start(args, &samples)?;
    let interrupted = raise_on_interrupt();
    let run = |norm: LpNorm| TrainingRun {
        samples: &samples,
        norm,
        step,
        loss: args.loss.into(),
        start: &start,
        started: &started,
        iterations: args.iters.map_or_else(|| paper_iterations(norm.p()), std::num::NonZero::get),
    };
    let several = norms.len() > 1;
    let common = TokenSelection::optimal(&TokenScores::of(&samples.data, &samples.decoder)?);
    let (mut comparison, mut status) = (Comparison::default(), ExitStatus::Certified);
    let mut identities = String::new();
    for norm in norms {
        let run = run(norm);
        let identity = run.identity();
        let folder = match &args.out {
            Some(out) if several => out.join(format!("p{}", norm.p())),
            Some(out) => out.clone(),
            None => default_folder().join(folder_name(&args.file, norm.p(), &identity)),
        };
        let (result, path) = match run.run(&args.file, &folder, &interrupted)? {
            RunEnd::Result(result, path) => (result, path),
            RunEnd::Interrupted => return Ok(ExitStatus::Interrupted),
        };
        if result.status() != ExitStatus::Certified {
            status = result.status();
        }
        if several {
            say(&format!("p = {:<16} {}\n", norm.p(), path.display()));
            comparison.enter(norm, &result, &samples.data, &common)?;
            identities += &identity;
        } else {
            say(&summary(&result, &path));
        }
    }
    if several {
        let name = folder_name(&args.file, f64::NAN, &sha256(identities));
        let folder = args.out.clone().unwrap_or_else(|| default_folder().join(name));
        let table = OutputFolder::open(&folder)?.write("table.csv", comparison.csv().as_bytes())?;
        let table = std::path::absolute(&table).unwrap_or(table);
        say(&format!("\n{}\n{:<21}{}\n", comparison.table(&common), "table", table.display()));
    }
    Ok(status)
}

fn default_folder() -> PathBuf {
    default_out().join("attgd")
}

/// Where training starts, and how that is called.
fn start(args: &AttgdArgs, samples: &Samples) -> Result<(Matrix, String), DataError> {
    let dim = samples.data.dim();
    Ok(match (args.w0, &samples.start) {
        (Some(StartName::Seed(seed)), _) => {
            (gaussian_matrix(dim, dim, Seed(seed)), format!("seed {seed}"))
        }
        (Some(StartName::File), None) => {
            return Err(DataError::new(&args.file, DataProblem::NoStart));
        }
        (Some(StartName::File) | None, Some(start)) => (start.clone(), "file".into()),
        (Some(StartName::Zeros), _) | (None, None) => (Matrix::zeros(dim, dim), "zeros".into()),
    })
}
