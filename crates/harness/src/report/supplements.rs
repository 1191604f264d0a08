//! Tables and highlighted texts as HTML.

use super::html::{escape, prose, short};
use super::supplement::Supplement;
use crate::experiment::{
    HighlightedText, HighlightedTexts, Quantity, Table, TableEntry, WeighedWord,
};

/// A supplement with its title and its caption.
pub fn supplement(supplement: &Supplement) -> String {
    let (title, caption, body) = match supplement {
        Supplement::Table(shown) => (&shown.title, &shown.caption, table(shown)),
        Supplement::Texts(shown) => (&shown.title, &shown.caption, texts(shown)),
    };
    format!(
        "<figure class=\"exhibit\"><h3>{}</h3>\n{body}<figcaption>{}</figcaption></figure>\n",
        prose(title),
        prose(caption)
    )
}

fn table(table: &Table) -> String {
    let head = |column: &String| format!("<th scope=\"col\">{}</th>", prose(column));
    let row =
        |row: &Vec<TableEntry>| format!("<tr>{}</tr>\n", row.iter().map(entry).collect::<String>());
    format!(
        "<div class=\"scroll\"><table class=\"numbers\">\n<thead><tr>{}</tr></thead>\n\
         <tbody>\n{}</tbody>\n</table></div>\n",
        table.columns.iter().map(head).collect::<String>(),
        table.rows.iter().map(row).collect::<String>()
    )
}

fn entry(entry: &TableEntry) -> String {
    match entry {
        TableEntry::Text { text } => format!("<td>{}</td>", prose(text)),
        TableEntry::Obtained { obtained } => format!("<td>{}</td>", measured(obtained.as_ref())),
        TableEntry::BesidePaper { obtained, paper } => format!(
            "<td>{} <span class=\"quiet\">paper {}</span></td>",
            measured(obtained.as_ref()),
            quantity(paper)
        ),
    }
}

fn measured(obtained: Option<&Quantity>) -> String {
    obtained.map_or_else(|| "<span class=\"quiet\">not measured</span>".into(), quantity)
}

fn quantity(quantity: &Quantity) -> String {
    let decimals = quantity.decimals;
    let number = |value: f64| format!("{value:.decimals$}").replace('-', "−");
    match quantity.deviation {
        None => number(quantity.value),
        Some(deviation) => format!("{} ± {}", number(quantity.value), number(deviation)),
    }
}

fn texts(texts: &HighlightedTexts) -> String {
    let items: String = texts.texts.iter().map(text).collect();
    format!("<dl class=\"texts\">\n{items}</dl>\n")
}

fn text(text: &HighlightedText) -> String {
    let words = text.words.iter().enumerate();
    let words: Vec<_> =
        words.map(|(position, word)| weighed(word, text.decisive == Some(position))).collect();
    format!("<dt>{}</dt><dd>{}</dd>\n", escape(&text.label), words.join(" "))
}

/// A word whose ground is the darker the more it weighs; the decisive one is underlined too.
fn weighed(word: &WeighedWord, decisive: bool) -> String {
    let weight = if word.weight.is_nan() { 0.0 } else { word.weight.clamp(0.0, 1.0) };
    let tag = if decisive { "mark" } else { "span" };
    format!(
        "<{tag} style=\"--weight:{:.1}%\" title=\"{}\">{}</{tag}>",
        100.0 * weight,
        short(word.weight),
        escape(&word.word)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_the_papers_numbers_beside_its_own() {
        let paper = Quantity::new(83.47, 2).with_deviation(0.09);
        let obtained = Quantity::mean(&[82.0, 83.0], 1);
        let row = vec![
            TableEntry::text("p < 2"),
            TableEntry::BesidePaper { obtained, paper },
            TableEntry::BesidePaper { obtained: None, paper },
            TableEntry::Obtained { obtained: Some(Quantity::new(-0.5, 3)) },
        ];
        let html = supplement(&Supplement::from(Table {
            key: "accuracy".into(),
            title: "Accuracy & more".into(),
            caption: "In <percent>.".into(),
            columns: vec!["p".into(), "3 blocks".into(), "4 blocks".into(), "change".into()],
            rows: vec![row],
        }));
        for part in [
            "<th scope=\"col\">3 blocks</th>",
            "<td>p &lt; 2</td>",
            "<td>82.5 ± 0.7 <span class=\"quiet\">paper 83.47 ± 0.09</span></td>",
            "not measured</span> <span class=\"quiet\">paper 83.47 ± 0.09</span></td>",
            "<td>−0.500</td>",
            "Accuracy &amp; more",
            "In &lt;percent&gt;.",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
    }

    #[test]
    fn words_are_escaped_weighed_and_one_is_decisive() {
        let words = [("a", 0.125), ("<b>", 2.0), ("c", f64::NAN)];
        let words = words.map(|(word, weight)| WeighedWord::new(word, weight)).to_vec();
        let text = HighlightedText { label: "p = 1.1 & 2".into(), words, decisive: Some(1) };
        let html = supplement(&Supplement::from(HighlightedTexts {
            key: "attention".into(),
            title: String::new(),
            caption: String::new(),
            texts: vec![text],
        }));
        for part in [
            "<dt>p = 1.1 &amp; 2</dt>",
            "<span style=\"--weight:12.5%\" title=\"0.125\">a</span> ",
            "<mark style=\"--weight:100.0%\" title=\"2.00\">&lt;b&gt;</mark>",
            "<span style=\"--weight:0.0%\"",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
        assert_eq!(html.matches("<mark").count(), 1);
    }
}
