//! Shards, collecting, and jobs, as commands: what one machine computes, and errors that name what is wrong.

use std::fs;
use std::path::{Path, PathBuf};

use mirrorhead_harness::{ExitStatus, ReproError, reproduce};
use serde_json::Value;

use crate::sums::{arguments, registry};

/// Folders of one test.
struct Folders(tempfile::TempDir);

impl Folders {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Runs a command of this code with an output folder and other words; `@name` is a folder.
    fn try_run(
        &self,
        code: &'static str,
        out: &str,
        words: &str,
    ) -> Result<ExitStatus, ReproError> {
        let place = |word: &str| match word.strip_prefix('@') {
            Some(name) => self.path(name).display().to_string(),
            None => word.to_owned(),
        };
        let line = format!("{words} --out @{out}");
        let words: Vec<String> = line.split_whitespace().map(place).collect();
        reproduce(&arguments(words.iter().map(String::as_str)), &registry(code))
            .map_err(|error| *error.downcast::<ReproError>().unwrap())
    }

    fn run(&self, out: &str, words: &str) -> ExitStatus {
        self.try_run("code", out, words).unwrap()
    }

    fn report(&self, out: &str) -> Value {
        serde_json::from_slice(&fs::read(self.path(out).join("report.json")).unwrap()).unwrap()
    }

    /// The report without times and places.
    fn numbers(&self, out: &str) -> String {
        let mut report = self.report(out);
        for cell in report["experiments"][0]["cells"].as_array_mut().unwrap() {
            cell["seconds"] = Value::Null;
        }
        format!("{} {}", report["claims"], report["experiments"])
    }
}

#[test]
fn shards_in_folders_of_their_own_have_the_report_of_one_machine() {
    let folders = Folders::new();
    assert_eq!(folders.run("one", "--jobs 3"), ExitStatus::Certified);
    // Each has its own folder: the cell that follows from all is run by whoever collects.
    for shard in 1..=4 {
        let words = format!("--shard {shard}/4 --jobs 1");
        assert_eq!(folders.run(&format!("part-{shard}"), &words), ExitStatus::Certified);
        assert!(!folders.path(&format!("part-{shard}")).join("report.json").exists());
    }
    let collect = "--collect @part-1 @part-2 @part-3 @part-4";
    assert_eq!(folders.run("all", collect), ExitStatus::Differs);
    let missing = folders.report("all");
    assert_eq!(missing["claims"][0]["verdict"], "not_run");
    assert!(missing["claims"][0]["reason"].as_str().unwrap().contains("1 of 12 cells"));
    assert_eq!(missing["machines"].as_array().unwrap().len(), 4);

    // In a shared folder the second round runs it, whichever shard it belongs to.
    for _ in 0..2 {
        for shard in ["1/3", "2/3", "3/3"] {
            assert_eq!(folders.run("shared", &format!("--shard {shard}")), ExitStatus::Certified);
        }
    }
    assert_eq!(folders.run("shared", "--collect"), ExitStatus::Certified);
    assert_eq!(folders.numbers("shared"), folders.numbers("one"));
    let report = folders.report("shared");
    assert_eq!(report["ran_on"][0]["cells"], 12);
    let collected = &report["provenance"];
    assert_eq!((&collected["cells_run"], &collected["cells_reused"]), (&0.into(), &12.into()));
}

#[test]
fn ranges_of_seeds_add_up() {
    let folders = Folders::new();
    folders.run("one", "--seeds 7");
    folders.run("parts", "--seeds 4-7");
    folders.run("parts", "--seeds 7");
    assert_eq!(folders.report("parts")["provenance"]["cells_reused"], 4);
    assert_eq!(folders.numbers("parts"), folders.numbers("one"));
}

#[test]
fn cells_of_other_code_are_refused_and_beside_ours_named() {
    let folders = Folders::new();
    folders.try_run("version one", "old", "").unwrap();
    let error = folders.try_run("version two", "new", "--collect @old").unwrap_err();
    let ReproError::OtherVersion { folder, cells, theirs, ours } = &error else {
        panic!("{error}")
    };
    assert_eq!((folder, *cells), (&folders.path("old"), 12));
    assert_eq!((&theirs[0][..], &ours[..]), ("version version one", "version version two"));
    assert!(!folders.path("new").join("report.json").exists());
    // With some of ours the report is written, and says what is missing.
    folders.try_run("version two", "part", "--shard 1/2").unwrap();
    let status = folders.try_run("version two", "new", "--collect @old @part").unwrap();
    assert_eq!(status, ExitStatus::Differs);
    assert_eq!(folders.report("new")["claims"][0]["verdict"], "not_run");
}

#[test]
fn what_cannot_be_is_an_error_of_its_own() {
    let folders = Folders::new();
    let error = |words: &str| folders.try_run("code", "out", words).unwrap_err();
    assert!(matches!(error("--collect @nowhere"), ReproError::NoFolder { .. }));
    assert!(matches!(error("--shard 1/2 --fresh"), ReproError::FreshShard));
    let not_shared = error("--shard 1/2 --study abc");
    assert!(matches!(not_shared, ReproError::NotShared { .. }), "{not_shared}");
    assert!(!Path::new(&folders.path("out")).exists());
}

#[test]
fn the_scripts_of_a_study_are_written_and_run_by_hand_they_have_the_report_of_one_machine() {
    let folders = Folders::new();
    folders.run("one", "");
    fs::write(folders.path("site.toml"), "nodes = 2\npartition = 'main'\n").unwrap();
    let submit = "--submit slurm --cluster @site.toml --time 1:00:00";
    assert_eq!(folders.run("out", submit), ExitStatus::Certified);
    let script = |name: &str| fs::read_to_string(folders.path("out/slurm").join(name)).unwrap();
    for name in ["mirrorhead-1.sh", "mirrorhead-2.sh"] {
        let script = script(name);
        for line in ["#SBATCH --array=1-2", "#SBATCH --partition=main", "#SBATCH --time=1:00:00"] {
            assert!(script.lines().any(|l| l == line), "{name}, {line}: {script}");
        }
    }
    let collect = script("mirrorhead-collect.sh");
    assert!(!collect.contains("--array") && collect.contains("--collect &"), "{collect}");
    // The mark of the folder that the scripts name is there.
    let study = collect.split("--study ").nth(1).unwrap().split(' ').next().unwrap();
    for words in ["--shard 1/2", "--shard 2/2", "--shard 1/2", "--shard 2/2", "--collect"] {
        assert_eq!(folders.run("out", &format!("--study {study} {words}")), ExitStatus::Certified);
    }
    assert_eq!(folders.numbers("out"), folders.numbers("one"));
}
