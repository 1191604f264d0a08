//! The shell blocks of the pages are run, each page's in a folder of its own with small data. What is not run says so, and
//! why, in a comment above the block: `<!-- not run: REASON -->`, or `<!-- line 2 is not run: REASON -->`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::{CommandFactory, Parser};
use mirrorhead_repro::{Cli, Command as Parsed, registry};

use crate::fences::{Fence, fences, mark, pages, root};

/// The commands that `cargo xtask` passes on to the binary.
const PASSED_ON: [&str; 5] = ["reproduce", "attgd", "attsvm", "svm", "verify"];
/// Languages of blocks that others run (Rust as documentation tests, Python by `crates/python/check`), and of those that
/// are data or a summary.
const OF_OTHERS: [&str; 5] = ["rust", "python", "json", "toml", "text"];
/// Where the pages have a folder that machines share.
const SHARED: &str = "/shared";
/// Points that a line through the origin separates.
const POINTS: &str = "1 1:2.0 2:1.0\n1 1:1.5 2:-0.5\n-1 1:-1.0 2:-1.0\n-1 1:-2.0 2:0.5\n";

/// A command of a page, and why it isn't run if it isn't.
struct Documented {
    command: String,
    excuse: Option<String>,
}

/// The commands of a block without their comments; a line that ends in a backslash goes on in the next.
fn commands(fence: &Fence) -> Vec<Documented> {
    let text = fence.text.replace("\\\n", " ");
    let lines = text.lines().map(|line| line.split(" #").next().unwrap_or_default().trim());
    let excuse = |number: usize| {
        let line = format!("line {number} is not run: ");
        let of = |mark: &String| {
            let reason = mark.strip_prefix("not run: ").or_else(|| mark.strip_prefix(&line));
            reason.map(str::to_owned)
        };
        fence.marks.iter().find_map(of)
    };
    lines
        .enumerate()
        .map(|(k, line)| Documented { command: line.to_owned(), excuse: excuse(k + 1) })
        .collect()
}

/// What the binary is given for a command of the pages.
fn arguments(command: &str) -> Option<Vec<&str>> {
    let words: Vec<&str> = command.strip_prefix("cargo xtask ")?.split_whitespace().collect();
    PASSED_ON.contains(&words[0]).then_some(words)
}

fn is_taken(page: &str, command: &str, words: &[&str]) {
    let cli = Cli::try_parse_from(["cargo xtask"].iter().chain(words));
    let cli = cli.unwrap_or_else(|error| panic!("{page}: {command}: {error}"));
    if let Parsed::Reproduce(args) = cli.command {
        registry().select(&args.names).unwrap();
    }
}

/// Runs it in `folder`, which takes the place of what machines share.
fn run(page: &str, words: &[&str], folder: &Path) {
    let here = folder.to_str().unwrap();
    let mut words: Vec<String> = words.iter().map(|word| word.replace(SHARED, here)).collect();
    if !words.iter().any(|word| word == "--out" || word == "--list") {
        // By default it is in the workspace.
        words.extend(["--out".to_owned(), folder.join("out").display().to_string()]);
    }
    let program = env!("CARGO_BIN_EXE_mirrorhead-repro");
    let output = Command::new(program).args(&words).current_dir(folder).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{page}: {words:?}: {}: {said}", output.status);
    assert!(!output.stdout.is_empty(), "{page}: {words:?}");
}

#[test]
fn every_shell_block_is_run_or_says_why_not() {
    let pages = pages();
    let guide = pages.iter().find(|(page, _)| page == "docs/guide.md").unwrap();
    let data = fences(&guide.1).into_iter().find(|fence| fence.language == "json").unwrap().text;
    let (mut run_here, mut not_run) = (Vec::new(), Vec::new());
    for (page, text) in &pages {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("data.json"), &data).unwrap();
        fs::write(folder.path().join("data.svm"), POINTS).unwrap();
        let blocks = fences(text);
        if let Some(site) = blocks.iter().find(|fence| fence.language == "toml") {
            fs::write(folder.path().join("site.toml"), &site.text).unwrap();
        }
        let marks: usize = blocks.iter().map(|fence| fence.marks.len()).sum();
        let meant = text.lines().filter(|line| mark(line).is_some()).count();
        assert_eq!(marks, meant, "{page}: a mark is above no block");
        for fence in &blocks {
            let language = &fence.language[..];
            if language != "sh" {
                let known = OF_OTHERS.contains(&language) && fence.marks.is_empty();
                assert!(known, "{page}: who runs a block of {language:?}, {:?}?", fence.marks);
                continue;
            }
            for Documented { command, excuse } in commands(fence) {
                let words = arguments(&command);
                if let Some(words) = &words {
                    is_taken(page, &command, words);
                }
                match (excuse, words) {
                    (Some(reason), _) => not_run.push(format!("{page}: {command}: {reason}")),
                    (None, Some(words)) => {
                        run(page, &words, folder.path());
                        run_here.push(format!("{page}: {command}"));
                    }
                    (None, None) => {
                        panic!("{page}: nobody runs {command:?}, and it doesn't say why")
                    }
                }
            }
        }
    }
    println!("run:\n{}\n\nnot run:\n{}", run_here.join("\n"), not_run.join("\n"));
    // Finding none would prove nothing.
    let of_page =
        |list: &[String], page: &str| list.iter().filter(|it| it.starts_with(page)).count();
    assert_eq!((of_page(&run_here, "README.md"), of_page(&not_run, "README.md")), (2, 2));
    assert!(run_here.len() >= 7 && not_run.len() >= 10, "{run_here:#?}{not_run:#?}");
}

/// `[--loss logistic|exponential]` names `--loss`.
fn options(summary: &str) -> BTreeSet<&str> {
    let ends = |c: char| c.is_whitespace() || "[]|".contains(c);
    summary.split(ends).filter_map(|word| word.strip_prefix("--")).collect()
}

#[test]
fn every_option_of_a_summary_is_there() {
    let mut seen = 0;
    for (page, text) in pages() {
        for fence in fences(&text).into_iter().filter(|fence| fence.language == "text") {
            let summaries = fence.text.split("cargo xtask ").filter(|part| !part.trim().is_empty());
            for summary in summaries {
                let name = summary.split_whitespace().next().unwrap();
                let cli = Cli::command();
                let command = cli.find_subcommand(name).unwrap_or_else(|| panic!("{page}: {name}"));
                let known: BTreeSet<&str> =
                    command.get_arguments().filter_map(|argument| argument.get_long()).collect();
                let named = options(summary);
                assert!(named.is_subset(&known), "{page}: {name}: {named:?} of {known:?}");
                seen += named.len();
            }
        }
    }
    assert!(seen >= 12, "{seen}");
}

#[test]
fn marks_and_comments_are_read() {
    let text = "<!-- line 2 is not run: long -->\n```sh\ncargo xtask svm a \\\n  --p 2   # quick\nb # c\n```\n";
    let [fence] = &fences(text)[..] else { panic!() };
    let found = commands(fence);
    assert_eq!(found[0].command, "cargo xtask svm a    --p 2");
    assert_eq!((found[0].excuse.as_deref(), found[1].excuse.as_deref()), (None, Some("long")));
    assert_eq!(arguments(&found[0].command).unwrap(), ["svm", "a", "--p", "2"]);
    assert_eq!((&found[1].command[..], arguments("cargo xtask book")), ("b", None));
    assert!(root().join("README.md").is_file());
}

#[test]
fn pages_are_found_once() {
    let names: Vec<String> = pages().into_iter().map(|(page, _)| page).collect();
    let once: BTreeSet<&String> = names.iter().collect();
    assert_eq!(once.len(), names.len());
    for page in
        ["README.md", "docs/cluster.md", "docs/real-data/imdb.md", "crates/python/README.md"]
    {
        assert!(names.iter().any(|name| name == page), "{page}");
    }
    let link = PathBuf::from("crates/mirrorhead/README.md");
    assert!(!names.iter().any(|name| Path::new(name) == link), "it is README.md");
}
