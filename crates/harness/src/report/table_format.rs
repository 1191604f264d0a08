//! Tables as text, for a paper or a page of one's own.

use clap::ValueEnum;

use super::data::Report;
use super::supplement::Supplement;
use super::typography::readable;
use crate::experiment::{ClaimResult, Quantity, Table, TableEntry};

/// How tables are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TableFormat {
    /// For a `tabular` environment.
    Latex,
    /// For a page in Markdown.
    Markdown,
}

impl TableFormat {
    /// How the names of its files end.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Latex => "tex",
            Self::Markdown => "md",
        }
    }

    /// The claims of a report, and every table of its experiments, each with the name of its file.
    pub fn tables(self, report: &Report) -> Vec<(String, String)> {
        let mut tables = vec![("claims".to_owned(), self.claims(&report.claims))];
        for experiment in &report.experiments {
            for supplement in &experiment.supplements {
                let Supplement::Table(table) = supplement else { continue };
                let name = format!("{}-{}", experiment.about.name, table.key);
                tables.push((name, self.table(table)));
            }
        }
        tables
    }

    fn claims(self, claims: &[ClaimResult]) -> String {
        let row = |claim: &ClaimResult| {
            let obtained = claim.obtained.as_ref().map(|obtained| obtained.text.as_str());
            let said = obtained.or(claim.reason.as_deref()).unwrap_or_default();
            let n = claim.obtained.as_ref().map_or(String::new(), |o| o.n.to_string());
            let cells = [claim.claim.statement, said, &n, claim.verdict.words()];
            [claim.experiment, claim.claim.key].into_iter().chain(cells).map(Into::into).collect()
        };
        let heads = ["experiment", "claim", "statement", "obtained", "n", "verdict"];
        let rows: Vec<Vec<String>> = claims.iter().map(row).collect();
        self.rows(&heads.map(String::from), &rows)
    }

    fn table(self, table: &Table) -> String {
        let rows: Vec<Vec<String>> =
            table.rows.iter().map(|row| row.iter().map(cell).collect()).collect();
        self.rows(&table.columns, &rows)
    }

    fn rows(self, heads: &[String], rows: &[Vec<String>]) -> String {
        let line = |cells: &[String]| {
            let cells: Vec<String> = cells.iter().map(|cell| self.escaped(cell)).collect();
            match self {
                Self::Latex => format!("{} \\\\\n", cells.join(" & ")),
                Self::Markdown => format!("| {} |\n", cells.join(" | ")),
            }
        };
        let body: String = rows.iter().map(|row| line(row)).collect();
        match self {
            Self::Latex => format!(
                "\\begin{{tabular}}{{{}}}\n\\hline\n{}\\hline\n{body}\\hline\n\\end{{tabular}}\n",
                "l".repeat(heads.len()),
                line(heads)
            ),
            Self::Markdown => format!("{}|{}\n{body}", line(heads), "---|".repeat(heads.len())),
        }
    }

    fn escaped(self, text: &str) -> String {
        let text = readable(&text.replace('\n', " "));
        match self {
            Self::Latex => text.chars().map(latex).collect(),
            Self::Markdown => text.replace('|', "\\|"),
        }
    }
}

/// A number with its deviation.
fn number(quantity: &Quantity) -> String {
    let decimals = quantity.decimals;
    let value = format!("{:.decimals$}", quantity.value);
    quantity
        .deviation
        .map_or(value.clone(), |deviation| format!("{value} ± {deviation:.decimals$}"))
}

/// A character in LaTeX.
fn latex(c: char) -> String {
    match c {
        '&' | '%' | '$' | '#' | '_' | '{' | '}' => format!("\\{c}"),
        '\\' => "\\textbackslash{}".into(),
        '~' => "\\textasciitilde{}".into(),
        '^' => "\\textasciicircum{}".into(),
        '±' => "$\\pm$".into(),
        '≤' => "$\\le$".into(),
        '≥' => "$\\ge$".into(),
        '→' => "$\\to$".into(),
        '‖' => "$\\|$".into(),
        '″' => "$''$".into(),
        '∞' => "$\\infty$".into(),
        'η' => "$\\eta$".into(),
        'ψ' => "$\\psi$".into(),
        '<' => "$<$".into(),
        '>' => "$>$".into(),
        other => other.to_string(),
    }
}

/// An entry as text.
fn cell(entry: &TableEntry) -> String {
    let measured =
        |quantity: &Option<Quantity>| quantity.as_ref().map_or("not measured".into(), number);
    match entry {
        TableEntry::Text { text } => text.clone(),
        TableEntry::Obtained { obtained } => measured(obtained),
        TableEntry::BesidePaper { obtained, paper } => {
            format!("{} (paper {})", measured(obtained), number(paper))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let paper = Quantity::new(83.47, 2);
        let beside = TableEntry::BesidePaper { obtained: Quantity::mean(&[1.0, 2.0], 1), paper };
        Table {
            key: "accuracy".into(),
            title: String::new(),
            caption: String::new(),
            columns: vec!["p_1 & q".into(), "a|b".into()],
            rows: vec![vec![TableEntry::text("50 %"), beside]],
        }
    }

    #[test]
    fn tables_are_valid_in_both_formats() {
        assert_eq!(
            TableFormat::Markdown.table(&table()),
            "| p_1 & q | a\\|b |\n|---|---|\n| 50 % | 1.5 ± 0.7 (paper 83.47) |\n"
        );
        let latex = TableFormat::Latex.table(&table());
        for line in [
            "\\begin{tabular}{ll}",
            "p\\_1 \\& q & a|b \\\\",
            "50 \\% & 1.5 $\\pm$ 0.7 (paper 83.47) \\\\",
            "\\end{tabular}",
        ] {
            assert!(latex.lines().any(|l| l == line), "{line}: {latex}");
        }
    }
}
