//! The blocks of code of the pages.

use std::fs;
use std::path::{Path, PathBuf};

/// A block of code, and the marks right above it.
pub struct Fence {
    pub language: String,
    /// What `<!-- not run: ... -->` and the like say, the last first.
    pub marks: Vec<String>,
    pub text: String,
}

/// The workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// README, the pages of the book and the crates' READMEs, by their paths in the workspace, with their texts.
pub fn pages() -> Vec<(String, String)> {
    let mut files = vec![root().join("README.md")];
    collect(&root().join("docs"), &mut files);
    for entry in fs::read_dir(root().join("crates")).unwrap() {
        let readme = entry.unwrap().path().join("README.md");
        // The facade's is the workspace's.
        if readme.is_file() && !readme.is_symlink() {
            files.push(readme);
        }
    }
    files.sort();
    let name =
        |file: &Path| file.strip_prefix(root()).unwrap().to_str().unwrap().replace('\\', "/");
    files.iter().map(|file| (name(file), fs::read_to_string(file).unwrap())).collect()
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|end| end == "md") {
            found.push(path);
        }
    }
}

/// What a comment says of what is not run.
pub fn mark(line: &str) -> Option<&str> {
    let comment = line.strip_prefix("<!-- ")?.strip_suffix(" -->")?;
    comment.contains("not run: ").then_some(comment)
}

/// The blocks of a page.
pub fn fences(text: &str) -> Vec<Fence> {
    let (mut found, mut marks, mut open) = (Vec::new(), Vec::new(), None::<Fence>);
    for line in text.lines() {
        let line_start = line.trim_start();
        match (&mut open, line_start.starts_with("```")) {
            (Some(_), true) => found.extend(open.take()),
            (Some(fence), false) => {
                fence.text.push_str(line);
                fence.text.push('\n');
            }
            (None, true) => {
                let language = line_start.trim_start_matches('`').trim().to_owned();
                let marks = std::mem::take(&mut marks);
                open = Some(Fence { language, marks, text: String::new() });
            }
            (None, false) => {
                // Only what is right above a block is of it.
                match mark(line) {
                    Some(mark) => marks.insert(0, mark.to_owned()),
                    None => marks.clear(),
                }
            }
        }
    }
    assert!(open.is_none(), "a block has no end");
    found
}
