//! What cells cost that cost nothing: `cargo bench -p mirrorhead-harness --bench many_cells -- 100000` runs so many,
//! finds them again, divides them, and collects them; 10,000 without a number.

use std::fs;
use std::path::Path;
use std::time::Instant;

use clap::Parser;
use mirrorhead_harness::{
    About, Build, CellContext, CellError, Claim, Entry, Experiment, Obtained, Registry,
    ReproduceArgs, Scope, Summary, reproduce,
};

/// The numbers of a cell: its file has about two kilobytes.
const NUMBERS: u64 = 64;

const SUM: Claim = Claim { key: "sum", statement: "there are numbers", expected: "some" };

struct Trivial;

impl Experiment for Trivial {
    type Config = u64;
    type Outcome = Vec<f64>;

    fn about(&self) -> About {
        About { name: "trivial", group: "trivial", title: "Trivial", setting: "", expectation: "" }
    }

    fn claims(&self) -> Vec<Claim> {
        vec![SUM]
    }

    fn cells(&self, scope: &Scope) -> Vec<u64> {
        scope.seeds_or(1).collect()
    }

    fn label(&self, seed: &u64) -> String {
        format!("seed {seed}")
    }

    fn cost_seconds(&self, seed: &u64) -> f64 {
        1.0 + (seed % 7) as f64
    }

    fn run_cell(&self, seed: &u64, _: &dyn CellContext) -> Result<Vec<f64>, CellError> {
        Ok((1..=NUMBERS).map(|k| 1.0 / (k * seed) as f64).collect())
    }

    fn summarise(&self, cells: &[(u64, Vec<f64>)]) -> Summary {
        let text = format!("{} cells", cells.len());
        let obtained = Obtained { text, measurements: Vec::new(), n: cells.len() };
        Summary { findings: vec![SUM.judged(!cells.is_empty(), obtained)], ..Summary::default() }
    }
}

fn main() {
    let number = std::env::args().skip(1).find_map(|arg| arg.parse().ok());
    let n: u64 = number.unwrap_or(10_000);
    let build =
        Build { version: "1", git_revision: None, code_fingerprint: "code", rustc: "rustc" };
    let entry = Entry { experiment: &Trivial, fingerprint: "code" };
    let registry = Registry::new(build, "trivial").with(&[entry]);
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("out");
    let mut rows = Vec::new();
    let mut timed = |what: &str, more: &[&str]| {
        let start = Instant::now();
        let words = ["reproduce", "--seeds", &n.to_string(), "--jobs", "2", "--out"];
        let words = words.into_iter().map(Into::into).chain([out.clone().into_os_string()]);
        let args = ReproduceArgs::parse_from(words.chain(more.iter().map(Into::into)));
        reproduce(&args, &registry).expect(what);
        rows.push(format!("{what}: {:.2} s", start.elapsed().as_secs_f64()));
    };
    timed("what is to be run", &["--dry-run"]);
    timed("the first of a hundred shards", &["--shard", "1/100"]);
    timed("all others, and the report", &[]);
    timed("all found finished, and the report", &[]);
    timed("the first of a thousand shards, all found finished", &["--shard", "1/1000"]);
    timed("collected", &["--collect"]);
    println!("{n} cells, on 2 threads");
    for row in &rows {
        println!("  {row}");
    }
    let (files, bytes) = size(&out);
    let size = |name: &str| fs::metadata(out.join(name)).map_or(0, |file| file.len()) / 1_000;
    println!(
        "  {files} files, {} MB; report.json {} kB, index.html {} kB",
        bytes / 1_000_000,
        size("report.json"),
        size("index.html")
    );
}

/// Number of files in a folder, and their bytes.
fn size(folder: &Path) -> (u64, u64) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.fold((0, 0), |(files, bytes), entry| {
        let (more, longer) = match entry.metadata() {
            Ok(data) if data.is_dir() => size(&entry.path()),
            Ok(data) => (1, data.len()),
            Err(_) => (0, 0),
        };
        (files + more, bytes + longer)
    })
}
