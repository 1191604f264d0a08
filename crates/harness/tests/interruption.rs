//! Long cells under Ctrl-C and `kill -9`, in a process of its own: this test is that program too.

use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use clap::Parser;
use mirrorhead_harness::{
    About, Build, CellContext, CellError, Claim, Entry, ExitStatus, Experiment, Obtained, Registry,
    ReproduceArgs, Scope, Summary, reproduce,
};

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some("reproduce") {
        let build =
            Build { version: "1", git_revision: None, code_fingerprint: "code", rustc: "rustc" };
        let entries = [&TRAINING, &DEAF, &STUBBORN]
            .map(|experiment| Entry { experiment, fingerprint: "code" });
        let registry = Registry::new(build, "long").with(&entries);
        return Program::parse().run(&registry).into();
    }
    if cfg!(unix) {
        an_interrupted_cell_stops_at_a_checkpoint_and_goes_on_from_there();
        a_killed_cell_loses_no_more_than_a_step();
        a_cell_that_never_asks_is_not_waited_for();
        a_second_interruption_ends_at_once();
        two_processes_run_a_cell_once();
        a_cell_of_a_killed_process_is_taken_over();
    }
    ExitCode::SUCCESS
}

/// The command line.
#[derive(Parser)]
enum Program {
    Reproduce(ReproduceArgs),
}

impl Program {
    fn run(self, registry: &Registry) -> ExitStatus {
        let Self::Reproduce(args) = self;
        reproduce(&args, registry).unwrap()
    }
}

/// What a cell does.
enum Kind {
    /// Adds up the squares of `1..=STEPS`, with a checkpoint after every step, and a line in the log.
    Training,
    /// Takes long and never asks whether it shall stop.
    Deaf,
    /// Asks and goes on.
    Stubborn,
}

const SUM: Claim = Claim { key: "sum", statement: "the sum", expected: "338350" };

struct Long(&'static str, Kind);

static TRAINING: Long = Long("training", Kind::Training);
static DEAF: Long = Long("deaf", Kind::Deaf);
static STUBBORN: Long = Long("stubborn", Kind::Stubborn);

const STEPS: u64 = 100;
const STEP: Duration = Duration::from_millis(4);
const LONG: Duration = Duration::from_mins(10);

impl Experiment for Long {
    type Config = u64;
    type Outcome = u64;

    fn about(&self) -> About {
        About { name: self.0, group: "long", title: "Long", setting: "", expectation: "" }
    }

    fn claims(&self) -> Vec<Claim> {
        vec![SUM]
    }

    fn cells(&self, _: &Scope) -> Vec<u64> {
        vec![STEPS]
    }

    fn label(&self, _: &u64) -> String {
        "the only one".into()
    }

    fn cost_seconds(&self, _: &u64) -> f64 {
        1.0
    }

    fn run_cell(&self, steps: &u64, context: &dyn CellContext) -> Result<u64, CellError> {
        let note = |line: &str| {
            let log =
                OpenOptions::new().append(true).create(true).open(context.data_dir().join(self.0));
            log.and_then(|mut log| writeln!(log, "{line}")).map_err(CellError::from)
        };
        match self.1 {
            Kind::Training => train(*steps, context, note),
            Kind::Deaf => {
                note("started")?;
                sleep(LONG);
                Ok(0)
            }
            Kind::Stubborn => {
                context.interrupted();
                note("started")?;
                sleep(LONG);
                Ok(0)
            }
        }
    }

    fn summarise(&self, cells: &[(u64, u64)]) -> Summary {
        let text = format!("{cells:?}");
        let held = cells == [(STEPS, 338_350)];
        let obtained = Obtained { text, measurements: Vec::new(), n: cells.len() };
        Summary { findings: vec![SUM.judged(held, obtained)], ..Summary::default() }
    }
}

fn train(
    steps: u64,
    context: &dyn CellContext,
    note: impl Fn(&str) -> Result<(), CellError>,
) -> Result<u64, CellError> {
    let folder = context.checkpoints()?;
    let saved = fs::read_to_string(folder.join("sum")).unwrap_or_else(|_| "0 0".into());
    let numbers: Vec<u64> = saved.split(' ').filter_map(|number| number.parse().ok()).collect();
    let mut sum = numbers[1];
    for k in numbers[0] + 1..=steps {
        sleep(STEP);
        sum += k * k;
        note(&k.to_string())?;
        fs::write(folder.join("new"), format!("{k} {sum}"))?;
        fs::rename(folder.join("new"), folder.join("sum"))?;
        context.report(k as f64 / steps as f64, "adding");
        if context.interrupted() {
            return Err(CellError::Interrupted);
        }
    }
    Ok(sum)
}

/// A run in a folder of its own, with the log of the cells' steps.
struct Running {
    folder: PathBuf,
    child: Child,
}

impl Running {
    fn start(folder: &Path, names: &[&str]) -> Self {
        let child = Command::new(std::env::current_exe().unwrap())
            .arg("reproduce")
            .args(names)
            .args(["--jobs", "2", "--data-dir"])
            .arg(folder)
            .arg("--out")
            .arg(folder.join("out"))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Self { folder: folder.to_owned(), child }
    }

    /// Waits until an experiment's log has this many lines.
    fn reaches(&self, name: &str, lines: usize) -> &Self {
        let start = Instant::now();
        while log(&self.folder, name).len() < lines {
            assert!(start.elapsed() < Duration::from_mins(1), "{name} doesn't get to {lines}");
            sleep(Duration::from_millis(2));
        }
        self
    }

    fn signal(&self, signal: &str) {
        Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
    }

    /// The status it ends with, and what it says until then.
    fn end(mut self) -> (Option<i32>, String) {
        let start = Instant::now();
        let mut said = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        let status = self.child.wait().unwrap().code();
        assert!(start.elapsed() < LONG / 10, "it waited for a cell that takes long");
        (status, said)
    }
}

/// The lines that an experiment's cells wrote.
fn log(folder: &Path, name: &str) -> Vec<String> {
    let log = fs::read_to_string(folder.join(name)).unwrap_or_default();
    log.lines().map(Into::into).collect()
}

fn checkpoints(folder: &Path) -> usize {
    fs::read_dir(folder.join("out/checkpoints/training")).map_or(0, Iterator::count)
}

/// Runs the training to its end in a folder where it was stopped, and says how many steps were done
/// twice.
fn repeated_after_resuming(folder: &Path) -> usize {
    assert_eq!(checkpoints(folder), 1);
    assert!(!folder.join("out/report.json").exists());
    let (status, said) = Running::start(folder, &["training"]).end();
    assert_eq!((status, said.as_str()), (Some(0), ""));
    assert!(!folder.join("out/checkpoints").exists());
    let mut steps = log(folder, "training");
    let all = steps.len();
    steps.dedup();
    let expected: Vec<String> = (1..=STEPS).map(|k| k.to_string()).collect();
    assert_eq!(steps, expected);
    all - steps.len()
}

fn an_interrupted_cell_stops_at_a_checkpoint_and_goes_on_from_there() {
    let temp = tempfile::tempdir().unwrap();
    let run = Running::start(temp.path(), &["training"]);
    run.reaches("training", 10).signal("-INT");
    let (status, said) = run.end();
    assert_eq!(status, Some(130), "{said}");
    for part in ["1 cell stops at the next checkpoint", "same command again"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(log(temp.path(), "training").len() < 90, "it didn't stop");
    assert_eq!(repeated_after_resuming(temp.path()), 0);
}

fn a_killed_cell_loses_no_more_than_a_step() {
    let temp = tempfile::tempdir().unwrap();
    let run = Running::start(temp.path(), &["training"]);
    run.reaches("training", 10).signal("-KILL");
    assert_eq!(run.end().0, None);
    assert!(repeated_after_resuming(temp.path()) <= 1);
}

fn a_cell_that_never_asks_is_not_waited_for() {
    let temp = tempfile::tempdir().unwrap();
    let run = Running::start(temp.path(), &["deaf"]);
    run.reaches("deaf", 1).signal("-INT");
    let (status, said) = run.end();
    assert!(status == Some(130) && said.contains("same command again"), "{said}");

    let run = Running::start(temp.path(), &["training", "deaf"]);
    run.reaches("deaf", 2).reaches("training", 10).signal("-INT");
    let (status, said) = run.end();
    assert!(status == Some(130) && said.contains("1 cell stops"), "{said}");
    assert_eq!(repeated_after_resuming(temp.path()), 0);
}

fn a_second_interruption_ends_at_once() {
    let temp = tempfile::tempdir().unwrap();
    let mut run = Running::start(temp.path(), &["stubborn"]);
    run.reaches("stubborn", 1).signal("-INT");
    let mut said = BufReader::new(run.child.stderr.as_mut().unwrap());
    let mut line = String::new();
    while !line.contains("once more ends at once") {
        assert_ne!(said.read_line(&mut line).unwrap(), 0, "{line}");
    }
    assert_eq!(run.child.try_wait().unwrap(), None);
    run.signal("-INT");
    assert_eq!(run.end().0, Some(130));
}

fn two_processes_run_a_cell_once() {
    let temp = tempfile::tempdir().unwrap();
    let first = Running::start(temp.path(), &["training"]);
    first.reaches("training", 1);
    let second = Running::start(temp.path(), &["training"]);
    let ((one, _), (two, said)) = (first.end(), second.end());
    assert_eq!((one, two), (Some(0), Some(0)), "{said}");
    assert!(said.contains("waiting for cells that another process is running"), "{said}");
    assert_eq!(log(temp.path(), "training").len(), usize::try_from(STEPS).unwrap());
    assert!(!temp.path().join("out/running").exists());
}

fn a_cell_of_a_killed_process_is_taken_over() {
    let temp = tempfile::tempdir().unwrap();
    let first = Running::start(temp.path(), &["training"]);
    first.reaches("training", 10);
    let second = Running::start(temp.path(), &["training"]);
    first.signal("-KILL");
    first.end();
    assert_eq!(second.end().0, Some(0));
    // From the checkpoint: at most the step that was lost is done again.
    let steps = log(temp.path(), "training").len() - usize::try_from(STEPS).unwrap();
    assert!(steps <= 1, "{steps} steps were done again");
}
