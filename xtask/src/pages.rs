//! Markdown pages: their headings, links, formulas and examples.

use std::path::{Component, Path, PathBuf};

/// A link or an image: where its target stands in the text, and the target.
#[derive(Debug, PartialEq, Eq)]
pub struct Link<'t> {
    /// Where the target begins.
    pub at: usize,
    /// Where the text of the link begins: its bracket, with the mark of an image.
    pub start: usize,
    /// The target, an anchor included.
    pub target: &'t str,
}

/// The lines of a page that are no code, each with where it begins.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let (mut at, mut fence) = (0, None);
    text.split_inclusive('\n').filter_map(move |line| {
        let start = at;
        at += line.len();
        let opening = line.trim_start();
        let ticks = opening.chars().take_while(|c| *c == '`').count();
        match fence {
            Some(long) => {
                if ticks >= long && opening[ticks..].trim().is_empty() {
                    fence = None;
                }
                None
            }
            None if ticks >= 3 => {
                fence = Some(ticks);
                None
            }
            None => Some((start, line)),
        }
    })
}

/// Where code spans of a line lie, ticks included.
fn code_spans(line: &str) -> Vec<(usize, usize)> {
    let (mut spans, mut open) = (Vec::new(), None);
    for (at, _) in line.match_indices('`') {
        match open.take() {
            None => open = Some(at),
            Some(from) => spans.push((from, at + 1)),
        }
    }
    spans
}

/// The links and images of a page, those in code apart.
pub fn links(text: &str) -> Vec<Link<'_>> {
    let mut found = Vec::new();
    for (start, line) in prose(text) {
        let spans = code_spans(line);
        for (at, _) in line.match_indices("](") {
            let in_code = spans.iter().any(|(from, to)| (*from..*to).contains(&at));
            let rest = &line[at + 2..];
            let (Some(end), false) = (rest.find(')'), in_code) else { continue };
            let Some(bracket) = line[..at].rfind('[').filter(|_| !in_code) else { continue };
            let image = line[..bracket].ends_with('!');
            let from = start + at + 2;
            let link = Link {
                at: from,
                start: start + bracket - usize::from(image),
                target: &rest[..end],
            };
            found.push(link);
        }
    }
    found
}

/// The anchors of a page: its headings, as mdBook and the usual hosts make identifiers of them.
pub fn anchors(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for (_, line) in prose(text) {
        let level = line.chars().take_while(|c| *c == '#').count();
        if !(1..=6).contains(&level) || !line[level..].starts_with(' ') {
            continue;
        }
        let plain = anchor(&line[level..]);
        let earlier = |name: &String| *name == plain || name.starts_with(&format!("{plain}-"));
        let count = found.iter().filter(|name| earlier(name)).count();
        found.push(if count == 0 { plain } else { format!("{plain}-{count}") });
    }
    found
}

fn anchor(heading: &str) -> String {
    let kept = heading.trim().chars().filter_map(|c| match c {
        c if c.is_alphanumeric() || c == '_' || c == '-' => Some(c.to_ascii_lowercase()),
        c if c.is_whitespace() => Some('-'),
        _ => None,
    });
    kept.collect()
}

/// Where a relative link of the page `page` leads, both seen from the same folder; none for addresses.
pub fn resolve(page: &Path, target: &str) -> Option<(PathBuf, Option<String>)> {
    if target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let (path, fragment) = match target.split_once('#') {
        Some((path, fragment)) => (path, Some(fragment.to_owned())),
        None => (target, None),
    };
    if path.is_empty() {
        return Some((page.to_owned(), fragment));
    }
    let mut resolved = PathBuf::new();
    for part in page.parent().unwrap_or(Path::new("")).join(path).components() {
        match part {
            Component::ParentDir if resolved.pop() => {}
            Component::CurDir => {}
            other => resolved.push(other),
        }
    }
    Some((resolved, fragment))
}

/// How to get from the page `page` to `target`.
pub fn relative(page: &Path, target: &Path) -> String {
    let (from, to): (Vec<_>, Vec<_>) = (
        page.parent().into_iter().flat_map(Path::components).collect(),
        target.components().collect(),
    );
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n("..".to_owned(), from.len() - common);
    let down = to[common..].iter().map(|part| part.as_os_str().to_string_lossy().into_owned());
    up.chain(down).collect::<Vec<_>>().join("/")
}

/// The languages of the examples of a page, one for each block of code, without what follows a comma.
pub fn languages(text: &str) -> Vec<&str> {
    let (mut found, mut fence) = (Vec::new(), None);
    for line in text.lines().map(str::trim_start) {
        let ticks = line.chars().take_while(|c| *c == '`').count();
        match fence {
            Some(long) if ticks >= long && line[ticks..].trim().is_empty() => fence = None,
            None if ticks >= 3 => {
                fence = Some(ticks);
                found.push(line[ticks..].split(',').next().unwrap_or_default().trim());
            }
            _ => {}
        }
    }
    found
}

/// The text with its formulas, `$...$` and `$$...$$`, in code spans, where Markdown leaves them alone.
pub fn with_formulas_in_code(text: &str) -> String {
    let mut marks: Vec<(usize, usize)> = Vec::new();
    for (start, line) in prose(text) {
        let spans = code_spans(line);
        let mut last = 0;
        for (at, _) in line.match_indices('$') {
            if at < last || spans.iter().any(|(from, to)| (*from..*to).contains(&at)) {
                continue;
            }
            let length = if line[at..].starts_with("$$") { 2 } else { 1 };
            last = at + length;
            marks.push((start + at, length));
        }
    }
    let mut result = text.to_owned();
    for pair in marks.chunks_exact(2).rev().filter(|pair| pair[0].1 == pair[1].1) {
        result.insert(pair[1].0 + pair[1].1, '`');
        result.insert(pair[0].0, '`');
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# A page, and more\n\nSee [one](a.md#b), ![two](../c.svg) and `[x](y)`.\n\
        ```rust,ignore\n[no](link)\n# no heading\n```\n## A page, and more\nFor $x_i$ and `$HOME`.\n";

    #[test]
    fn links_and_headings_are_found_outside_of_code() {
        let found: Vec<_> = links(PAGE).iter().map(|link| link.target).collect();
        assert_eq!(found, ["a.md#b", "../c.svg"]);
        assert!(PAGE[links(PAGE)[1].start..].starts_with("![two]"));
        assert_eq!(anchors(PAGE), ["a-page-and-more", "a-page-and-more-1"]);
        assert_eq!(languages(PAGE), ["rust"]);
    }

    #[test]
    fn links_lead_somewhere() {
        let page = Path::new("docs/theorems/rate.md");
        let to = |target| {
            resolve(page, target).map(|(path, fragment)| (path, fragment.unwrap_or_default()))
        };
        assert_eq!(to("../maths.md#x"), Some(("docs/maths.md".into(), "x".into())));
        assert_eq!(to("#y"), Some(("docs/theorems/rate.md".into(), "y".into())));
        assert_eq!(to("../../README.md"), Some(("README.md".into(), String::new())));
        assert_eq!(to("https://a.b/c"), None);
        assert_eq!(relative(page, Path::new("docs/maths.md")), "../maths.md");
        assert_eq!(relative(page, Path::new("docs/theorems/a.md")), "a.md");
    }

    #[test]
    fn formulas_become_code() {
        assert!(with_formulas_in_code(PAGE).contains("For `$x_i$` and `$HOME`."));
        assert_eq!(with_formulas_in_code("a $b$ c\n"), "a `$b$` c\n");
        assert_eq!(with_formulas_in_code("$$x\n_1$$ and $y$"), "`$$x\n_1$$` and `$y$`");
    }
}
