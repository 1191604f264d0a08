//! The arguments of `reproduce`.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Parser, ValueEnum};

use super::cluster::Cluster;
use super::engine::Engine;
use super::shard::Shard;
use crate::experiment::{Device, Profile, Scope, Seeds, default_data_dir};
use crate::report::TableFormat;
use crate::workspace::default_out;

/// Arguments of `reproduce`.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
#[derive(Debug, Parser)]
pub struct ReproduceArgs {
    /// Experiments or groups to run [default: the group that --list says].
    pub names: Vec<String>,
    /// Run every experiment but those that are built on demand, which `real-data` or a name asks
    /// for.
    #[arg(long, conflicts_with = "names")]
    pub all: bool,
    /// List the experiments and the claims they check, and stop.
    #[arg(long)]
    pub list: bool,
    /// How much to run.
    #[arg(long, value_enum, default_value_t = Profile::Paper)]
    pub profile: Profile,
    /// Number of seeds, instead of the profile's own, or a range of them, such as 101-200.
    #[arg(long, value_name = "N|A-B")]
    pub seeds: Option<Seeds>,
    /// Number of threads [default: SLURM_CPUS_PER_TASK, else one for each processor].
    #[arg(long, short, value_name = "N", value_parser = parse_jobs)]
    pub jobs: Option<NonZeroUsize>,
    /// Folder of the report and of the finished cells.
    #[arg(long, value_name = "DIR", default_value_os_t = default_out())]
    pub out: PathBuf,
    /// Keep the cells that are already finished (this is the default).
    #[arg(long)]
    pub resume: bool,
    /// Discard the cells that are already finished.
    #[arg(long, conflicts_with = "resume")]
    pub fresh: bool,
    /// When a cell fails, run the others all the same.
    #[arg(long)]
    pub keep_going: bool,
    /// Run the I-th of N parts of the cells, and write no report [default: a task of a Slurm job array runs
    /// its part].
    #[arg(long, value_name = "I/N", help_heading = "Several machines")]
    pub shard: Option<Shard>,
    /// The same in N parts, of which the task of a job array runs its own (Slurm, PBS, Kubernetes, HyperQueue).
    #[arg(long, value_name = "N", conflicts_with = "shard", help_heading = "Several machines")]
    pub shards: Option<NonZeroUsize>,
    /// Run nothing, and write the report of the cells in these folders and in --out.
    #[arg(
        long,
        value_name = "DIR",
        num_args = 0..,
        conflicts_with_all = ["shard", "shards", "fresh"],
        help_heading = "Several machines"
    )]
    pub collect: Option<Vec<PathBuf>>,
    /// Write the scripts of jobs that run all this on a cluster, and print them.
    #[arg(
        long,
        value_enum,
        value_name = "ENGINE",
        conflicts_with_all = ["shard", "shards", "collect", "fresh", "dry_run"],
        help_heading = "Clusters"
    )]
    pub submit: Option<Engine>,
    /// Submit them.
    #[arg(long, requires = "submit", help_heading = "Clusters")]
    pub run: bool,
    /// A TOML file with the settings of the cluster: those below, and `directives` and `setup`.
    #[arg(long = "cluster", value_name = "FILE", requires = "submit", help_heading = "Clusters")]
    pub cluster_file: Option<PathBuf>,
    /// What each job asks for.
    #[command(flatten)]
    pub cluster: Cluster,
    /// What the folder of a submitted study says, if it is shared.
    #[arg(long, value_name = "ID", hide = true)]
    pub study: Option<String>,
    /// Write every table, and that of the claims, in this format too, into the folder `tables`.
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub tables: Option<TableFormat>,
    /// Say what would be run and how long it would take, and stop.
    #[arg(long)]
    pub dry_run: bool,
    /// Folder of the data files [default: MIRRORHEAD_DATA_DIR, else `data` in the workspace].
    #[arg(long, value_name = "DIR", help_heading = "Real data")]
    pub data_dir: Option<PathBuf>,
    /// What trains the deep models.
    #[arg(long, value_enum, default_value_t = Device::Cpu, help_heading = "Real data")]
    pub device: Device,
    /// Compute the gradients of a batch this many samples at a time, and add them: takes less memory.
    #[arg(long, value_name = "N", help_heading = "Real data")]
    pub micro_batch: Option<NonZeroUsize>,
    /// Sentences with their decisive words [default: those in the data folder].
    #[arg(long, value_name = "FILE", help_heading = "Real data")]
    pub sentences: Option<PathBuf>,
}

/// More threads than any machine has processors for.
const MOST_JOBS: usize = 1024;

fn parse_jobs(text: &str) -> Result<NonZeroUsize, String> {
    text.parse()
        .ok()
        .filter(|jobs: &NonZeroUsize| jobs.get() <= MOST_JOBS)
        .ok_or_else(|| format!("the number of threads must be from 1 to {MOST_JOBS}"))
}

impl ReproduceArgs {
    /// The number of threads: as asked for, else what a Slurm task may use, else one for each processor.
    pub fn jobs(&self) -> usize {
        let allotted = || std::env::var("SLURM_CPUS_PER_TASK").ok()?.parse().ok();
        let processors = || std::thread::available_parallelism().ok();
        self.jobs.or_else(allotted).or_else(processors).map_or(1, NonZeroUsize::get)
    }

    /// The words that ask for the same experiments, cells and settings, on whichever machine.
    pub fn what_to_run(&self) -> Vec<OsString> {
        let path = |path: &PathBuf| -> OsString {
            std::path::absolute(path).unwrap_or_else(|_| path.clone()).into()
        };
        let options: [(&str, Option<OsString>); 7] = [
            ("--profile", self.profile.to_possible_value().map(|value| value.get_name().into())),
            ("--seeds", self.seeds.map(|seeds| seeds.to_string().into())),
            ("--jobs", self.jobs.map(|jobs| jobs.to_string().into())),
            ("--data-dir", self.data_dir.as_ref().map(path)),
            ("--device", (self.device != Device::Cpu).then(|| self.device.name().into())),
            ("--micro-batch", self.micro_batch.map(|samples| samples.to_string().into())),
            ("--sentences", self.sentences.as_ref().map(path)),
        ];
        let flags = [("--all", self.all), ("--keep-going", self.keep_going)];
        let flags = flags.into_iter().filter(|(_, given)| *given).map(|(flag, _)| flag.into());
        let given = options.into_iter().filter_map(|(name, value)| Some([name.into(), value?]));
        flags.chain(self.names.iter().map(Into::into)).chain(given.flatten()).collect()
    }

    /// The part of the experiments that is asked for.
    pub fn scope(&self) -> Scope {
        Scope {
            profile: self.profile,
            seeds: self.seeds,
            device: self.device,
            micro_batch: self.micro_batch,
            data_dir: self.data_dir.clone().unwrap_or_else(default_data_dir),
            sentences: self.sentences.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_are_limited() {
        assert_eq!(parse_jobs("1024").unwrap().get(), 1024);
        for text in ["0", "-1", "1025", "100000", "many"] {
            assert!(parse_jobs(text).unwrap_err().contains("1 to 1024"), "{text}");
        }
    }
}
