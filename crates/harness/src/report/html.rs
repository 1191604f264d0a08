//! Texts and numbers as HTML.

use super::typography::{readable, typeset};
use crate::experiment::{ClaimResult, Verdict};

/// A number with three significant digits.
pub fn short(value: f64) -> String {
    if value == 0.0 || (1e-4..1e4).contains(&value.abs()) {
        let magnitude = if value == 0.0 { 0.0 } else { libm::log10(value.abs()).floor() };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 6")]
        let decimals = (2.0 - magnitude).max(0.0) as usize;
        format!("{value:.decimals$}")
    } else {
        format!("{value:.2e}")
    }
}

/// The class of a verdict, which gives it its colour.
pub fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Reproduced => "reproduced",
        Verdict::Differs => "differs",
        Verdict::NotJudged => "not-judged",
        Verdict::NotRun => "not-run",
    }
}

/// What is said of a claim: what was obtained, or why nothing was.
pub fn said(claim: &ClaimResult) -> &str {
    let obtained = claim.obtained.as_ref().map(|obtained| obtained.text.as_str());
    obtained.or(claim.reason.as_deref()).unwrap_or("nothing was measured")
}

/// Prose as HTML, with its formulas set.
pub fn prose(text: &str) -> String {
    typeset(&escape(text))
}

/// Text as HTML, with the signs that are meant.
pub fn escape(text: &str) -> String {
    readable(text).chars().fold(String::with_capacity(text.len()), |mut html, c| {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            _ => html.push(c),
        }
        html
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped() {
        assert_eq!(
            escape("<a href='x'>&\"</a>"),
            "&lt;a href=&#39;x&#39;&gt;&amp;&quot;&lt;/a&gt;"
        );
    }

    #[test]
    fn short_numbers() {
        assert_eq!(
            [0.0, 0.001_3, 0.25, 12.345, 1234.5, 1e-9].map(short),
            ["0.00", "0.00130", "0.250", "12.3", "1234", "1.00e-9"]
        );
    }
}
