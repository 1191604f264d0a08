//! `cargo xtask doc`: the documentation with its formulas typeset, and a check of every one of them.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use crate::formulas;
use crate::output::{note, say};
use crate::workspace::{cargo, metadata, workspace};

/// The KaTeX that the pages use; `docs/katex-header.html` names it too.
const KATEX: &str = "katex@0.19.1";

/// Parses every formula of standard input, a JSON list, and prints those that KaTeX refuses.
const PARSE: &str = "
const katex = require(process.argv[1]);
let refused = 0;
for (const text of JSON.parse(require('fs').readFileSync(0, 'utf8'))) {
  const displayMode = text.startsWith('$$');
  const formula = displayMode ? text.slice(2, -2) : text.slice(1, -1);
  try { katex.renderToString(formula, { displayMode }); }
  catch (error) { refused++; console.error(`error: ${text}: ${error.message}`); }
}
process.exit(refused ? 1 : 0);
";

/// Builds the documentation of the workspace, or of what `args` select, and checks it.
pub fn run(args: &[String]) -> ExitCode {
    match build(args).and_then(|folder| check(&folder)) {
        Ok(summary) => {
            say(&summary);
            ExitCode::SUCCESS
        }
        Err(reason) => {
            note(&format!("error: {reason}"));
            ExitCode::FAILURE
        }
    }
}

/// Runs `cargo doc` and returns the folder of its pages, with KaTeX in it if that can be had.
fn build(args: &[String]) -> Result<PathBuf, String> {
    let folder = target_folder()?.join("doc");
    if let Err(reason) = lay_katex(&folder) {
        note(&format!("note: no KaTeX beside the pages, browsers will ask the network: {reason}"));
    }
    let header = workspace().join("docs/katex-header.html");
    let header = header.to_string_lossy();
    remember(&header).map_err(|error| format!("{REMEMBERED}: {error}"))?;
    let flags = ["--deny", "warnings", "--html-in-header", &header].join("\u{1f}");
    let selects =
        |arg: &String| arg == "-p" || arg.starts_with("--package") || arg == "--workspace";
    let status = cargo()
        .current_dir(workspace())
        .args(["doc", "--no-deps"])
        .args((!args.iter().any(selects)).then_some("--workspace"))
        .args(args)
        .env("CARGO_ENCODED_RUSTDOCFLAGS", flags)
        .status();
    if status.is_ok_and(|status| status.success()) {
        Ok(folder)
    } else {
        Err("cargo doc failed".into())
    }
}

/// What cargo's configuration includes where it is there.
const REMEMBERED: &str = ".cargo/formulas.toml";

/// Makes plain `cargo doc` use the header too: it wants an absolute path, as the documentation of
/// dependencies is built in their folders.
fn remember(header: &str) -> std::io::Result<()> {
    let text = format!("[build]\nrustdocflags = [\"--html-in-header\", '{header}']\n");
    fs::write(workspace().join(REMEMBERED), text)
}

/// Cargo's target folder.
pub fn target_folder() -> Result<PathBuf, String> {
    let metadata = metadata()?;
    metadata["target_directory"]
        .as_str()
        .map(PathBuf::from)
        .ok_or("cargo names no target folder".into())
}

/// Lays KaTeX beside the pages: script, style and fonts, from its npm package.
pub fn lay_katex(pages: &Path) -> Result<(), String> {
    let to = pages.join("katex");
    let store = target_folder()?.join("katex");
    let dist = store.join("node_modules/katex/dist");
    if !dist.is_dir() {
        fs::create_dir_all(&store).map_err(|error| error.to_string())?;
        let npm = Command::new("npm")
            .args([
                "install",
                "--no-audit",
                "--no-fund",
                "--ignore-scripts",
                "--silent",
                "--prefix",
            ])
            .args([store.as_os_str(), KATEX.as_ref()])
            .status();
        if !npm.map_err(|error| format!("npm: {error}"))?.success() {
            return Err(format!("npm could not fetch {KATEX}"));
        }
    }
    let copy = |name: &str| fs::copy(dist.join(name), to.join(name)).map(drop);
    let lay = || {
        fs::create_dir_all(to.join("fonts"))?;
        copy("katex.min.js")?;
        copy("katex.min.css")?;
        for font in fs::read_dir(dist.join("fonts"))? {
            copy(&format!("fonts/{}", font?.file_name().to_string_lossy()))?;
        }
        Ok(())
    };
    lay().map_err(|error: std::io::Error| error.to_string())
}

/// Checks that every formula of our pages has come through Markdown, and that KaTeX takes it.
fn check(folder: &Path) -> Result<String, String> {
    let (mut all, mut pages, mut damaged) = (Vec::new(), 0, 0);
    for path in our_pages(folder) {
        let html = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        let (formulas, stray) = formulas::in_page(&html);
        pages += usize::from(!formulas.is_empty());
        all.extend(formulas);
        for text in &stray {
            note(&format!("error: {}: a formula outside of a code span: {text:?}", path.display()));
        }
        damaged += stray.len();
    }
    for path in markdown_pages() {
        let page = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        let (formulas, stray) = formulas::in_markdown(&page);
        pages += usize::from(!formulas.is_empty());
        all.extend(formulas);
        for text in &stray {
            note(&format!("error: {}: a dollar without another: {text:?}", path.display()));
        }
        damaged += stray.len();
    }
    if damaged > 0 {
        return Err(format!("{damaged} places where Markdown may have eaten part of a formula"));
    }
    let total = all.len();
    all.sort_unstable();
    all.dedup();
    let taken = parsed_by_katex(folder, &all)?;
    Ok(format!("{total} formulas on {pages} pages came through Markdown unharmed; {taken}"))
}

/// The pages of our crates, without the listings of their sources.
fn our_pages(folder: &Path) -> Vec<PathBuf> {
    let mut pages = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for path in fs::read_dir(&next).into_iter().flatten().flatten().map(|entry| entry.path()) {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let ours = next != folder || name.starts_with("mirrorhead") || name == "xtask";
            if path.is_dir() && ours {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "html") {
                pages.push(path);
            }
        }
    }
    pages.sort();
    pages
}

/// The pages of the book.
fn markdown_pages() -> Vec<PathBuf> {
    let mut pages = vec![workspace().join("README.md")];
    let mut folders = vec![workspace().join("docs")];
    while let Some(next) = folders.pop() {
        for path in fs::read_dir(&next).into_iter().flatten().flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                pages.push(path);
            }
        }
    }
    pages.sort();
    pages
}

/// Has KaTeX parse these formulas where Node.js and KaTeX are there, and says what came of it.
fn parsed_by_katex(folder: &Path, formulas: &[String]) -> Result<String, String> {
    let script = folder.join("katex/katex.min.js");
    if !script.is_file() {
        return Ok("no KaTeX to parse them".into());
    }
    let node = Command::new("node").args(["-e", PARSE]).arg(&script).stdin(Stdio::piped()).spawn();
    let Ok(mut node) = node else {
        return Ok("no Node.js to parse them".into());
    };
    let list = serde_json::to_vec(formulas).map_err(|error| error.to_string())?;
    let written = node.stdin.take().map(|mut input| input.write_all(&list));
    let status = node.wait().map_err(|error| error.to_string())?;
    if written.is_some_and(|written| written.is_ok()) && status.success() {
        Ok(format!("KaTeX takes all {} different ones", formulas.len()))
    } else {
        Err("KaTeX refuses some of the formulas".into())
    }
}
