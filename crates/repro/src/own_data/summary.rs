//! What a terminal shows of a result: a line for each number, none longer than a terminal is wide.

use std::fmt::Write;
use std::path::Path;

use serde_json::Value;

use super::number::number;
use super::outcome::CommandResult;

/// Columns of a terminal.
const WIDTH: usize = 80;
/// Where the values begin.
const INDENT: usize = 21;
/// How many tokens of a selection are shown.
const MOST_TOKENS: usize = 12;

/// The summary of a result that lies at this path.
pub fn summary(result: &CommandResult, path: &Path) -> String {
    let lines = facts(result).into_iter().map(|(name, value)| wrapped(name, &value));
    // A path is for copying: it isn't broken.
    lines.collect::<String>() + &format!("{:<INDENT$}{}\n", "result", path.display())
}

/// What a result says, name by name.
pub fn facts(result: &CommandResult) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    let mut line = |name, value: Option<String>| facts.extend(value.map(|value| (name, value)));
    line("iterations", result.iterations.map(|k| k.to_string()));
    line("stopped", result.stop_reason.as_ref().and_then(Value::as_str).map(stopped));
    line("loss", result.loss.map(number));
    line("norm_p", result.norm_p.map(number));
    line("accuracy", result.accuracy.map(|part| format!("{:.2}% of the samples", 100.0 * part)));
    line("selection", result.selection.as_deref().map(selection));
    let evidence = result.evidence.as_ref().map(ToString::to_string);
    line("optimality", evidence.or_else(|| result.optimality.map(|found| found.to_string())));
    line("largest margin", result.max_margin.as_ref().map(largest_margin));
    line("margin of W", result.margin.map(number));
    line("directional_bregman", result.directional_bregman.map(number));
    line("tied", result.tied.as_ref().and_then(|tied| Some(tied["summary"].as_str()?.to_owned())));
    line("finding", result.finding.as_ref().map(finding));
    line("warnings", (!result.warnings.is_empty()).then(|| result.warnings.len().to_string()));
    facts
}

/// The first tokens of a selection, and how many more there are.
pub fn selection(tokens: &[usize]) -> String {
    let shown: Vec<_> = tokens.iter().take(MOST_TOKENS).map(usize::to_string).collect();
    let shown = shown.join(", ");
    match tokens.len() {
        n if n <= MOST_TOKENS => format!("[{shown}]"),
        n => format!("[{shown}, ...] of {n} sequences"),
    }
}

fn stopped(reason: &str) -> String {
    match reason {
        "max_iters" => "after the last iteration".into(),
        "stationary" => "because the gradient is zero".into(),
        other => other.replace('_', " "),
    }
}

fn largest_margin(svm: &Value) -> String {
    let get = |name: &str| svm[name].as_f64().unwrap_or(f64::NAN);
    let (lower, upper) = (number(get("lower")), number(get("upper")));
    format!("{lower} to {upper} (relative gap {:.1e})", get("relative_gap"))
}

fn finding(finding: &Value) -> String {
    let word = |name: &str| finding[name].as_str().unwrap_or_default();
    format!("{}: {}", word("kind"), word("message"))
}

/// A name, and its value in lines of the terminal's width.
fn wrapped(name: &str, value: &str) -> String {
    let mut lines = vec![String::new()];
    for word in value.split_whitespace() {
        let last = lines.last().map_or(0, |line| line.chars().count());
        if last > 0 && INDENT + last + 1 + word.chars().count() > WIDTH {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    let heads = std::iter::once(name).chain(std::iter::repeat(""));
    let mut text = String::new();
    for (head, line) in heads.zip(&lines) {
        let _ = writeln!(text, "{head:<INDENT$}{line}");
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn no_line_is_wider_than_a_terminal() {
        let result = CommandResult {
            selection: Some((0..500).collect()),
            finding: Some(json!({ "kind": "not_separable", "message": "word ".repeat(60) })),
            loss: Some(-1.234_567_890_123_456_7e-300),
            ..CommandResult::default()
        };
        let text = summary(&result, Path::new("out/result.json"));
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        assert!(text.contains("[0, 1, 2") && text.contains("of 500"), "{text}");
    }
}
