//! Equal ranges of figures that stand side by side and have the same axes.

use crate::experiment::{Axis, Figure, Scale};

/// The least part of the common range that a figure must fill on its own to take part in it.
const LEAST_PART: f64 = 0.25;

/// What each figure has to show: its own points, and the ends of the range that it shares with others of the
/// same axis, where none of them is much smaller.
pub fn extents(figures: &[Figure]) -> Vec<Vec<[f64; 2]>> {
    let own: Vec<Vec<[f64; 2]>> = figures
        .iter()
        .map(|figure| figure.series.iter().flat_map(|series| series.shape.extent()).collect())
        .collect();
    let x = common(figures, &own, |figure| &figure.x, 0);
    let y = common(figures, &own, |figure| &figure.y, 1);
    let mut all = own;
    for (at, points) in all.iter_mut().enumerate() {
        // A point without a place on the other axis widens only the one.
        points.extend(x[at].into_iter().flatten().map(|end| [end, f64::NAN]));
        points.extend(y[at].into_iter().flatten().map(|end| [f64::NAN, end]));
    }
    all
}

/// The ends of the range that each figure shares along one of its axes.
fn common<'f>(
    figures: &'f [Figure],
    points: &[Vec<[f64; 2]>],
    axis: impl Fn(&'f Figure) -> &'f Axis,
    coordinate: usize,
) -> Vec<Option<[f64; 2]>> {
    let range = |at: usize| {
        range(points[at].iter().map(|point| point[coordinate]), axis(&figures[at]).scale)
    };
    let share = |at: usize| -> Option<[f64; 2]> {
        let alike = (0..figures.len()).filter(|other| axis(&figures[*other]) == axis(&figures[at]));
        let ranges: Vec<[f64; 2]> = alike.filter_map(range).collect();
        let union = ranges.iter().copied().reduce(|a, b| [a[0].min(b[0]), a[1].max(b[1])])?;
        let scale = axis(&figures[at]).scale;
        let least = ranges.iter().map(|own| length(*own, scale)).fold(f64::INFINITY, f64::min);
        (least >= LEAST_PART * length(union, scale)).then_some(union)
    };
    (0..figures.len()).map(share).collect()
}

fn range(values: impl Iterator<Item = f64>, scale: Scale) -> Option<[f64; 2]> {
    let visible = values.filter(|value| scale.admits(*value));
    visible.map(|value| [value, value]).reduce(|a, b| [a[0].min(b[0]), a[1].max(b[1])])
}

fn length([low, high]: [f64; 2], scale: Scale) -> f64 {
    match scale {
        Scale::Linear => high - low,
        Scale::Log => libm::log10(high) - libm::log10(low),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::{Series, Shape};

    fn figure(y: Axis, last: f64) -> Figure {
        let points = vec![[0.0, 1.0], [5.0, last]];
        Figure {
            key: String::new(),
            title: String::new(),
            caption: String::new(),
            x: Axis::linear("seed"),
            y,
            series: vec![Series::new("", 0, Shape::Line { points })],
        }
    }

    /// The heights that a figure has to show.
    fn heights(points: &[[f64; 2]]) -> Vec<f64> {
        points.iter().map(|point| point[1]).filter(|y| !y.is_nan()).collect()
    }

    #[test]
    fn neighbours_with_the_same_axis_share_its_range_unless_one_would_be_squashed() {
        let (linear, log) = (Axis::linear("share"), Axis::log("divergence"));
        let similar =
            [figure(linear.clone(), 3.0), figure(linear.clone(), 2.0), figure(log.clone(), 9.0)];
        let shown = extents(&similar);
        assert_eq!(heights(&shown[1]), [1.0, 2.0, 1.0, 3.0]);
        assert_eq!(heights(&shown[2]), [1.0, 9.0, 1.0, 9.0]);
        let squashed = extents(&[figure(linear.clone(), 100.0), figure(linear, 2.0)]);
        assert_eq!(heights(&squashed[1]), [1.0, 2.0]);
        let decades = extents(&[figure(log.clone(), 1e4), figure(log, 1e2)]);
        assert_eq!(heights(&decades[1]), [1.0, 1e2, 1.0, 1e4]);
    }
}
