//! `--submit`: the jobs of a study, for the engine of a cluster.

use std::ffi::OsString;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use super::arguments::ReproduceArgs;
use super::cluster::Cluster;
use super::ended::Ended;
use super::plan::Plan;
use super::shard::divide;
use super::slurm::{Job, arguments, submit};
use crate::cells::{OutputFolder, sha256};
use crate::duration::duration;
use crate::error::ReproError;
use crate::exit::ExitStatus;
use crate::experiment::{Cell, Scope};
use crate::machine::host;
use crate::output::say;
use crate::time::now;

/// The folder of scripts and logs, below the output folder.
const FOLDER: &str = "slurm";

/// Writes the scripts of a study, and submits them where that is asked for.
///
/// # Errors
/// Settings that can't be, a folder that can't be written, an engine that refuses.
pub fn submit_study(plan: &Plan, scope: &Scope, args: &ReproduceArgs) -> Ended {
    let file = args.cluster_file.as_deref().map(Cluster::read).transpose()?;
    let cluster = args.cluster.clone().or(file.unwrap_or_default());
    let folder = OutputFolder::open(&args.out)?;
    let out = fs::canonicalize(folder.path())
        .map_err(|source| ReproError::Unwritable { path: args.out.clone(), source })?;
    let study = sha256(format!("{} {} {} {}", host(), out.display(), now(), std::process::id()));
    let study = &study[..16];
    let logs = out.join(FOLDER);
    let mut scripts = Vec::new();
    let program = std::env::current_exe()?.into_os_string();
    for job in jobs(plan, scope, args, &cluster, &out, study, &program) {
        let script = job.script(&cluster, &logs)?;
        let name = Path::new(FOLDER).join(format!("{}.sh", job.name));
        scripts.push((folder.write(name, script.as_bytes())?, script));
    }
    folder.write(mark(study), b"")?;
    say(&if args.run { run(&scripts)? } else { shown(&scripts) });
    Ok(ExitStatus::Certified)
}

/// The jobs of a study, each after those before it: arrays that run cells, as many as cells follow from one
/// another, and one job that collects.
fn jobs(
    plan: &Plan,
    scope: &Scope,
    args: &ReproduceArgs,
    cluster: &Cluster,
    out: &Path,
    study: &str,
    program: &OsString,
) -> Vec<Job> {
    let common = || {
        let mut command = vec![program.clone(), "reproduce".into()];
        command.extend(args.what_to_run());
        command.extend(["--out".into(), out.into(), "--study".into(), study.into()]);
        command
    };
    let tasks = cluster.tasks();
    let cells = plan.cells();
    let cells: Vec<&Cell> = cells.iter().map(|(_, cell)| cell).collect();
    let load = |own: &Vec<usize>| own.iter().map(|at| cells[*at].cost_seconds).sum::<f64>();
    let longest = divide(&cells, tasks).iter().map(load).fold(0.0, f64::max);
    let longest = duration(longest / cluster.threads() as f64);
    let mut jobs: Vec<Job> = (1..=plan.stages(scope))
        .map(|stage| {
            let mut command = common();
            command.extend(["--shards".into(), tasks.to_string().into()]);
            let about = match stage {
                1 => {
                    format!("{} cells, about {longest} of work for the longest task.", cells.len())
                }
                _ => "The cells that follow from those before.".into(),
            };
            Job { name: format!("mirrorhead-{stage}"), tasks: Some(tasks), command, about }
        })
        .collect();
    let mut command = common();
    command.push("--collect".into());
    let about = "The report of all cells.".into();
    jobs.push(Job { name: "mirrorhead-collect".into(), tasks: None, command, about });
    jobs
}

/// The scripts, and how to submit them.
fn shown(scripts: &[(PathBuf, String)]) -> String {
    let (mut text, mut commands) = (String::new(), String::new());
    for (at, (path, script)) in scripts.iter().enumerate() {
        // Writing to a string can't fail.
        let _ = writeln!(text, "# {}\n{script}", path.display());
        let after = (at > 0).then_some("$job");
        let _ =
            writeln!(commands, "job=$(sbatch {} {})", arguments(after).join(" "), path.display());
    }
    let _ = write!(text, "# Not submitted; --run does, or:\n{commands}");
    text
}

/// Submits the scripts one after the other.
fn run(scripts: &[(PathBuf, String)]) -> Result<String, ReproError> {
    let mut text = String::new();
    let mut before: Option<String> = None;
    for (path, _) in scripts {
        let number = submit(path, before.as_deref())?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let after = before.map_or(String::new(), |job| format!(", after {job}"));
        let _ = writeln!(text, "submitted {name} as job {number}{after}");
        before = Some(number);
    }
    Ok(text)
}

/// Whether this folder is the one that a study was submitted with.
///
/// # Errors
/// It isn't: the hosts of the cluster don't share it.
pub fn check_shared(folder: &Path, study: &str) -> Result<(), ReproError> {
    if folder.join(mark(study)).exists() {
        return Ok(());
    }
    Err(ReproError::NotShared { folder: folder.to_owned(), host: host() })
}

/// The file by which a task sees that it has the folder that its study was submitted with.
fn mark(study: &str) -> PathBuf {
    Path::new(FOLDER).join(format!("study-{study}"))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cells::toy::Toy;
    use crate::registry::Entry;

    fn submission(toys: &[&'static Toy], line: &str) -> Vec<Job> {
        let entries: Vec<_> =
            toys.iter().map(|toy| Entry { experiment: *toy, fingerprint: "code" }).collect();
        let args = ReproduceArgs::try_parse_from(line.split(' ')).unwrap();
        let scope = args.scope();
        let plan = Plan::of(&entries, &scope);
        let program = "/bin/mirrorhead".into();
        jobs(&plan, &scope, &args, &args.cluster, Path::new("/shared/out"), "abc", &program)
    }

    fn words(job: &Job) -> String {
        job.command.iter().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_study_has_an_array_for_each_stage_and_a_job_that_collects() {
        static TOY: Toy = Toy::named("toy", "toys");
        static CONTINUING: Toy = Toy { continuing: true, ..Toy::named("continuing", "toys") };
        let line =
            "reproduce toy --profile quick --seeds 3-5 --keep-going --submit slurm --nodes 7";
        let jobs = submission(&[&TOY], line);
        assert_eq!(jobs.iter().map(|job| job.tasks).collect::<Vec<_>>(), [Some(7), None]);
        assert_eq!(
            words(&jobs[0]),
            "/bin/mirrorhead reproduce --keep-going toy --profile quick --seeds 3-5 --out /shared/out \
             --study abc --shards 7"
        );
        assert!(words(&jobs[1]).ends_with("--study abc --collect"));
        let jobs = submission(&[&TOY, &CONTINUING], "reproduce --all --submit slurm");
        assert_eq!(jobs.iter().map(|job| job.tasks).collect::<Vec<_>>(), [Some(4), Some(4), None]);
        assert!(words(&jobs[0]).starts_with("/bin/mirrorhead reproduce --all --profile paper"));
    }

    #[test]
    fn what_a_command_says_is_said_again() {
        let line = "--keep-going a b --profile cpu --seeds 9 --jobs 3 --data-dir /d --device vulkan \
                    --micro-batch 4 --sentences /s";
        let words = ["reproduce"].into_iter().chain(line.split_whitespace());
        let again = ReproduceArgs::try_parse_from(words).unwrap().what_to_run();
        assert_eq!(again, line.split_whitespace().collect::<Vec<_>>());
    }

    #[test]
    fn a_folder_that_is_not_shared_is_an_error_that_names_the_host() {
        let temp = tempfile::tempdir().unwrap();
        let error = check_shared(temp.path(), "abc").unwrap_err();
        assert!(matches!(error, ReproError::NotShared { .. }));
        assert!(
            error.to_string().contains(&host()) && error.to_string().contains("hosts share"),
            "{error}"
        );
        fs::create_dir(temp.path().join(FOLDER)).unwrap();
        fs::write(temp.path().join(mark("abc")), "").unwrap();
        check_shared(temp.path(), "abc").unwrap();
    }
}
