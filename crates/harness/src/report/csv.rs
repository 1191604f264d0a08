//! The numbers of a figure as comma-separated values.

use std::fmt::Write;

use crate::experiment::{Figure, Series, Shape};

/// The heads of the columns. A band lies between `low` and `high`; a bar reaches from `x` to `x_end`; a ray goes
/// from `(x, y)` through `(x_end, y_end)`.
const HEADS: &str = "series,kind,x,y,low,high,x_end,y_end";

/// Every number of a figure, written so that it reads back exactly.
pub fn csv(figure: &Figure) -> String {
    let (x, y) = (&figure.x.label, &figure.y.label);
    let mut text = format!("# {}; x: {x}; y: {y}\n{HEADS}\n", figure.title);
    for series in &figure.series {
        rows(series, &mut text);
    }
    text
}

fn rows(series: &Series, text: &mut String) {
    let label = field(&series.label);
    let mut row = |kind: &str, numbers: [Option<f64>; 6]| {
        let numbers = numbers.map(|number| number.map_or(String::new(), |n| format!("{n:?}")));
        // Writing to a string can't fail.
        let _ = writeln!(text, "{label},{kind},{}", numbers.join(","));
    };
    match &series.shape {
        Shape::Line { points } => points
            .iter()
            .for_each(|[x, y]| row("line", [Some(*x), Some(*y), None, None, None, None])),
        Shape::Scatter { points } => points
            .iter()
            .for_each(|[x, y]| row("scatter", [Some(*x), Some(*y), None, None, None, None])),
        Shape::Band { points, spread } => {
            for ([x, y], [low, high]) in points.iter().zip(spread) {
                row("band", [Some(*x), Some(*y), Some(*low), Some(*high), None, None]);
            }
        }
        Shape::Ray { from: [x, y], direction: [dx, dy] } => {
            row("ray", [Some(*x), Some(*y), None, None, Some(x + dx), Some(y + dy)]);
        }
        Shape::Bars { edges, heights } => {
            for (ends, height) in edges.windows(2).zip(heights) {
                row("bar", [Some(ends[0]), Some(*height), None, None, Some(ends[1]), None]);
            }
        }
    }
}

/// A text that may hold commas and quotes.
fn field(text: &str) -> String {
    if text.contains([',', '"', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Axis;

    #[test]
    fn every_number_is_there_and_reads_back_exactly() {
        let figure = Figure {
            key: "sample".into(),
            title: "Sample".into(),
            caption: String::new(),
            x: Axis::linear("x"),
            y: Axis::linear("y"),
            series: vec![
                Series::new(
                    "a, \"b\"",
                    0,
                    Shape::Band { points: vec![[1.0, 0.1 + 0.2]], spread: vec![[0.0, 5e-324]] },
                ),
                Series::new("ray", 1, Shape::Ray { from: [0.0, 1.0], direction: [1.0, -2.0] }),
                Series::new(
                    "bars",
                    2,
                    Shape::Bars { edges: vec![0.0, 1.0, 3.0], heights: vec![4.0, 5.0] },
                ),
            ],
        };
        let text = csv(&figure);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[..2], ["# Sample; x: x; y: y", HEADS]);
        assert_eq!(lines[2], "\"a, \"\"b\"\"\",band,1.0,0.30000000000000004,0.0,5e-324,,");
        let rest =
            ["ray,ray,0.0,1.0,,,1.0,-1.0", "bars,bar,0.0,4.0,,,1.0,", "bars,bar,1.0,5.0,,,3.0,"];
        assert_eq!(lines[3..], rest);
    }
}
