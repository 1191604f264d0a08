//! What the report shows beside an experiment's figures: tables, and texts with their weights.

use serde::Serialize;

use crate::experiment::{HighlightedTexts, Table};

/// A table, or texts whose words have weights.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Supplement {
    /// Numbers in rows and columns.
    Table(Table),
    /// Words, darker where they weigh more.
    Texts(HighlightedTexts),
}

impl From<Table> for Supplement {
    fn from(table: Table) -> Self {
        Self::Table(table)
    }
}

impl From<HighlightedTexts> for Supplement {
    fn from(texts: HighlightedTexts) -> Self {
        Self::Texts(texts)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::experiment::{HighlightedText, Quantity, Series, Shape, TableEntry, WeighedWord};

    #[test]
    fn every_field_in_the_report_is_documented() {
        let paper = Quantity::new(83.47, 2);
        let beside = TableEntry::BesidePaper { obtained: Quantity::mean(&[1.0, 2.0], 0), paper };
        let row = vec![TableEntry::text("p"), beside, TableEntry::Obtained { obtained: None }];
        let [key, title, caption] = ["key", "title", "caption"].map(String::from);
        let (columns, rows) = (vec!["p".into()], vec![row]);
        let table = Table { key, title, caption, columns, rows };
        let words = vec![WeighedWord::new("word", 0.5)];
        let text = HighlightedText { label: "p".into(), words, decisive: Some(0) };
        let [key, title, caption] = ["key", "title", "caption"].map(String::from);
        let texts = HighlightedTexts { key, title, caption, texts: vec![text] };
        let bars = Shape::Bars { edges: vec![0.0, 1.0], heights: vec![2.0] };
        let mut values = vec![
            serde_json::to_value([Supplement::from(table), Supplement::from(texts)]).unwrap(),
            serde_json::to_value(Series::new("bars", 0, bars)).unwrap(),
        ];
        let schema = include_str!("../../../../docs/report-schema.md");
        while let Some(value) = values.pop() {
            match value {
                Value::Array(items) => values.extend(items),
                Value::Object(fields) => {
                    for (name, value) in fields {
                        let kind = value.as_str().filter(|_| name == "kind").map(String::from);
                        for word in [Some(name), kind].into_iter().flatten() {
                            assert!(schema.contains(&format!("`{word}`")), "{word}");
                        }
                        values.push(value);
                    }
                }
                _ => {}
            }
        }
    }
}
