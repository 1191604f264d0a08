//! `attsvm`: the AttSVM of a selection on your data.

use mirrorhead_attention::{TokenScores, TokenSelection};
use mirrorhead_harness::OutputFolder;
use mirrorhead_harness::interrupt::say_on_interrupt;
use mirrorhead_svm::Norm;
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
    if let Some(solution) = result.solve(&data, &decoder, &selection, norm)? {
        result.norm_p = Some(solution.norm());
    }
    Ok(result.finish(&folder)?)
}
