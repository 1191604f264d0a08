//! Drawing a figure as SVG.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::alternative::alternative;
use super::canvas::{Area, Drawn, UNIT, font, px};
use super::html::escape;
use super::legend::{self, draw_legend};
use super::palette::{self, AXIS, GRID};
use super::ticks::RoundAxis;
use super::typography::readable;
use crate::error::ReproError;
use crate::experiment::{Figure, Series, Shape};

const WIDTH: u32 = 500;
const CHART_HEIGHT: u32 = 344;

type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<RoundAxis, RoundAxis>>;

/// The drawing on a white ground of its own: a file may be shown on whatever page, a dark one too.
pub fn with_ground(svg: &str) -> String {
    let ground = "<rect width=\"100%\" height=\"100%\" fill=\"#FFFFFF\"/>\n";
    svg.split_once(">\n")
        .map_or_else(|| svg.to_owned(), |(head, rest)| format!("{head}>\n{ground}{rest}"))
}

/// The figure as an SVG document for a light ground, with axes that show these points.
///
/// # Errors
/// The drawing library refuses.
pub fn draw(figure: &Figure, extent: &[[f64; 2]]) -> Result<String, ReproError> {
    let rows = legend::rows(&figure.series, WIDTH);
    let height = CHART_HEIGHT + legend::height(&rows);
    let mut svg = String::new();
    let root = SVGBackend::with_string(&mut svg, (WIDTH * UNIT, height * UNIT)).into_drawing_area();
    let draw_all = |root: Area| -> Drawn {
        let (chart, legend) = root.split_vertically(px(CHART_HEIGHT));
        draw_chart(figure, extent, &chart)?;
        draw_legend(&rows, &legend)?;
        Ok(root.present()?)
    };
    draw_all(root)
        .map_err(|e| ReproError::Figure { figure: figure.key.clone(), reason: e.to_string() })?;
    let sized = format!("width=\"{}\" height=\"{}\"", WIDTH * UNIT, height * UNIT);
    let shown = format!("width=\"{WIDTH}\" height=\"{height}\" stroke-linejoin=\"round\"");
    let svg = palette::dash(&svg.replacen(&sized, &shown, 1));
    // What a reader is told who can't see it, also where the drawing stands alone.
    let told = format!(
        ">\n<title>{}</title>\n<desc>{}</desc>",
        escape(&figure.title),
        escape(&alternative(figure))
    );
    Ok(svg.replacen('>', &told, 1))
}

fn draw_chart(figure: &Figure, extent: &[[f64; 2]], area: &Area) -> Drawn {
    let axes = (
        RoundAxis::covering(figure.x.scale, extent.iter().map(|point| point[0])),
        RoundAxis::covering(figure.y.scale, extent.iter().map(|point| point[1])),
    );
    let title = font(16).pos(Pos::new(HPos::Left, VPos::Top));
    area.draw(&Text::new(readable(&figure.title), (px(14), px(10)), title))?;
    let (Some(x), Some(y)) = axes else {
        let middle = (px(WIDTH / 2), px(CHART_HEIGHT / 2));
        let style = font(14).pos(Pos::new(HPos::Center, VPos::Center));
        return Ok(area.draw(&Text::new("nothing to draw", middle, style))?);
    };
    let mut chart = ChartBuilder::on(area)
        .margin_top(px(40))
        .margin_bottom(px(8))
        .margin_left(px(6))
        .margin_right(px(24))
        .x_label_area_size(px(46))
        .y_label_area_size(px(66))
        .build_cartesian_2d(x, y)?;
    chart
        .configure_mesh()
        .x_labels(7)
        .y_labels(7)
        .bold_line_style(GRID.light.stroke_width(UNIT))
        .axis_style(AXIS.light.stroke_width(UNIT))
        .label_style(font(12))
        .axis_desc_style(font(13))
        .x_desc(readable(&figure.x.label))
        .y_desc(readable(&figure.y.label))
        .set_all_tick_mark_size(px(4))
        .draw()?;
    // Wide and pale things first, so that they hide nothing.
    for pale in [true, false] {
        figure.series.iter().try_for_each(|series| draw_series(series, &mut chart, pale))?;
    }
    Ok(())
}

/// Draws the pale parts of a series (bands and rays), or the others.
fn draw_series(series: &Series, chart: &mut Chart, pale: bool) -> Drawn {
    let color = palette::at(series.hue).light;
    let line = color.stroke_width(2 * UNIT);
    // What is pale: a band, and the area under bars.
    let area = color.mix(0.15);
    match (&series.shape, pale) {
        (Shape::Line { points } | Shape::Band { points, .. }, false) => {
            chart.draw_series([PathElement::new(placed(chart, points.iter().copied()), line)])?;
        }
        (Shape::Band { points, spread }, true) => {
            let low = points.iter().zip(spread).map(|([x, _], [low, _])| [*x, *low]);
            let high = points.iter().zip(spread).map(|([x, _], [_, high])| [*x, *high]);
            let outline = placed(chart, low.chain(high.rev()));
            chart.draw_series([Polygon::new(outline, area)])?;
        }
        (Shape::Scatter { points }, false) => {
            let places = placed(chart, points.iter().copied());
            let marker = |place| Circle::new(place, px(4), color.filled());
            chart.draw_series(places.into_iter().map(marker))?;
        }
        (Shape::Ray { from, direction }, true) => {
            if let Some(end) = ray_end(chart, *from, *direction) {
                let style = color.mix(0.35).stroke_width(6 * UNIT);
                chart.draw_series([PathElement::new(placed(chart, [*from, end]), style)])?;
            }
        }
        (Shape::Bars { edges, heights }, true) => {
            chart.draw_series([Polygon::new(skyline(chart, edges, heights), area)])?;
        }
        (Shape::Bars { edges, heights }, false) => {
            chart.draw_series([PathElement::new(skyline(chart, edges, heights), line)])?;
        }
        _ => {}
    }
    Ok(())
}

/// The outline of bars from the ground on the left to the ground on the right.
fn skyline(chart: &Chart, edges: &[f64], heights: &[f64]) -> Vec<(f64, f64)> {
    let (x, y) = (chart.as_coord_spec().x_spec(), chart.as_coord_spec().y_spec());
    let ground = if y.admits(0.0) { y.position(0.0) } else { y.ends().0 };
    let top = |height: f64| if y.admits(height) { y.position(height) } else { ground };
    let mut outline = Vec::new();
    for (ends, height) in edges.windows(2).zip(heights) {
        if x.admits(ends[0]) && x.admits(ends[1]) {
            let [left, right] = [ends[0], ends[1]].map(|edge| x.position(edge));
            if outline.is_empty() {
                outline.push((left, ground));
            }
            outline.extend([(left, top(*height)), (right, top(*height))]);
        }
    }
    outline.extend(outline.last().map(|(right, _)| (*right, ground)));
    outline
}

/// The positions of the points that have one.
fn placed(chart: &Chart, points: impl IntoIterator<Item = [f64; 2]>) -> Vec<(f64, f64)> {
    let (x, y) = (chart.as_coord_spec().x_spec(), chart.as_coord_spec().y_spec());
    let visible = points.into_iter().filter(|[a, b]| x.admits(*a) && y.admits(*b));
    visible.map(|[a, b]| (x.position(a), y.position(b))).collect()
}

/// Where a ray leaves the figure (on linear axes).
fn ray_end(chart: &Chart, from: [f64; 2], direction: [f64; 2]) -> Option<[f64; 2]> {
    let ends = [chart.as_coord_spec().x_spec().ends(), chart.as_coord_spec().y_spec().ends()];
    let length = (0..2)
        .filter(|axis| direction[*axis] != 0.0)
        .map(|axis| {
            let edge = if direction[axis] > 0.0 { ends[axis].1 } else { ends[axis].0 };
            (edge - from[axis]) / direction[axis]
        })
        .fold(f64::INFINITY, f64::min);
    length.is_finite().then(|| [0, 1].map(|axis| from[axis] + length * direction[axis]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Axis;

    /// The drawing of a figure alone.
    fn draw(figure: &Figure) -> Result<String, ReproError> {
        super::draw(figure, &crate::report::extents(std::slice::from_ref(figure))[0])
    }

    fn figure(series: Vec<Series>) -> Figure {
        Figure {
            key: "sample".into(),
            title: "A & B < C".into(),
            caption: String::new(),
            x: Axis::linear("iteration"),
            y: Axis::log("divergence"),
            series,
        }
    }

    #[test]
    fn every_shape_is_drawn_in_its_colour_and_dashes() {
        let points = vec![[0.0, 1.0], [1.0, 0.1], [2.0, 0.01]];
        let spread = vec![[0.9, 1.1], [0.05, 0.2], [0.001, 0.02]];
        let svg = draw(&figure(vec![
            Series::new("band", 1, Shape::Band { points: points.clone(), spread }),
            Series::new("points", 2, Shape::Scatter { points }),
            Series::new("ray", 3, Shape::Ray { from: [0.0, 0.5], direction: [1.0, -0.1] }),
        ]))
        .unwrap();
        for part in ["polygon", "polyline", "circle", "stroke-dasharray=\"28 12\"", "#C85400"] {
            assert!(svg.contains(part), "{part} is missing");
        }
        assert!(svg.contains("A &amp; B &lt; C"));
        assert!(svg.trim_end().ends_with("</svg>"));
        let ground = "xmlns=\"http://www.w3.org/2000/svg\">\n<rect width=\"100%\" height=\"100%\"";
        assert!(with_ground(&svg).contains(ground));
    }

    #[test]
    fn bars_stand_on_zero_or_on_the_floor_of_a_logarithmic_axis() {
        let bars = |y: Axis| {
            let (edges, heights) = (vec![-1.0, 0.0, 1.0, 2.0], vec![10.0, 0.0, 1000.0]);
            let series = vec![Series::new("weights", 1, Shape::Bars { edges, heights })];
            draw(&Figure { y, ..figure(series) }).unwrap()
        };
        for svg in [bars(Axis::linear("count")), bars(Axis::log("count"))] {
            let points =
                svg.split("<polygon").nth(1).and_then(|p| p.split('"').find(|p| p.contains(',')));
            let points: Vec<&str> = points.unwrap().split_whitespace().collect();
            let height = |k: usize| points[k].split_once(',').unwrap().1.parse::<i32>().unwrap();
            assert_eq!(points.len(), 8, "{points:?}");
            // Ground, 10, 10, nothing, nothing, 1000, 1000, ground; pixels count downwards.
            let [ground, low, empty, high] = [0, 1, 3, 5].map(height);
            assert!(high < low && low < ground && empty == ground && height(7) == ground);
            assert!(svg.contains("polyline") && !svg.contains("NaN"));
        }
    }

    #[test]
    fn values_without_a_place_are_left_out_and_an_empty_figure_says_so() {
        let points = vec![[0.0, 0.0], [1.0, f64::NAN], [2.0, -1.0]];
        let svg = draw(&figure(vec![Series::new("none", 0, Shape::Line { points })])).unwrap();
        assert!(svg.contains("nothing to draw"));
        assert!(!svg.contains("NaN") && !svg.contains("inf"));
    }
}
