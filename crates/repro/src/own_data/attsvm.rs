//! `attsvm`: the AttSVM of a selection on your data.

use std::time::Instant;

use mirrorhead_attention::{TokenScores, TokenSelection};
use mirrorhead_harness::interrupt::say_on_interrupt;
use mirrorhead_harness::{Ended, default_out, say, sha256};
use mirrorhead_svm::Norm;
use mirrorhead_trainer::{Certification, CertifySettings, certify_selection};
use serde_json::json;

use super::arguments::AttsvmArgs;
use super::folder_name::folder_name;
use super::outcome::CommandResult;
use super::readers::read_selection;
use super::run_folder::{RESULT, RunFolder};
use super::samples::Samples;
use super::summary::summary;
use crate::build::FINGERPRINT;

/// Runs the command.
///
/// # Errors
/// Misuse: data, a selection, a norm or a folder that can't be used.
pub fn attsvm(args: &AttsvmArgs) -> Ended {
    let norm = Norm::new(args.p)?;
    let samples = Samples::read(&args.file)?;
    let Samples { data, decoder, .. } = &samples;
    let selection = if args.selection.as_os_str() == "opt" {
        TokenSelection::optimal(&TokenScores::of(data, decoder)?)
    } else {
        let tokens = read_selection(&args.selection)?;
        TokenSelection::new(tokens, data)
            .map_err(|error| format!("{}: {error}", args.selection.display()))?
    };
    let settings = json!({ "command": "attsvm", "p": norm, "tokens": selection.tokens() });
    let identity = sha256(format!("{FINGERPRINT}\n{settings}\n{}", samples.sha256));
    let folder = args.out.clone().unwrap_or_else(|| {
        default_out().join("attsvm").join(folder_name(&args.file, args.p, &identity))
    });
    let folder = RunFolder::open(&folder, identity.clone())?;
    folder.remove(RESULT)?;
    say_on_interrupt("nothing was written");
    let settings = json!({
        "command": "attsvm",
        "file": args.file.to_string_lossy(),
        "p": norm,
        "selection": args.selection.to_string_lossy(),
    });
    let mut result = CommandResult::new(identity, settings, &samples);
    let clock = Instant::now();
    let settings = CertifySettings::default();
    let found = certify_selection(data, decoder, &selection, norm, &settings)?;
    result.solve_seconds = Some(clock.elapsed().as_secs_f64());
    result.enter(data, &found);
    if let Certification::Certified(certified) = found {
        result.norm_p = Some(certified.svm.norm());
    }
    let path = result.write(&folder)?;
    say(&summary(&result, &path));
    Ok(result.status())
}
