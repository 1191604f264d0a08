//! What happened, in a line.

use super::data::Report;
use crate::experiment::Verdict;
use crate::study::Source;

/// What happened to the claims of the paper, or to those beyond it when none of the paper's was looked at.
pub fn headline(report: &Report) -> String {
    [(Source::Paper, "of the paper"), (Source::Beyond, "beyond the paper")]
        .into_iter()
        .find_map(|(source, whose)| said(report, source, whose))
        .unwrap_or_else(|| "Nothing was judged".into())
}

/// What happened to the claims of this source; nothing if none was judged.
fn said(report: &Report, source: Source, whose: &str) -> Option<String> {
    let count = |verdict| report.count_of(source, verdict);
    let (reproduced, differs) = (count(Verdict::Reproduced), count(Verdict::Differs));
    let open = match count(Verdict::NotJudged) {
        0 => String::new(),
        n => format!(", {n} not judged"),
    };
    let claims = |n: usize| if n == 1 { "claim" } else { "claims" };
    Some(match (reproduced, differs) {
        (0, 0) => return None,
        (1, 0) => format!("The claim {whose} that was judged is reproduced{open}"),
        (n, 0) => format!("All {n} claims {whose} that were judged are reproduced{open}"),
        (0, n) => format!("{n} {} {whose} {}, none is reproduced{open}", claims(n), differ(n)),
        (m, n) => {
            format!(
                "{n} of {} claims {whose} {}, {m} {} reproduced{open}",
                m + n,
                differ(n),
                are(m)
            )
        }
    })
}

fn differ(n: usize) -> &'static str {
    if n == 1 { "differs" } else { "differ" }
}

fn are(n: usize) -> &'static str {
    if n == 1 { "is" } else { "are" }
}
