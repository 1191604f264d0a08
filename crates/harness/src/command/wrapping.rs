//! Lines for a terminal, wrapped at words.

/// How wide lines are where nobody says it.
const USUAL: usize = 100;

/// How wide the terminal is, where the shell says it.
pub fn width() -> usize {
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    columns.filter(|columns| *columns >= 60).unwrap_or(USUAL)
}

/// A line, wrapped at words; the lines that it goes on in start at a margin. Ends with a line break.
pub fn wrapped(line: &str, margin: usize, width: usize) -> String {
    let mut text = String::new();
    let mut column = 0;
    // What is aligned at the start stays so.
    let start = line.len() - line.trim_start().len();
    let (indent, rest) = line.split_at(start);
    text.push_str(indent);
    column += indent.chars().count();
    let mut fresh = true;
    for word in rest.split_inclusive(' ') {
        let letters = word.trim_end().chars().count();
        if column + letters > width && !fresh {
            text.truncate(text.trim_end().len());
            text.push('\n');
            text.push_str(&" ".repeat(margin));
            column = margin;
        }
        text.push_str(word);
        column += word.chars().count();
        fresh = false;
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_words_and_go_on_at_the_margin() {
        let text = wrapped("  differs    key   one two three four", 20, 30);
        assert_eq!(text, "  differs    key   one two\n                    three four\n");
        assert!(text.lines().all(|line| line.len() <= 30));
        assert_eq!(wrapped("", 4, 30), "\n");
        // A word that is too long is not broken.
        let long = "x".repeat(40);
        assert_eq!(wrapped(&format!("a {long} b"), 2, 30), format!("a\n  {long}\n  b\n"));
    }
}
