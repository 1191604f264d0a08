//! The paper's settings beside those of a run.

use mirrorhead_harness::{Table, TableEntry};

/// A setting of the paper's experiment, and what it is here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaperSetting {
    name: String,
    paper: String,
    here: String,
}

impl PaperSetting {
    /// A setting.
    #[expect(clippy::needless_pass_by_value, reason = "numbers and words are written as they are")]
    pub fn new(name: impl ToString, paper: impl ToString, here: impl ToString) -> Self {
        Self { name: name.to_string(), paper: paper.to_string(), here: here.to_string() }
    }

    /// Whether it is another here.
    pub fn deviates(&self) -> bool {
        self.paper != self.here
    }
}

/// The settings that are not the paper's.
pub fn deviations(settings: &[PaperSetting]) -> Table {
    let deviating = settings.iter().filter(|setting| setting.deviates());
    let row = |setting: &PaperSetting| {
        [&setting.name, &setting.paper, &setting.here].map(TableEntry::text).into()
    };
    Table {
        key: "deviations".into(),
        title: "What is not as in the paper".into(),
        caption:
            "Settings of these runs beside those of the authors' scripts; all others are theirs."
                .into(),
        columns: ["setting", "paper", "here"].map(String::from).into(),
        rows: deviating.map(row).collect(),
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// The rows of a table as a page of the documentation has them.
    pub fn markdown(table: &Table) -> Vec<String> {
        let text = |entry: &TableEntry| match entry {
            TableEntry::Text { text } => text.clone(),
            other => panic!("{other:?} in a table of texts"),
        };
        let row = |row: &Vec<TableEntry>| {
            format!("| {} |", row.iter().map(text).collect::<Vec<_>>().join(" | "))
        };
        table.rows.iter().map(row).collect()
    }

    #[test]
    fn only_what_differs_is_listed() {
        let settings =
            [PaperSetting::new("width", 384, 384), PaperSetting::new("blocks", "3, 4 or 6", 1)];
        assert_eq!(markdown(&deviations(&settings)), ["| blocks | 3, 4 or 6 | 1 |"]);
    }
}
