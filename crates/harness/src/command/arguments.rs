//! The arguments of `reproduce`.

use std::num::{NonZeroU64, NonZeroUsize};
use std::path::PathBuf;

use clap::Parser;

use super::shard::Shard;
use crate::experiment::{Device, Profile, Scope, default_data_dir};
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
    /// Number of seeds, instead of the profile's own.
    #[arg(long, value_name = "N")]
    pub seeds: Option<NonZeroU64>,
    /// The first seed: another one shows whether a verdict depends on the seeds.
    #[arg(long, value_name = "N", default_value_t = NonZeroU64::MIN)]
    pub first_seed: NonZeroU64,
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
    /// Run nothing, and write the report of the cells in these folders and in --out.
    #[arg(
        long,
        value_name = "DIR",
        num_args = 1..,
        conflicts_with_all = ["shard", "fresh"],
        help_heading = "Several machines"
    )]
    pub collect: Vec<PathBuf>,
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

    /// The part of the experiments that is asked for.
    pub fn scope(&self) -> Scope {
        Scope {
            profile: self.profile,
            seeds: self.seeds.map(NonZeroU64::get),
            first_seed: self.first_seed.get(),
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
