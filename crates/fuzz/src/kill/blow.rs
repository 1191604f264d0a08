//! When a process is killed: at a time, at a change of its files, at a system call.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::{sleep, yield_now};
use std::time::{Duration, Instant, SystemTime};

use mirrorhead_fuzz::SplitMix;

/// What can tell the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arm {
    /// The clock.
    Clock,
    /// The files of the run.
    Files,
    /// `strace`, which stops a process at its system calls, where it is installed and allowed.
    Calls,
}

/// A moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blow {
    /// After this time.
    After(Duration),
    /// When files have changed so many times.
    Change(u64),
    /// When a thread makes this call to the system that concerns files, counted from 1.
    Call(u64),
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It was killed.
    Killed,
    /// By itself, with this status.
    Itself(i32),
}

/// The calls that concern files; a question mark before what not every processor has.
const CALLS: &str = "openat,write,pwrite64,?rename,?renameat,?renameat2,?unlink,?unlinkat,?mkdir,?mkdirat,\
                     fsync,fdatasync,ftruncate,flock,close";

impl Arm {
    /// Those that work here.
    pub fn at_hand() -> Vec<Self> {
        let mut arms = vec![Self::Clock, Self::Files];
        let mut trial = strace(1, &Command::new("true"));
        if trial.stderr(Stdio::null()).status().is_ok_and(|status| end(status) == End::Killed) {
            arms.push(Self::Calls);
        }
        arms
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Clock => "at a time",
            Self::Files => "at a change of a file",
            Self::Calls => "at a system call",
        }
    }

    /// A moment of a run that takes this long, or so many events.
    pub fn blow(self, duration: Duration, most: u64, random: &mut SplitMix) -> Blow {
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let event = random.below(most.max(1)) as u64 + 1;
        match self {
            Self::Clock => Blow::After(duration.mul_f64(random.below(1000) as f64 / 1000.0)),
            Self::Files => Blow::Change(event),
            Self::Calls => Blow::Call(event),
        }
    }
}

impl Blow {
    /// Runs a command that keeps its files in `folder`, and kills it.
    pub fn strike(self, command: Command, folder: &Path) -> io::Result<End> {
        match self {
            Self::After(time) => {
                let start = Instant::now();
                kill_when(command, || {
                    sleep(Duration::from_micros(200));
                    start.elapsed() >= time
                })
            }
            Self::Change(number) => {
                let (mut seen, mut changes) = (files(folder), 0);
                kill_when(command, || {
                    yield_now();
                    let now = files(folder);
                    changes += u64::from(now != seen);
                    seen = now;
                    changes >= number
                })
            }
            Self::Call(number) => Ok(end(strace(number, &command).status()?)),
        }
    }
}

/// Runs a command to its end; its folder is there then.
pub fn undisturbed(command: &mut Command, folder: &Path) -> io::Result<End> {
    fs::create_dir_all(folder)?;
    Ok(end(command.status()?))
}

/// The command under `strace`, which kills it at the call of this number.
fn strace(number: u64, command: &Command) -> Command {
    let mut traced = Command::new("strace");
    traced.args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={CALLS}"), "-e"]);
    traced.arg(format!("inject={CALLS}:signal=KILL:when={number}"));
    traced.arg(command.get_program()).args(command.get_args());
    traced.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    traced
}

/// Kills a process as soon as it is time.
fn kill_when(mut command: Command, mut is_time: impl FnMut() -> bool) -> io::Result<End> {
    let mut child: Child = command.spawn()?;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(end(status));
        }
        if is_time() {
            child.kill()?;
            return Ok(end(child.wait()?));
        }
    }
}

fn end(status: ExitStatus) -> End {
    status.code().map_or(End::Killed, End::Itself)
}

/// The files below a folder, with their sizes and times.
fn files(folder: &Path) -> BTreeMap<PathBuf, (u64, Option<SystemTime>)> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let Ok(about) = entry.metadata() else { continue };
            if about.is_dir() {
                folders.push(entry.path());
            }
            found.insert(entry.path(), (about.len(), about.modified().ok()));
        }
    }
    found
}
