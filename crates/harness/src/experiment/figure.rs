//! A figure as numbers: axes and series, before any drawing.

use serde::Serialize;

/// How an axis maps numbers to positions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// Equal differences are equally far apart.
    Linear,
    /// Equal ratios are equally far apart; values at or below zero can't be drawn.
    Log,
}

impl Scale {
    /// Whether `value` has a place on the axis.
    pub fn admits(self, value: f64) -> bool {
        value.is_finite() && (self == Self::Linear || value > 0.0)
    }
}

/// One axis of a figure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Axis {
    /// What is measured along it.
    pub label: String,
    /// How.
    pub scale: Scale,
}

impl Axis {
    /// An axis with equal steps.
    pub fn linear(label: impl Into<String>) -> Self {
        Self { label: label.into(), scale: Scale::Linear }
    }

    /// An axis with equal ratios.
    pub fn log(label: impl Into<String>) -> Self {
        Self { label: label.into(), scale: Scale::Log }
    }
}

/// What a series draws.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Shape {
    /// A line through points.
    Line {
        /// The points `[x, y]`, in order.
        points: Vec<[f64; 2]>,
    },
    /// A line with a band around it.
    Band {
        /// The points `[x, y]`, in order.
        points: Vec<[f64; 2]>,
        /// The band `[low, high]` at each point.
        spread: Vec<[f64; 2]>,
    },
    /// Points without a line.
    Scatter {
        /// The points `[x, y]`.
        points: Vec<[f64; 2]>,
    },
    /// A half line from a point, drawn to the edge of the figure.
    Ray {
        /// Where it starts.
        from: [f64; 2],
        /// Where it points.
        direction: [f64; 2],
    },
    /// Bars side by side, such as those of a histogram.
    Bars {
        /// Where each bar begins and the one before it ends, ascending: one more than there are bars.
        edges: Vec<f64>,
        /// How high each bar is.
        heights: Vec<f64>,
    },
}

impl Shape {
    /// The points that the figure's range must show; the start of a ray, but not its end.
    pub fn extent(&self) -> Vec<[f64; 2]> {
        match self {
            Self::Line { points } | Self::Scatter { points } => points.clone(),
            Self::Band { points, spread } => {
                let ends = points.iter().zip(spread);
                ends.flat_map(|([x, y], [low, high])| [[*x, *low], [*x, *y], [*x, *high]]).collect()
            }
            Self::Ray { from, .. } => vec![*from],
            Self::Bars { edges, heights } => {
                let bars = edges.windows(2).zip(heights);
                // Bars stand on zero, where the axis has one.
                bars.flat_map(|(x, y)| [[x[0], *y], [x[1], *y], [x[0], 0.0]]).collect()
            }
        }
    }
}

/// A named, coloured shape.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Series {
    /// Name in the legend; series of the same name share one entry.
    pub label: String,
    /// Position in the palette, which fixes colour and dashes.
    pub hue: usize,
    /// What is drawn.
    #[serde(flatten)]
    pub shape: Shape,
}

impl Series {
    /// A series of the given palette position.
    pub fn new(label: impl Into<String>, hue: usize, shape: Shape) -> Self {
        Self { label: label.into(), hue, shape }
    }
}

/// A figure: what is drawn, and every number in it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figure {
    /// Name of the figure, unique within its experiment; also its file name.
    pub key: String,
    /// Title above the figure.
    pub title: String,
    /// What to see in it.
    pub caption: String,
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
    /// What is drawn.
    pub series: Vec<Series>,
}
