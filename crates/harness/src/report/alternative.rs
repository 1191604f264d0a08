//! What a figure shows, in words, for those who can't see it.

use super::html::short;
use super::typography::readable;
use crate::experiment::{Figure, Series, Shape};

/// The most series that are told one by one.
const TOLD: usize = 8;

/// What a figure shows: its title, what to see in it, and where each series starts and ends.
pub fn alternative(figure: &Figure) -> String {
    let told: Vec<String> = figure.series.iter().filter_map(series).collect();
    let more = told.len().saturating_sub(TOLD);
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    let told = told.into_iter().take(TOLD).collect::<Vec<_>>().join("; ");
    let said = |text: &str| {
        let text = text.trim();
        let end = if text.is_empty() || text.ends_with('.') { "" } else { "." };
        format!("{text}{end} ")
    };
    let numbers = if told.is_empty() {
        "Nothing is drawn.".into()
    } else {
        format!("{} against {}: {told}{more}.", figure.y.label, figure.x.label)
    };
    readable(&format!("{}{}{numbers}", said(&figure.title), said(&figure.caption)))
}

fn series(series: &Series) -> Option<String> {
    let label = if series.label.is_empty() { "a line" } else { &series.label };
    match &series.shape {
        Shape::Line { points } | Shape::Band { points, .. } => {
            let (first, last) = (points.first()?, points.last()?);
            Some(format!(
                "{label} from {} at {} to {} at {}",
                short(first[1]),
                short(first[0]),
                short(last[1]),
                short(last[0])
            ))
        }
        Shape::Scatter { points } => {
            let (low, high) = range(points.iter().map(|point| point[1]))?;
            let n = points.len();
            Some(format!("{label}, {n} points between {} and {}", short(low), short(high)))
        }
        Shape::Ray { direction: [x, y], .. } => {
            Some(format!("{label} in the direction ({}, {})", short(*x), short(*y)))
        }
        Shape::Bars { heights, .. } => {
            let (_, high) = range(heights.iter().copied())?;
            Some(format!("{label}, {} bars, the highest {}", heights.len(), short(high)))
        }
    }
}

fn range(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.filter(|value| value.is_finite()).fold(None, |range, value| {
        let (low, high) = range.unwrap_or((value, value));
        Some((low.min(value), high.max(value)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Axis;

    #[test]
    fn a_figure_is_told_with_its_finding_and_its_numbers() {
        let points = vec![[1.0, 0.5], [100.0, 0.002]];
        let figure = Figure {
            key: "sample".into(),
            title: "Divergence".into(),
            caption: "It falls".into(),
            x: Axis::log("iteration"),
            y: Axis::log("divergence"),
            series: vec![
                Series::new("p = 2", 0, Shape::Line { points: points.clone() }),
                Series::new("runs", 1, Shape::Scatter { points }),
            ],
        };
        assert_eq!(
            alternative(&figure),
            "Divergence. It falls. divergence against iteration: p = 2 from 0.500 at 1.00 to 0.00200 at 100; \
             runs, 2 points between 0.00200 and 0.500."
        );
        let empty = Figure { series: Vec::new(), ..figure };
        assert!(alternative(&empty).ends_with("Nothing is drawn."));
    }
}
