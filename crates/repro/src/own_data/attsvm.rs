//! `attsvm`: the AttSVM of a selection on your data.

use std::time::Instant;

use mirrorhead_attention::{TokenScores, TokenSelection};
use mirrorhead_harness::OutputFolder;
use mirrorhead_harness::interrupt::say_on_interrupt;
use mirrorhead_svm::Norm;
use mirrorhead_trainer::{Certification, CertifySettings, certify_selection};
use serde_json::json;

use super::Ended;
use super::outcome::CommandResult;
use super::readers::read_selection;
use super::samples::Samples;
use crate::cli::AttsvmArgs;

/// Runs the command.
///
/// # Errors
/// Misuse: data, a selection, a norm or a folder that can't be used.
pub fn attsvm(args: &AttsvmArgs) -> Ended {
    let norm = Norm::new(args.p)?;
    let Samples { data, decoder, .. } = Samples::read(&args.file)?;
    let selection = if args.selection.as_os_str() == "opt" {
        TokenSelection::optimal(&TokenScores::of(&data, &decoder)?)
    } else {
        let tokens = read_selection(&args.selection)?;
        TokenSelection::new(tokens, &data)
            .map_err(|error| format!("{}: {error}", args.selection.display()))?
    };
    let folder = OutputFolder::open(&args.out)?;
    CommandResult::remove(&folder)?;
    say_on_interrupt("nothing was written");
    let mut result = CommandResult::new(json!({
        "command": "attsvm",
        "file": args.file,
        // JSON has no infinity.
        "p": if args.p.is_finite() { json!(args.p) } else { json!("inf") },
        "selection": args.selection,
    }));
    let clock = Instant::now();
    let settings = CertifySettings::default();
    let found = certify_selection(&data, &decoder, &selection, norm, &settings)?;
    result.solve_seconds = Some(clock.elapsed().as_secs_f64());
    result.enter(&data, &found);
    if let Certification::Certified(certified) = found {
        result.norm_p = Some(certified.svm.norm());
    }
    Ok(result.finish(&folder)?)
}
