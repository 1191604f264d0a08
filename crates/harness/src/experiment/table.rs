//! A table: rows of texts and numbers, with the paper's beside them where it has them.

use serde::Serialize;

/// A table of the report.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Table {
    /// Name of the table, unique within its experiment.
    pub key: String,
    /// Title above the table.
    pub title: String,
    /// What to see in it.
    pub caption: String,
    /// The heads of the columns.
    pub columns: Vec<String>,
    /// The rows, each with an entry for every column.
    pub rows: Vec<Vec<TableEntry>>,
}

/// One entry of a table.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum TableEntry {
    /// Words, such as the name of a row.
    Text {
        /// The words.
        text: String,
    },
    /// A number that this run obtained.
    Obtained {
        /// The number; nothing when it wasn't measured.
        obtained: Option<Quantity>,
    },
    /// The same beside the paper's.
    BesidePaper {
        /// The number; nothing when it wasn't measured.
        obtained: Option<Quantity>,
        /// The paper's.
        paper: Quantity,
    },
}

/// A number, and how far single measurements lie from it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Quantity {
    /// The number, such as a mean.
    pub value: f64,
    /// The standard deviation of the measurements behind it, where there are several.
    pub deviation: Option<f64>,
    /// How many decimals are shown.
    #[serde(skip)]
    pub decimals: usize,
}

impl TableEntry {
    /// Words.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text { text: text.into() }
    }
}

impl Quantity {
    /// A number that is shown with this many decimals.
    pub fn new(value: f64, decimals: usize) -> Self {
        Self { value, deviation: None, decimals }
    }

    /// The mean of measurements and their standard deviation (with `$n - 1$`, and none for `$n = 1$`);
    /// nothing without a measurement.
    ///
    /// ```
    /// use mirrorhead_harness::Quantity;
    ///
    /// let accuracy = Quantity::mean(&[83.0, 84.0, 85.0], 2).unwrap();
    /// assert_eq!((accuracy.value, accuracy.deviation), (84.0, Some(1.0)));
    /// assert_eq!(Quantity::mean(&[83.0], 2), Some(Quantity::new(83.0, 2)));
    /// assert_eq!(Quantity::mean(&[], 2), None);
    /// ```
    pub fn mean(values: &[f64], decimals: usize) -> Option<Self> {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let deviation = (values.len() > 1).then(|| (squares / (n - 1.0)).sqrt());
        (!values.is_empty()).then_some(Self { value: mean, deviation, decimals })
    }

    /// The same with a standard deviation.
    #[must_use]
    pub fn with_deviation(self, deviation: f64) -> Self {
        Self { deviation: Some(deviation), ..self }
    }
}
