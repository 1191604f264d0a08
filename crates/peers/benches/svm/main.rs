//! The SVM solver beside others, on random attention SVMs and on text: `cargo xtask bench svm`.

// Times and counts of words, no results.
#![allow(clippy::disallowed_methods)]

#[path = "../../tests/conic/mod.rs"]
mod conic;
mod contest;
mod features;
mod formulations;
mod instance;
mod measurement;
mod record;
mod reviews;
mod scaling;
mod table;
mod text;

use mirrorhead_svm::Norm;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};

use measurement::Request;
use record::Record;

/// Measures the SVM solver, beside Clarabel where it can follow; every measurement in a process of
/// its own. Tables are printed and saved as target/bench/svm.md, measurements as svm.json.
#[derive(Parser)]
#[command(name = "cargo xtask bench svm")]
struct Arguments {
    /// Only these parts.
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Part>,
    /// Exponents of the contest and of the growing instances.
    #[arg(long, value_delimiter = ',', default_value = "1,1.1,1.5,2,3,10,50,inf")]
    p: Vec<Norm>,
    /// Exponents for text and for the fit.
    #[arg(long, value_delimiter = ',', default_value = "1.5,2,3")]
    few: Vec<Norm>,
    /// Numbers of film reviews to learn from.
    #[arg(long, value_delimiter = ',', default_value = "500,2000")]
    documents: Vec<usize>,
    /// The folder of the film reviews.
    #[arg(long)]
    data_dir: Option<PathBuf>,
    /// Files of labelled rows in svmlight format, to be solved too at the exponents for text.
    #[arg(long)]
    file: Vec<PathBuf>,
    /// Also the largest instances, at this exponent: (500, 64, 96) and (1000, 64, 128), up to hours
    /// and tens of gigabytes.
    #[arg(long)]
    largest: Option<Norm>,
    /// One measurement, as JSON; for the processes that this one starts.
    #[arg(long, hide = true)]
    measure: Option<String>,
    /// Set by cargo when it benchmarks; without it nothing is measured.
    #[arg(long, hide = true)]
    bench: bool,
}

/// A part of the run.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Both solvers on the same attention SVMs.
    Contest,
    /// Our solver on growing attention SVMs.
    Growing,
    /// The exponents of its time.
    Fit,
    /// Linear SVMs on film reviews.
    Text,
    /// Nothing but the files that `--file` names.
    Files,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = match &arguments.measure {
        Some(request) => measure(request),
        None if arguments.bench => run(&arguments),
        None => Ok(()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("error: {reason}");
            ExitCode::FAILURE
        }
    }
}

/// Does one measurement and prints it as JSON.
fn measure(request: &str) -> Result<(), String> {
    let request: Request = serde_json::from_str(request).map_err(|e| e.to_string())?;
    let measured = serde_json::to_string(&request.measure()?).map_err(|e| e.to_string())?;
    println!("{measured}");
    Ok(())
}

fn run(arguments: &Arguments) -> Result<(), String> {
    let machine = machine();
    println!("{machine}");
    let mut record = Record::default();
    let asked = |part| arguments.only.is_empty() || arguments.only.contains(&part);
    if asked(Part::Contest) {
        contest::run(&arguments.p, &mut record);
    }
    if asked(Part::Growing) {
        scaling::growing(&arguments.p, arguments.largest, &mut record);
    }
    if asked(Part::Fit) {
        scaling::fitted(&arguments.few, &mut record);
    }
    if !arguments.file.is_empty() {
        text::run_files(&arguments.file, &arguments.few, &mut record);
    }
    if asked(Part::Text) {
        match reviews::archive(arguments.data_dir.as_deref()) {
            Ok(archive) => {
                text::run(&archive, &arguments.documents, &arguments.few, &mut record);
            }
            Err(missing) => record.say(&missing),
        }
    }
    record.save(&machine)
}

/// The processor and its cores, where the system says.
fn machine() -> String {
    let said = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = said.lines().find_map(|line| line.strip_prefix("model name")?.split(": ").nth(1));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{} with {cores} cores", model.unwrap_or("unknown processor"))
}
