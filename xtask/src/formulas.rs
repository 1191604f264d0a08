//! Formulas of the documentation: TeX in code spans, `` `$...$` ``, which Markdown leaves as it is.
//!
//! Outside of a code span Markdown takes `_` for emphasis and `\,` for a comma, and nothing can undo it.

/// The lines of a source (from 1) whose documentation has a dollar outside of code.
pub fn stray_in_source(source: &str) -> Vec<usize> {
    let mut found = Vec::new();
    let mut block = Comment::default();
    for (number, line) in source.lines().enumerate() {
        let text = line.trim_start();
        match text.strip_prefix("///").or_else(|| text.strip_prefix("//!")) {
            Some(text) => block.push(number + 1, text),
            None => found.append(&mut block.finish()),
        }
    }
    found.append(&mut block.finish());
    found
}

/// A documentation comment, as it is read line by line.
#[derive(Default)]
struct Comment {
    /// Whether a fenced block of code is open.
    fenced: bool,
    /// The paragraph so far: a code span ends where its paragraph does.
    paragraph: Vec<(usize, String)>,
    found: Vec<usize>,
}

impl Comment {
    fn push(&mut self, number: usize, text: &str) {
        if text.trim_start().starts_with("```") {
            self.end_paragraph();
            self.fenced = !self.fenced;
        } else if text.trim().is_empty() {
            self.end_paragraph();
        } else if !self.fenced {
            self.paragraph.push((number, text.to_owned()));
        }
    }

    fn end_paragraph(&mut self) {
        let mut in_code = false;
        for (number, line) in self.paragraph.drain(..) {
            let mut stray = false;
            for piece in line.split_inclusive('`') {
                stray |= !in_code && piece.contains('$');
                in_code ^= piece.ends_with('`');
            }
            self.found.extend(stray.then_some(number));
        }
    }

    fn finish(&mut self) -> Vec<usize> {
        self.end_paragraph();
        self.fenced = false;
        std::mem::take(&mut self.found)
    }
}

/// The formulas of a page of `cargo doc`, and the places where a dollar stands outside of code.
pub fn in_page(html: &str) -> (Vec<String>, Vec<String>) {
    let (mut formulas, mut stray) = (Vec::new(), Vec::new());
    let mut rest = html;
    while let Some((text, tag, after)) = next_tag(rest) {
        if text.contains('$') {
            stray.push(plain(text));
        }
        rest = after;
        // What is verbatim, and what is no text, is skipped to its end.
        let verbatim = ["pre", "script", "style", "code"].into_iter().find(|name| *name == tag);
        if let Some((inner, after)) =
            verbatim.and_then(|name| after.split_once(&format!("</{name}>")))
        {
            let formula = plain(inner);
            if tag == "code"
                && formula.len() > 2
                && formula.starts_with('$')
                && formula.ends_with('$')
            {
                formulas.push(formula);
            }
            rest = after;
        }
    }
    (formulas, stray)
}

/// The formulas of a Markdown page, `$...$` and `$$...$$` outside of code; and the paragraphs with a dollar that has no
/// other.
pub fn in_markdown(page: &str) -> (Vec<String>, Vec<String>) {
    let (mut formulas, mut stray) = (Vec::new(), Vec::new());
    let mut fenced = false;
    let mut paragraph = String::new();
    for line in page.lines().chain([""]) {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced && !line.trim().is_empty() {
            paragraph.push_str(line);
            paragraph.push('\n');
            continue;
        }
        let text: String = paragraph.split('`').step_by(2).collect::<Vec<_>>().join("`");
        let parts: Vec<&str> = text.split('$').collect();
        if parts.len().is_multiple_of(2) {
            stray.push(text.clone());
        }
        // Two dollars in a row leave an empty part, on both sides of the formula.
        let mut at = 1;
        while at + 1 < parts.len() {
            if parts[at].is_empty() && at + 3 < parts.len() {
                formulas.push(format!("$${}$$", parts[at + 1]));
                at += 4;
            } else {
                formulas.push(format!("${}$", parts[at]));
                at += 2;
            }
        }
        paragraph.clear();
    }
    (formulas, stray)
}

/// The text before the next tag, the tag's name, and what comes after the tag.
fn next_tag(html: &str) -> Option<(&str, &str, &str)> {
    let (text, tag) = html.split_once('<')?;
    let (tag, after) = tag.split_once('>')?;
    let name = tag.split(|c: char| c.is_whitespace()).next().unwrap_or_default();
    Some((text, name, after))
}

/// The text of a piece of HTML.
fn plain(html: &str) -> String {
    let mut text = String::new();
    let mut rest = html;
    while let Some((before, _, after)) = next_tag(rest) {
        text.push_str(before);
        rest = after;
    }
    text.push_str(rest);
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dollar_outside_of_code_is_found_in_its_line() {
        let source = [
            "//! A `$w_i$`, a `$\\tfrac12",
            "//! x_i$`, code `f()` and `$y$`.",
            "let x = \"$\"; // $",
            "/// ```",
            "/// let y = \"$\";",
            "/// ```",
            "/// Then $x_i$.",
            "fn f() {}",
            "/// An open ` tick.",
            "///",
            "/// `$z$`, and $z$",
        ];
        assert_eq!(stray_in_source(&source.join("\n")), [7, 11]);
    }

    #[test]
    fn formulas_of_markdown_stand_between_dollars() {
        let page = "For $a_i < b_i$ and `$HOME`, $x$ it is\n\n$$c\\\\\nd$$\n\n```sh\necho $PATH\n```\nIt costs 3$.";
        let (formulas, stray) = in_markdown(page);
        assert_eq!(formulas, ["$a_i < b_i$", "$x$", "$$c\\\\\nd$$"]);
        assert_eq!(stray, ["It costs 3$.\n"]);
    }

    #[test]
    fn pages_tell_formulas_from_damage() {
        let page = "<script>$</script><p>For <code>$a_i &lt; b_i$</code>, <code>$HOME</code> and \
            <code>$$\nc$$</code>.</p><pre class=\"rust\"><code>$x$</code></pre><p>$v<em>i + w</em>i$</p>";
        let (formulas, stray) = in_page(page);
        assert_eq!(formulas, ["$a_i < b_i$", "$$\nc$$"]);
        assert_eq!(stray, ["$v", "i$"]);
    }
}
