//! Commands of the workspace: `cargo xtask COMMAND`.

// Printing macros panic where nobody takes what they print: a full disk, a reader that has gone away.
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod architecture;
mod book;
mod check;
mod doc;
mod explore;
mod figures;
mod formulas;
mod fuzz;
mod gpu;
mod import_rules;
mod imports;
mod kill_test;
mod output;
mod package;
mod pages;
mod paths;
mod repro;
mod tidy;
mod workspace;

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use output::note;

const HELP: &str = "\
Commands of the Mirrorhead workspace.

Usage: cargo xtask COMMAND [ARGS...]

  reproduce [NAME...]   recompute the paper's experiments and write a report (--list, --help)
  attgd FILE --p P      train attention on your own data, and certify its direction (--help)
  attsvm FILE --p P     solve the attention SVM of a selection on your own data (--help)
  svm FILE --p P        fit a certified SVM to rows with labels, without attention (--help)
  verify RESULT FILE    check what a result.json proves, in exact arithmetic (--help)

  figures [DIR]         make PDF and PNG of a report's drawings, in DIR (out)

  bench [FILTER]        run the benchmarks of every crate
  bench svm [ARGS...]   measure the SVM solver beside Clarabel, as it grows, and on text (--help)
  explore-properties    run the property tests on other random cases than the pinned ones (--seeds N)
  book [--check]        build the book of docs/ with mdBook, and check its links and examples (--open)
  check                 everything that a change must pass: formatting, lints, docs, tests, tidy
  doc [ARGS...]         build the documentation with its formulas typeset, and check them (--open)
  fuzz [TARGET]         try mutated inputs on readers, constructors and solvers (--seconds N, --help)
  gpu [DIR]             pack a program and a script to carry to a machine with a GPU (--device D, --help)
  kill-test             kill training and reproduction, and compare what they end with (--rounds N, --help)
  package [ARGS...]     pack the crates that are published, with `cargo package`
  tidy                  check the architecture: dependencies between crates, and rules of the sources
";

fn main() -> ExitCode {
    // File names need not be UTF-8; what is compared or shown may be.
    let given: Vec<OsString> = std::env::args_os().skip(1).collect();
    let args: Vec<String> = given.iter().map(|arg| arg.to_string_lossy().into_owned()).collect();
    let (command, rest) = args.split_first().map_or(("help", &[][..]), |(c, r)| (c.as_str(), r));
    match command {
        "reproduce" | "attgd" | "attsvm" | "svm" | "verify" => repro::run(&given),
        "bench" => check::bench(rest),
        "book" => book::run(rest),
        "check" => check::all(),
        "doc" => doc::run(rest),
        "explore-properties" => explore::run(rest),
        "figures" => figures::run(&given[1..]),
        "fuzz" => fuzz::run(rest),
        "gpu" => gpu::run(rest),
        "kill-test" => kill_test::run(rest),
        "package" => package::run(rest),
        "tidy" => tidy::run(),
        "help" | "--help" | "-h" => {
            // A reader that has gone away wants no help.
            let _ = std::io::stdout().write_all(HELP.as_bytes());
            ExitCode::SUCCESS
        }
        unknown => {
            note(&format!("error: there is no command `{unknown}`\n\n{HELP}"));
            ExitCode::from(2)
        }
    }
}
