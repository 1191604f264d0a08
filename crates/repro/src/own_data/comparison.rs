//! One data set under several exponents, side by side.

use std::fmt::Write;

use mirrorhead_attention::{Dataset, TokenSelection};
use mirrorhead_harness::report::Sheet;
use mirrorhead_harness::{Axis, Figure, ReproError, Series, Shape, Table, TableEntry};
use mirrorhead_mirror::LpNorm;
use mirrorhead_svm::{Outcome, SvmSettings};
use mirrorhead_trainer::max_margin_key_query;

use super::summary::selection as in_words;
use super::trace::TraceTable;
use super::training_run::Finished;

/// The results of one data set, by exponent.
#[derive(Default)]
pub struct Comparison {
    rows: Vec<Row>,
    series: Vec<Series>,
    /// Each selection that occurs, once.
    selections: Vec<Vec<usize>>,
}

struct Row {
    p: f64,
    iterations: u64,
    loss: f64,
    accuracy: f64,
    /// Which of the selections.
    selection: Option<usize>,
    margin: f64,
    largest_margin: f64,
    divergence: f64,
    /// The largest margin of the selection that all exponents have in common.
    common_margin: f64,
    finding: Option<String>,
}

impl Comparison {
    /// Enters a result, with the largest margin of `common`, the same selection for every exponent.
    ///
    /// # Errors
    /// What the solver refuses.
    pub fn enter(
        &mut self,
        norm: LpNorm,
        finished: &Finished,
        data: &Dataset,
        common: &TokenSelection,
    ) -> Result<(), mirrorhead_svm::SvmError> {
        let Finished { result, trace, .. } = finished;
        let selection = result.selection.as_ref().map(|tokens| {
            self.selections.iter().position(|known| known == tokens).unwrap_or_else(|| {
                self.selections.push(tokens.clone());
                self.selections.len() - 1
            })
        });
        let (hue, p) = (self.rows.len(), norm.p());
        let line = |trace: &TraceTable| trace.points(trace.divergences());
        let own = Shape::Line { points: line(trace) };
        self.series.push(Series::new(format!("p = {p}"), hue, own));
        let common_margin = match max_margin_key_query(data, common, norm, &SvmSettings::default())?
        {
            Outcome::MaxMargin(solution) => {
                if result.selection.as_deref() != Some(common.tokens()) {
                    let (tokens, direction) = (common.tokens(), solution.direction());
                    let recording = &finished.recording;
                    let trace =
                        TraceTable::of(recording, data, norm, Some(tokens), Some(direction));
                    let points = Shape::Scatter { points: line(&trace) };
                    self.series.push(Series::new(format!("p = {p}, best scores"), hue, points));
                }
                solution.interval.lower
            }
            Outcome::NotSeparable(_) => 0.0,
            Outcome::Inconclusive(_) => f64::NAN,
        };
        let largest = result.max_margin.as_ref().and_then(|svm| svm["lower"].as_f64());
        let kind = result.finding.as_ref().and_then(|finding| finding["kind"].as_str());
        self.rows.push(Row {
            p,
            iterations: result.iterations.unwrap_or_default(),
            loss: result.loss.unwrap_or(f64::NAN),
            accuracy: result.accuracy.unwrap_or(f64::NAN),
            selection,
            margin: result.margin.unwrap_or(f64::NAN),
            largest_margin: largest.unwrap_or(f64::NAN),
            divergence: result.directional_bregman.unwrap_or(f64::NAN),
            common_margin,
            finding: kind.map(str::to_owned),
        });
        Ok(())
    }

    /// The page: the table, and one figure.
    ///
    /// # Errors
    /// The figure can't be drawn.
    pub fn sheet(&self, file: &str, common: &TokenSelection) -> Result<Sheet, ReproError> {
        let csv = self.csv();
        let mut rows = csv.lines().map(|line| line.split(','));
        let columns = rows.next().map(|names| names.map(|name| name.replace('_', " ")).collect());
        let entries = |row: std::str::Split<'_, char>| row.map(TableEntry::text).collect();
        let selections = self.selections.iter().enumerate();
        let selections: Vec<_> =
            selections.map(|(k, tokens)| format!("{}: {}", name(k), in_words(tokens))).collect();
        let table = Table {
            key: "exponents".into(),
            title: "Exponents".into(),
            caption: format!(
                "Selections: {}. Best scores: {}.",
                selections.join("; "),
                in_words(common.tokens())
            ),
            columns: columns.unwrap_or_default(),
            rows: rows.map(entries).collect(),
        };
        let figure = Figure {
            key: "comparison".into(),
            title: "Distance from the max-margin direction".into(),
            caption: "The directional Bregman divergence of W from the AttSVM of the same exponent: lines, of the \
                      selection found; points, of the best scores, the same selection for every exponent, where \
                      another is found."
                .into(),
            x: Axis::log("iteration"),
            y: Axis::log("divergence"),
            series: self.series.clone(),
        };
        Sheet::new(
            "ℓp-AttGD under several exponents",
            &format!("On {file}."),
            &[table.into()],
            &[figure],
        )
    }

    /// The table for a terminal, with the selections below it.
    pub fn table(&self, common: &TokenSelection) -> String {
        let mut text = String::from(
            "     p     steps     loss accuracy  sel   margin  largest    diverg     best\n",
        );
        for row in &self.rows {
            let name = row.selection.map_or_else(|| "none".into(), name);
            let _ = writeln!(
                text,
                "{:>6} {:>9} {:>8} {:>7}% {:>4} {:>8} {:>8} {:>9} {:>8}",
                row.p,
                row.iterations,
                short(row.loss),
                short(100.0 * row.accuracy),
                name,
                short(row.margin),
                short(row.largest_margin),
                short(row.divergence),
                short(row.common_margin),
            );
        }
        text.push('\n');
        for (k, tokens) in self.selections.iter().enumerate() {
            let _ = writeln!(text, "selection {}: {}", name(k), in_words(tokens));
        }
        let _ = writeln!(
            text,
            "best: largest margin of {}, the best scores",
            in_words(common.tokens())
        );
        for row in &self.rows {
            if let Some(kind) = &row.finding {
                let _ = writeln!(text, "p = {}: {}", row.p, kind.replace('_', " "));
            }
        }
        text
    }

    /// The table as CSV, with every digit.
    pub fn csv(&self) -> String {
        let mut text = String::from(
            "p,iterations,loss,accuracy,selection,margin,largest_margin,directional_bregman,\
             largest_margin_of_best_scores,finding\n",
        );
        for row in &self.rows {
            let number = |x: f64| if x.is_finite() { x.to_string() } else { String::new() };
            let _ = writeln!(
                text,
                "{},{},{},{},{},{},{},{},{},{}",
                row.p,
                row.iterations,
                number(row.loss),
                number(row.accuracy),
                row.selection.map(name).unwrap_or_default(),
                number(row.margin),
                number(row.largest_margin),
                number(row.divergence),
                number(row.common_margin),
                row.finding.as_deref().unwrap_or_default(),
            );
        }
        text
    }
}

/// `A`, `B`, and so on; numbers where the letters end.
fn name(k: usize) -> String {
    u8::try_from(k)
        .ok()
        .filter(|k| *k < 26)
        .map_or_else(|| k.to_string(), |k| char::from(b'A' + k).to_string())
}

/// Three digits, and nothing where there is no number.
fn short(value: f64) -> String {
    match value.abs() {
        _ if !value.is_finite() => "-".into(),
        0.0 => "0".into(),
        size if (1e-2..1e4).contains(&size) => {
            let text = format!("{value:.3}");
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
        _ => format!("{value:.1e}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_numbers_are_short() {
        for (value, text) in
            [(0.0, "0"), (0.25, "0.25"), (1e-5, "1.0e-5"), (100.0, "100"), (f64::NAN, "-")]
        {
            assert_eq!(short(value), text);
        }
        assert_eq!([name(0), name(25), name(26)], ["A", "Z", "26"]);
    }

    #[test]
    fn the_table_fits_a_terminal() {
        let row = Row {
            p: 1.75,
            iterations: 1_000_000,
            loss: -1.234e-100,
            accuracy: 0.98765,
            selection: Some(0),
            margin: 0.123_456,
            largest_margin: 123.456,
            divergence: 1e-100,
            common_margin: 0.1,
            finding: None,
        };
        let selections = vec![(0..100).collect()];
        let table = Comparison { rows: vec![row], selections, series: Vec::new() };
        let tokens = mirrorhead_attention::toy_pair();
        let common = TokenSelection::new(vec![0, 1], &tokens).unwrap();
        let text = table.table(&common);
        assert!(text.lines().all(|line| line.chars().count() <= 82), "{text}");
        assert_eq!(table.csv().lines().count(), 2);
    }
}
