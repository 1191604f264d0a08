//! A page of figures and tables that belong to no experiment, in the looks of the report.

use super::alternative::alternative;
use super::html::escape;
use super::page::style;
use super::palette;
use super::plot::draw;
use super::ranges::extents;
use super::supplement::Supplement;
use super::supplements::supplement;
use crate::error::ReproError;
use crate::experiment::Figure;

/// What is shown of something that isn't an experiment: a page that needs no network, and its figures as SVG.
///
/// ```
/// use mirrorhead_harness::report::Sheet;
/// use mirrorhead_harness::{Axis, Figure, Series, Shape};
///
/// let points = vec![[1.0, 0.5], [10.0, 0.01]];
/// let loss = Figure {
///     key: "loss".into(),
///     title: "Loss".into(),
///     caption: "It falls.".into(),
///     x: Axis::log("iteration"),
///     y: Axis::log("loss"),
///     series: vec![Series::new("p = 2", 0, Shape::Line { points })],
/// };
/// let sheet = Sheet::new("A run", "On my data.", &[], &[loss])?;
/// assert!(sheet.page.contains("<svg") && sheet.drawings[0].0 == "loss");
/// # Ok::<(), mirrorhead_harness::ReproError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// The page.
    pub page: String,
    /// The drawing of every figure, by its key.
    pub drawings: Vec<(String, String)>,
}

impl Sheet {
    /// A page of this title, with a line below it, tables, and figures.
    ///
    /// # Errors
    /// A figure can't be drawn.
    pub fn new(
        title: &str,
        subtitle: &str,
        supplements: &[Supplement],
        figures: &[Figure],
    ) -> Result<Self, ReproError> {
        let shown = figures.iter().zip(extents(figures));
        let drawn = shown.map(|(figure, extent)| Ok((figure.key.clone(), draw(figure, &extent)?)));
        let drawings: Vec<(String, String)> = drawn.collect::<Result<_, ReproError>>()?;
        let shown = figures.iter().zip(&drawings);
        let shown: String = shown.map(|(figure, (_, svg))| figure_html(figure, svg)).collect();
        let page = format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>{0}</title>\n<style>{1}</style>\n</head>\n<body>\n<header>\n<h1>{0}</h1>\n\
             <p>{2}</p>\n</header>\n<main>\n{3}<div class=\"figures\">{shown}</div>\n</main>\n\
             </body>\n</html>\n",
            escape(title),
            style(),
            escape(subtitle),
            supplements.iter().map(supplement).collect::<String>(),
        );
        Ok(Self { page, drawings })
    }
}

/// A figure, with a link to the file of its drawing, which lies beside the page.
fn figure_html(figure: &Figure, drawing: &str) -> String {
    format!(
        "<figure>{}<figcaption>{} <span class=\"files\"><a href=\"{}.svg\">SVG</a></span></figcaption></figure>\n",
        palette::themed(drawing).replacen(
            "<svg ",
            &format!("<svg role=\"img\" aria-label=\"{}\" ", escape(&alternative(figure))),
            1
        ),
        escape(&figure.caption),
        escape(&figure.key),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::{Table, TableEntry};

    #[test]
    fn a_page_is_whole_and_says_what_it_is_told_as_text() {
        let table = Table {
            key: "facts".into(),
            title: "Facts".into(),
            caption: String::new(),
            columns: vec!["fact".into(), "value".into()],
            rows: vec![vec![TableEntry::text("loss"), TableEntry::text("<0.5>")]],
        };
        let sheet = Sheet::new("a & b", "<c>", &[table.into()], &[]).unwrap();
        for part in ["<title>a &amp; b</title>", "&lt;c&gt;", "<td>&lt;0.5&gt;</td>", "--hue-0:"] {
            assert!(sheet.page.contains(part), "{part}");
        }
        assert!(!sheet.page.contains("http") && sheet.drawings.is_empty());
    }
}
