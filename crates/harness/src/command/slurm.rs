//! Job scripts for Slurm.

use std::ffi::OsString;
use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use super::cluster::{Cluster, ClusterError};
use crate::error::ReproError;

/// A job of a study.
pub struct Job {
    /// Its name, also that of its script.
    pub name: String,
    /// The number of tasks of its array; nothing where it is a single one.
    pub tasks: Option<usize>,
    /// The program with its arguments.
    pub command: Vec<OsString>,
    /// A sentence on what it does.
    pub about: String,
}

/// The seconds before its end at which a task is asked to save a checkpoint.
const NOTICE: u32 = 120;

impl Job {
    /// The script of the job, which writes its logs to a folder.
    ///
    /// A task that is asked to end, before its time is over or because another job takes its place, stops at a
    /// checkpoint and is queued again.
    ///
    /// # Errors
    /// A setting with a line break.
    pub fn script(&self, cluster: &Cluster, logs: &Path) -> Result<String, ClusterError> {
        let log = logs.join(if self.tasks.is_some() { "%x-%a.log" } else { "%x.log" });
        let mut directives = vec![format!("--job-name={}", self.name)];
        directives.extend(self.tasks.map(|tasks| format!("--array=1-{tasks}")));
        directives.extend(cluster.slurm_directives()?);
        directives.push("--requeue".into());
        directives.push("--open-mode=append".into());
        directives.push(format!("--signal=B:TERM@{NOTICE}"));
        directives.push(format!("--output=\"{}\"", log.display()));
        let mut script = format!("#!/bin/bash\n# {}\n", self.about);
        for directive in directives {
            // Writing to a string can't fail.
            let _ = writeln!(script, "#SBATCH {directive}");
        }
        for line in &cluster.setup {
            let _ = writeln!(script, "{line}");
        }
        let words: Vec<String> =
            self.command.iter().map(|word| quoted(&word.to_string_lossy())).collect();
        let _ = write!(script, "{} &\n{RUN}", words.join(" "));
        Ok(script)
    }
}

/// Waits for the program. The shell alone hears that its time is over, and passes it on; the program ends with
/// 130 when it has stopped at a checkpoint.
const RUN: &str = r#"program=$!
trap 'kill -TERM "$program" 2>/dev/null' TERM
wait "$program"
while kill -0 "$program" 2>/dev/null; do wait "$program"; done
wait "$program"
status=$?
if [ "$status" -eq 130 ]; then
  scontrol requeue "${SLURM_ARRAY_JOB_ID:+${SLURM_ARRAY_JOB_ID}_}${SLURM_ARRAY_TASK_ID:-$SLURM_JOB_ID}" && sleep 60
fi
exit "$status"
"#;

/// A word for the shell.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,%+@".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// What `sbatch` is called with: the script comes last.
pub fn arguments(after: Option<&str>) -> Vec<String> {
    let after = after.map(|job| format!("--dependency=afterok:{job}"));
    let mut arguments = vec!["--parsable".to_owned()];
    // A job whose dependency has failed would wait for ever.
    arguments
        .extend(after.into_iter().flat_map(|after| [after, "--kill-on-invalid-dep=yes".into()]));
    arguments
}

/// Submits a script, after another job has succeeded, and returns the job's number.
///
/// # Errors
/// There is no `sbatch`, or it refuses.
pub fn submit(script: &Path, after: Option<&str>) -> Result<String, ReproError> {
    let failed = |reason: String| ReproError::Submission { script: script.to_owned(), reason };
    let output = Command::new("sbatch")
        .args(arguments(after))
        .arg(script)
        .output()
        .map_err(|error| failed(format!("can't run sbatch: {error}")))?;
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if !output.status.success() {
        return Err(failed(said(&output.stderr)));
    }
    let number = said(&output.stdout);
    Ok(number.split(';').next().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(tasks: Option<usize>) -> Job {
        let command = ["/opt/my tools/mirrorhead", "reproduce", "it's", "--shards", "4"];
        let (name, about) = ("mirrorhead-1".into(), "The cells.".into());
        Job { name, tasks, command: command.map(Into::into).to_vec(), about }
    }

    #[test]
    fn a_script_asks_for_an_array_and_runs_the_command_with_its_words_quoted() {
        let cluster = Cluster { setup: vec!["module load x".into()], ..Cluster::default() };
        let script = job(Some(4)).script(&cluster, Path::new("/data/out/slurm")).unwrap();
        for line in [
            "#SBATCH --array=1-4",
            "#SBATCH --cpus-per-task=1",
            "#SBATCH --requeue",
            "#SBATCH --output=\"/data/out/slurm/%x-%a.log\"",
            "module load x",
            r"'/opt/my tools/mirrorhead' reproduce 'it'\''s' --shards 4 &",
        ] {
            assert!(script.lines().any(|l| l == line), "{line}: {script}");
        }
        let script = job(None).script(&cluster, Path::new("/data")).unwrap();
        assert!(!script.contains("--array"), "{script}");
    }

    /// The part of the script that waits, with a program instead of ours and the shell's own `scontrol`.
    #[cfg(unix)]
    #[test]
    fn a_task_that_stops_at_a_checkpoint_is_queued_again_and_others_keep_their_status() {
        let run = |program: &str, then: &str| {
            let scontrol = "scontrol() { echo \"$@\"; return 1; }";
            let script = format!("{scontrol}\n{program} &\n{then}\n{RUN}");
            let output = Command::new("bash")
                .args(["-c", &script])
                .env("SLURM_JOB_ID", "9")
                .env("SLURM_ARRAY_JOB_ID", "7")
                .env("SLURM_ARRAY_TASK_ID", "2")
                .output()
                .unwrap();
            (output.status.code(), String::from_utf8_lossy(&output.stdout).trim().to_owned())
        };
        assert_eq!(run("true", ""), (Some(0), String::new()));
        assert_eq!(run("(exit 1)", ""), (Some(1), String::new()));
        assert_eq!(run("(exit 130)", ""), (Some(130), "requeue 7_2".into()));
        // The shell is told that time is over; the program takes its time to stop.
        let program = "bash -c 'trap \"sleep 0.2; exit 130\" TERM; while :; do sleep 0.05; done'";
        let tell = "(sleep 0.3; kill -TERM $$) &\n";
        let script = run(&format!("{tell}{program}"), "");
        assert_eq!(script, (Some(130), "requeue 7_2".into()));
    }
}
