//! Every command of the pages is one that the binary takes, of experiments that there are.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser;
use mirrorhead_repro::{Cli, Command, registry};

/// The commands that `cargo xtask` passes on to the binary.
const PASSED_ON: [&str; 5] = ["reproduce", "attgd", "attsvm", "svm", "verify"];

fn pages(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            pages(&path, found);
        } else if path.extension() == Some(OsStr::new("md")) {
            found.push(path);
        }
    }
}

/// The lines of a page's shell blocks without their comments; lines that end in a backslash go on in the next.
fn shell_lines(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut inside = false;
    for line in text.replace("\\\n", " ").lines() {
        if line.trim_start().starts_with("```") {
            inside = line.trim() == "```sh";
        } else if inside {
            let code = line.split(" #").next().unwrap_or_default().trim();
            lines.push(code.to_owned());
        }
    }
    lines
}

/// A summary of a command's options (`[--out DIR]`, `FILE`) is for reading only.
fn is_summary(line: &str) -> bool {
    let in_capitals = |word: &str| word.len() > 1 && word.chars().all(|c| c.is_ascii_uppercase());
    line.contains('[') || line.split_whitespace().any(in_capitals)
}

#[test]
fn every_command_of_the_pages_is_taken() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut found = vec![root.join("README.md")];
    pages(&root.join("docs"), &mut found);
    let registry = registry();
    let mut taken = 0;
    for page in found {
        for line in shell_lines(&fs::read_to_string(&page).unwrap()) {
            let Some(command) = line.strip_prefix("cargo xtask ") else { continue };
            let words: Vec<&str> = command.split_whitespace().collect();
            if !PASSED_ON.contains(&words[0]) || is_summary(command) {
                continue;
            }
            let cli = Cli::try_parse_from(["cargo xtask"].into_iter().chain(words));
            let cli = cli.unwrap_or_else(|e| panic!("{}: {line}: {e}", page.display()));
            if let Command::Reproduce(args) = cli.command {
                registry.select(&args.names).unwrap();
            }
            taken += 1;
        }
    }
    // Finding none would prove nothing.
    assert!(taken >= 15, "{taken}");
}
