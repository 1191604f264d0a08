//! The legend below a chart: entries in rows that fit, none over another.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::canvas::{Area, Drawn, UNIT, font, px, text_width};
use super::palette;
use super::typography::readable;
use crate::experiment::{Series, Shape};

const ROW: u32 = 24;
const LEFT: u32 = 40;
/// From the left end of a sample to its text.
const SAMPLE: u32 = 38;
/// Between entries.
const GAP: u32 = 18;
const LETTERS: u32 = 13;

/// An entry: where it stands, which series it explains, and a line of its label.
pub struct Entry<'a> {
    left: u32,
    series: &'a Series,
    text: String,
    /// Whether the sample of the series stands before it: not so before the further lines of a long label.
    first: bool,
}

/// The entries of the legend of a drawing of this width, in rows that fit.
pub fn rows(series: &[Series], width: u32) -> Vec<Vec<Entry<'_>>> {
    let mut rows: Vec<Vec<Entry<'_>>> = vec![Vec::new()];
    let mut left = LEFT;
    for (k, entry) in series.iter().enumerate() {
        if entry.label.is_empty() || series[..k].iter().any(|s| s.label == entry.label) {
            continue;
        }
        for (line, text) in
            lines(&readable(&entry.label), width - LEFT - SAMPLE).into_iter().enumerate()
        {
            let needs = SAMPLE + text_width(&text, LETTERS);
            let fits = left + needs <= width && line == 0;
            if !fits && rows.last().is_some_and(|row| !row.is_empty()) {
                left = LEFT;
                rows.push(Vec::new());
            }
            if let Some(row) = rows.last_mut() {
                row.push(Entry { left, series: entry, text, first: line == 0 });
            }
            left += needs + GAP;
        }
    }
    rows
}

/// How high these rows are, in pixels.
pub fn height(rows: &[Vec<Entry<'_>>]) -> u32 {
    ROW * u32::try_from(rows.len()).unwrap_or(1)
}

/// A label, broken at words into lines of at most this width.
fn lines(label: &str, width: u32) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in label.split(' ') {
        let line = lines.last().map_or("", String::as_str);
        let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        if text_width(&longer, LETTERS) > width && !line.is_empty() {
            lines.push(word.to_owned());
        } else if let Some(line) = lines.last_mut() {
            *line = longer;
        }
    }
    lines
}

/// Draws the legend.
pub fn draw_legend(rows: &[Vec<Entry<'_>>], area: &Area) -> Drawn {
    for (row, entries) in rows.iter().enumerate() {
        let middle = px(ROW * u32::try_from(row).unwrap_or(0) + 9);
        for Entry { left, series, text, first } in entries {
            if *first {
                draw_sample(series, *left, middle, area)?;
            }
            let style = font(LETTERS).pos(Pos::new(HPos::Left, VPos::Center));
            area.draw(&Text::new(text.clone(), (px(left + SAMPLE), middle), style))?;
        }
    }
    Ok(())
}

/// A piece of what the series looks like.
fn draw_sample(series: &Series, left: u32, middle: i32, area: &Area) -> Drawn {
    let (start, end) = ((px(left), middle), (px(left + 30), middle));
    let color = palette::at(series.hue).light;
    let sample = |color: RGBAColor, width: u32| {
        PathElement::new([start, end], color.stroke_width(width * UNIT))
    };
    match &series.shape {
        Shape::Scatter { .. } => {
            area.draw(&Circle::new((px(left + 15), middle), px(4), color.filled()))?;
        }
        Shape::Ray { .. } => area.draw(&sample(color.mix(0.35), 6))?,
        Shape::Band { .. } | Shape::Bars { .. } => {
            area.draw(&sample(color.mix(0.15), 12))?;
            area.draw(&sample(color.mix(1.0), 2))?;
        }
        Shape::Line { .. } => area.draw(&sample(color.mix(1.0), 2))?,
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_stand_beside_and_below_one_another_and_inside_the_drawing() {
        let label = |k: usize| "wide MW ".repeat(k + 1) + &k.to_string();
        let series: Vec<Series> =
            (0..9).map(|k| Series::new(label(k), k, Shape::Line { points: Vec::new() })).collect();
        let rows = rows(&series, 500);
        let mut seen = 0;
        for row in &rows {
            let mut end = 0;
            for entry in row {
                assert!(entry.left >= end, "{}", entry.text);
                end = entry.left + SAMPLE + text_width(&entry.text, LETTERS);
                assert!(end <= 500, "{} ends at {end}", entry.text);
                seen += usize::from(entry.first);
            }
        }
        assert_eq!(seen, 9);
        // The longest labels take several rows.
        assert!(rows.len() > 9);
    }
}
