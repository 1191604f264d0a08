//! A study on a Slurm of its own: the daemons are started in a private folder, and stopped by their numbers.

use std::fmt::Write;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::hosts::Hosts;
use crate::reproduce::numbers;

/// The hosts of the cluster: each has a daemon of its own, in a network of its own where that can be had.
const HOSTS: [&str; 2] = ["one", "two"];

/// What is run: a part of the quick profile that has every kind of cell.
const STUDY: [&str; 7] =
    ["synthetic", "rates", "paths", "margins", "factored", "--profile", "quick"];

/// Longer than anything here takes on a machine that has much else to do.
const PATIENCE: Duration = Duration::from_mins(5);

/// A running cluster.
struct Cluster {
    folder: PathBuf,
    daemons: Vec<Child>,
    hosts: Option<Hosts>,
}

impl Cluster {
    fn start(folder: &Path) -> Self {
        for name in ["munge", "log", "state"] {
            fs::create_dir(folder.join(name)).unwrap();
        }
        let hosts = Hosts::start(&HOSTS);
        let cluster = Self { folder: folder.to_owned(), daemons: Vec::new(), hosts };
        cluster.configure();
        cluster.with_daemons()
    }

    /// Writes `slurm.conf` and the key of the private munge.
    fn configure(&self) {
        use std::os::unix::fs::PermissionsExt;
        let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
        let host = host.trim().split('.').next().unwrap();
        let folder = self.folder.display();
        let port = 20_000 + std::process::id() % 20_000;
        let hosts = self.hosts.as_ref();
        let own = hosts.map_or_else(|| "127.0.0.1".into(), Hosts::this);
        let mut text = format!(
            "ClusterName=test\nSlurmctldHost={host}({own})\nAuthType=auth/munge\nAuthInfo=socket={folder}/munge/socket\n\
             SlurmUser=root\nSlurmdUser=root\nMpiDefault=none\nProctrackType=proctrack/pgid\n\
             TaskPlugin=task/none\nReturnToService=2\nSlurmctldPidFile={folder}/slurmctld.pid\n\
             SlurmdPidFile={folder}/slurmd-%n.pid\nSlurmctldLogFile={folder}/log/slurmctld\n\
             SlurmdLogFile={folder}/log/slurmd-%n\nStateSaveLocation={folder}/state\n\
             SlurmdSpoolDir={folder}/spool-%n\nSlurmctldPort={port}\nSchedulerType=sched/backfill\n\
             SelectType=select/cons_tres\nSelectTypeParameters=CR_Core\nKillWait=2\n\
             AccountingStorageType=accounting_storage/none\nJobAcctGatherType=jobacct_gather/none\n"
        );
        for (at, name) in (1..).zip(HOSTS) {
            let port = port + at;
            let place = match hosts {
                Some(hosts) => format!("NodeAddr={}", hosts.address(name)),
                None => format!("NodeHostname={host} NodeAddr=127.0.0.1"),
            };
            writeln!(text, "NodeName={name} {place} Port={port} CPUs=1 State=UNKNOWN").unwrap();
        }
        let hosts = HOSTS.join(",");
        writeln!(text, "PartitionName=main Nodes={hosts} Default=YES State=UP").unwrap();
        fs::write(self.folder.join("slurm.conf"), text).unwrap();
        let key = self.folder.join("munge/key");
        fs::write(&key, [7; 128]).unwrap();
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        fs::set_permissions(self.folder.join("munge"), fs::Permissions::from_mode(0o700)).unwrap();
    }

    fn with_daemons(mut self) -> Self {
        let munge = |name: &str, file: &str| {
            format!("--{name}={}", self.folder.join("munge").join(file).display())
        };
        let munge = [
            "--foreground".to_owned(),
            "--force".into(),
            munge("socket", "socket"),
            munge("key-file", "key"),
            munge("pid-file", "pid"),
            munge("log-file", "log"),
            munge("seed-file", "seed"),
        ];
        let munge: Vec<&str> = munge.iter().map(String::as_str).collect();
        self.daemon(Command::new("munged"), "munged", &munge);
        let socket = self.folder.join("munge/socket");
        wait_for("munge", || socket.exists());
        let config = self.folder.join("slurm.conf").display().to_string();
        self.daemon(Command::new("slurmctld"), "slurmctld", &["-D", "-f", &config]);
        for host in HOSTS {
            let args = ["-D", "-f", &config, "-N", host];
            let command = self.hosts.as_ref().map(|hosts| hosts.command(host));
            match command {
                Some(command) => self.daemon(command, host, &[&["slurmd"], &args[..]].concat()),
                None => self.daemon(Command::new("slurmd"), host, &args),
            }
        }
        wait_for("the nodes", || self.says("sinfo", &["-h", "-t", "idle", "-o", "%D"]) == "2");
        self
    }

    fn daemon(&mut self, mut command: Command, name: &str, args: &[&str]) {
        let log = |end: &str| {
            File::create(self.folder.join("log").join(format!("{name}.{end}"))).unwrap()
        };
        let child = command.args(args).stdout(log("out")).stderr(log("err")).spawn();
        self.daemons.push(child.unwrap_or_else(|error| panic!("{name}: {error}")));
    }

    /// Runs a program that finds this cluster.
    fn run(&self, program: &str, args: &[&str]) -> Output {
        let mut command = Command::new(program);
        command.args(args).env("SLURM_CONF", self.folder.join("slurm.conf")).stdin(Stdio::null());
        command.output().unwrap()
    }

    fn says(&self, program: &str, args: &[&str]) -> String {
        String::from_utf8_lossy(&self.run(program, args).stdout).trim().to_owned()
    }

    /// The state of a job or a task, such as `RUNNING`; nothing once it is forgotten.
    fn state(&self, job: &str) -> String {
        self.says("squeue", &["-h", "-t", "all", "-j", job, "-o", "%T"])
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for daemon in self.daemons.iter_mut().rev() {
            // Asked to end first, so that what it has started ends too.
            let _ = Command::new("kill").arg(daemon.id().to_string()).status();
            let start = Instant::now();
            while daemon.try_wait().is_ok_and(|status| status.is_none()) {
                if start.elapsed() > Duration::from_secs(10) {
                    let _ = daemon.kill();
                }
                sleep(Duration::from_millis(50));
            }
        }
    }
}

fn wait_for(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < PATIENCE, "{what}: waited in vain");
        sleep(Duration::from_millis(100));
    }
}

/// The report without what a run on several machines has besides its numbers.
fn comparable(out: &Path) -> Value {
    let mut report = numbers(out);
    for field in ["machines", "ran_on"] {
        report.as_object_mut().unwrap().remove(field);
    }
    report
}

#[test]
#[ignore = "starts a Slurm of its own; .ci/run runs it where slurmctld is installed"]
fn an_array_of_four_with_a_task_killed_has_the_numbers_of_one_machine() {
    let temp = tempfile::tempdir().unwrap();
    let (one, out) = (temp.path().join("alone"), temp.path().join("shared"));
    let cluster = Cluster::start(temp.path());
    let mirrorhead = env!("CARGO_BIN_EXE_mirrorhead-repro");
    let reproduce = |out: &Path, more: &[&str]| {
        let out = out.to_str().unwrap();
        let args = [&["reproduce"], &STUDY[..], &["--out", out], more].concat();
        let output = cluster.run(mirrorhead, &args);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (String::from_utf8(output.stdout).unwrap(), said)
    };
    let (submitted, said) = reproduce(&out, &["--submit", "slurm", "--run", "--nodes", "4"]);
    let jobs: Vec<&str> = submitted
        .lines()
        .filter_map(|line| line.split(" as job ").nth(1)?.split(',').next())
        .collect();
    let [array, collect] = jobs[..] else { panic!("{submitted}{said}") };

    // One task is killed in the middle of its work, and queued again.
    let task = format!("{array}_2");
    wait_for("the second task", || cluster.state(&task) == "RUNNING");
    let kept = || fs::read_dir(out.join("cells")).map_or(0, Iterator::count);
    wait_for("the first cells", || kept() > 0);
    let requeued = cluster.run("scontrol", &["requeue", &task]);
    assert!(requeued.status.success(), "{}", String::from_utf8_lossy(&requeued.stderr));
    wait_for("its place in the queue", || cluster.state(&task) == "PENDING");
    // Slurm would let it wait for two minutes.
    cluster.run("scontrol", &["update", &format!("JobId={task}"), "StartTime=now"]);

    // Meanwhile one machine does all of it.
    reproduce(&one, &["--jobs", "1"]);
    wait_for("the report", || {
        ["COMPLETED", "FAILED", "CANCELLED"].contains(&&*cluster.state(collect))
    });
    let logs = || {
        let files = fs::read_dir(out.join("slurm")).unwrap().flatten();
        let text = |path: PathBuf| fs::read_to_string(path).unwrap_or_default();
        files.map(|file| text(file.path())).collect::<Vec<_>>().join("\n")
    };
    assert!(out.join("report.json").exists(), "{}", logs());
    assert_eq!(comparable(&out), comparable(&one));
    let shown = cluster.says("scontrol", &["show", "job", &task]);
    assert!(shown.contains("Restarts=1"), "{shown}");

    // Every cell was run once, and says where.
    let report: Value =
        serde_json::from_slice(&fs::read(out.join("report.json")).unwrap()).unwrap();
    let count = |list: &Value, field: &str| {
        list.as_array().unwrap().iter().map(|item| item[field].as_u64().unwrap()).sum::<u64>()
    };
    let cells: usize = report["experiments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|experiment| experiment["cells"].as_array().unwrap().len())
        .sum();
    assert_eq!(count(&report["ran_on"], "cells"), cells as u64);
    assert_eq!(report["machines"].as_array().unwrap().len(), 4);
    let places = report["ran_on"].as_array().unwrap();
    let hosts: Vec<_> = places.iter().map(|place| place["host"].as_str().unwrap()).collect();
    if cluster.hosts.is_some() {
        assert_eq!(hosts, HOSTS);
    }
    assert!(!out.join("running").exists());
}
