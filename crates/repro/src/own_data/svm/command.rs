//! `svm`: read, fit, write, say.

use std::error::Error;
use std::sync::atomic::Ordering;
use std::time::Instant;

use mirrorhead_harness::interrupt::raise_on_interrupt;
use mirrorhead_harness::{Ended, ExitStatus, default_out, note, say, sha256};
use mirrorhead_svm::{Fit, StallReason, SvmError, SvmSettings};
use serde_json::json;

use super::arguments::SvmArgs;
use super::data::LabelledData;
use super::result::{summary, written};
use crate::build::FINGERPRINT;
use crate::own_data::folder_name::folder_name;
use crate::own_data::run_folder::{RESULT, RunFolder};

/// Runs the command.
///
/// # Errors
/// Misuse: data, a norm, a price or a folder that can't be used.
pub fn svm(args: &SvmArgs) -> Ended {
    let classifier = args.wish()?.classifier()?;
    let data = LabelledData::read(&args.file)?;
    let raised = raise_on_interrupt();
    let interrupt = || raised.load(Ordering::Relaxed);
    let solver = SvmSettings::default().with_relative_gap(args.gap).with_interrupt(&interrupt);
    let operator = data.rows.operator();
    // Before there is a folder: what is refused leaves none, and nothing of an earlier run is lost.
    classifier.check(operator, &data.labels, &solver).map_err(|error| match error {
        SvmError::OneClass { .. } => format!("{}: {error}", args.file.display()).into(),
        other => Box::<dyn Error>::from(other),
    })?;
    let settings = json!({
        "command": "svm",
        "p": classifier.norm(),
        "soft": args.soft,
        "power": args.power,
        "intercept": args.intercept,
        "balanced": args.balanced,
        "gap": args.gap,
    });
    let identity = sha256(format!("{FINGERPRINT}\n{settings}\n{}", data.sha256));
    let folder = args.out.clone().unwrap_or_else(|| {
        default_out().join("svm").join(folder_name(&args.file, args.p, &identity))
    });
    let folder = RunFolder::open(&folder, identity.clone())?;
    folder.remove(RESULT)?;
    let clock = Instant::now();
    let fit = classifier.fit(operator, &data.labels, &solver)?;
    let seconds = clock.elapsed().as_secs_f64();
    let accuracy = match &fit {
        Fit::Model(model) => Some(model.accuracy(operator, &data.labels)?),
        Fit::NotSeparable { .. } => None,
    };
    let mut result = written(&fit, accuracy);
    let shape = (operator.nrows(), operator.ncols());
    result["schema_version"] = json!(2);
    result["run"] = json!(identity);
    result["settings"] = settings;
    result["data"] = json!({
        "file": args.file.to_string_lossy(),
        "sha256": data.sha256,
        "rows": shape.0,
        "columns": shape.1,
    });
    result["solve_seconds"] = json!(seconds);
    let path = folder.write(RESULT, &serde_json::to_vec_pretty(&result)?)?;
    let path = std::path::absolute(&path).unwrap_or(path);
    say(&summary(&fit, shape, accuracy, &path));
    let stalled = match &fit {
        Fit::NotSeparable { .. } => return Ok(ExitStatus::Finding),
        Fit::Model(model) => model.separators().iter().find_map(|s| s.stalled),
    };
    Ok(match stalled {
        None => ExitStatus::Certified,
        Some(StallReason::Interrupted) => {
            note("interrupted: what there was is in the result");
            ExitStatus::Interrupted
        }
        Some(_) => ExitStatus::Finding,
    })
}
