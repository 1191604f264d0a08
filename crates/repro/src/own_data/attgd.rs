//! `attgd`: ℓp-AttGD on your data, its selection, and the AttSVM of that selection, for one exponent or
//! for several.

use std::path::{Path, PathBuf};

use mirrorhead_attention::{Seed, TokenScores, TokenSelection, gaussian_matrix};
use mirrorhead_harness::interrupt::raise_on_interrupt;
use mirrorhead_harness::{Ended, ExitStatus, OutputFolder, ReproError, default_out, say, sha256};
use mirrorhead_kernels::Matrix;
use mirrorhead_mirror::{LpNorm, StepSize};

use super::arguments::{AttgdArgs, StartName};
use super::comparison::Comparison;
use super::folder_name::folder_name;
use super::readers::{DataError, DataProblem};
use super::run_folder::PAGE;
use super::samples::Samples;
use super::summary::summary;
use super::training_run::{Finished, RunEnd, TrainingRun};
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
        save_every: args.save_every,
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
        let finished = match run.run(&args.file, &folder, &interrupted)? {
            RunEnd::Finished(finished) => finished,
            RunEnd::Interrupted => return Ok(ExitStatus::Interrupted),
        };
        let Finished { result, path, .. } = &*finished;
        if result.status() != ExitStatus::Certified {
            status = result.status();
        }
        if several {
            say(&format!("p = {:<16} {}\n", norm.p(), path.display()));
            comparison.enter(norm, &finished, &samples.data, &common)?;
            identities += &identity;
        } else {
            let page = path.with_file_name(PAGE);
            say(&format!("{}{:<21}{}\n", summary(result, path), "page", page.display()));
        }
    }
    if several {
        let name = folder_name(&args.file, f64::NAN, &sha256(identities));
        let folder = args.out.clone().unwrap_or_else(|| default_folder().join(name));
        write_comparison(&comparison, &folder, &args.file, &common)?;
    }
    Ok(status)
}

/// Writes the table, the figure and the page of several exponents, and shows the table.
fn write_comparison(
    comparison: &Comparison,
    folder: &Path,
    file: &Path,
    common: &TokenSelection,
) -> Result<(), ReproError> {
    let folder = OutputFolder::open(folder)?;
    let table = folder.write("table.csv", comparison.csv().as_bytes())?;
    let sheet = comparison.sheet(&file.to_string_lossy(), common)?;
    for (key, drawing) in &sheet.drawings {
        folder.write(format!("{key}.svg"), drawing.as_bytes())?;
    }
    let page = folder.write("comparison.html", sheet.page.as_bytes())?;
    let [table, page] = [table, page].map(|path| std::path::absolute(&path).unwrap_or(path));
    let shown = comparison.table(common);
    say(&format!(
        "\n{shown}\n{:<21}{}\n{:<21}{}\n",
        "table",
        table.display(),
        "page",
        page.display()
    ));
    Ok(())
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
