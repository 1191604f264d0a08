//! Every drawing of a report, and the links to what was made of it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::converter::Converter;
use crate::error::FigureError;

/// Where the page has place for more links: before the name of the drawing, and after it.
const MARK: (&str, &str) = ("<!--more:", "-->");

/// Makes PDF and PNG of every drawing in the folder of a report, and puts links to them into its page; returns
/// how many drawings there were.
///
/// # Errors
/// There is no drawing, or no font; a file can't be read or written.
pub fn convert_all(report: &Path) -> Result<usize, FigureError> {
    let folder = report.join("figures");
    let mut drawings: Vec<PathBuf> = fs::read_dir(&folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "svg"))
        .collect();
    drawings.sort();
    if drawings.is_empty() {
        return Err(FigureError::NoDrawing { folder: report.to_owned() });
    }
    let converter = Converter::new()?;
    for path in &drawings {
        let svg = fs::read_to_string(path).map_err(at(path))?;
        write(&path.with_extension("pdf"), &converter.pdf(path, &svg)?)?;
        write(&path.with_extension("png"), &converter.png(path, &svg)?)?;
    }
    let page = report.join("index.html");
    if page.is_file() {
        let html = fs::read_to_string(&page).map_err(at(&page))?;
        let is_there = |name: &str| report.join(name).is_file();
        write(&page, with_links(&html, is_there).as_bytes())?;
    }
    Ok(drawings.len())
}

/// The page with links to the files that are there, in place of the marks. A page that has them already, and no
/// mark, stays as it is.
pub fn with_links(html: &str, is_there: impl Fn(&str) -> bool) -> String {
    let mut parts = html.split(MARK.0);
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let Some((name, rest)) = part.split_once(MARK.1) else {
            text = text + MARK.0 + part;
            continue;
        };
        for ending in ["pdf", "png"] {
            let file = format!("{name}.{ending}");
            if is_there(&file) {
                text.extend([" <a href=\"", &file, "\">", &ending.to_uppercase(), "</a>"]);
            }
        }
        text += rest;
    }
    text
}

/// Writes a file, all of it or nothing.
fn write(path: &Path, contents: &[u8]) -> Result<(), FigureError> {
    let mut unfinished = path.to_owned().into_os_string();
    unfinished.push(format!(".unfinished-{}", std::process::id()));
    fs::write(&unfinished, contents).and_then(|()| fs::rename(&unfinished, path)).map_err(at(path))
}

fn at(path: &Path) -> impl Fn(io::Error) -> FigureError {
    |source| FigureError::File { path: path.to_owned(), source }
}
