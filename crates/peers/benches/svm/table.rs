//! Tables: printed row by row, and kept as Markdown.

/// A table in the making; every row is printed when it is known.
pub struct Table {
    markdown: String,
    widths: Vec<usize>,
}

impl Table {
    /// A table with this title and these columns.
    pub fn new(title: &str, columns: &[&str]) -> Self {
        let widths: Vec<usize> = columns.iter().map(|c| c.chars().count().max(9)).collect();
        let mut table = Self { markdown: format!("\n**{title}**\n\n"), widths };
        println!("\n{title}\n");
        table.row(&columns.iter().map(ToString::to_string).collect::<Vec<_>>());
        table.markdown.extend(["|", &"---|".repeat(columns.len()), "\n"]);
        table
    }

    /// Adds a row and prints it.
    pub fn row(&mut self, cells: &[String]) {
        self.markdown.extend(["| ", &cells.join(" | "), " |\n"]);
        let padded: Vec<String> =
            cells.iter().zip(&self.widths).map(|(cell, width)| format!("{cell:>width$}")).collect();
        println!("{}", padded.join("  "));
    }

    /// A line below the table.
    pub fn note(&mut self, text: &str) {
        self.markdown.extend(["\n", text, "\n"]);
        println!("\n{text}");
    }

    pub fn markdown(self) -> String {
        self.markdown
    }
}

/// Seconds with three digits and a fitting unit.
pub fn seconds(seconds: f64) -> String {
    let (value, unit) = match seconds {
        s if s < 1e-3 => (s * 1e6, "us"),
        s if s < 1.0 => (s * 1e3, "ms"),
        s => (s, "s"),
    };
    format!("{} {unit}", digits(value))
}

/// Memory in MB.
pub fn megabytes(bytes: Option<u64>) -> String {
    bytes.map_or_else(|| "unknown".to_owned(), |bytes| format!("{} MB", digits(bytes as f64 / 1e6)))
}

/// Three digits where there are fewer before the point.
pub fn digits(value: f64) -> String {
    match value {
        v if v < 10.0 => format!("{v:.2}"),
        v if v < 100.0 => format!("{v:.1}"),
        v => format!("{v:.0}"),
    }
}

/// A relative gap.
pub fn gap(gap: Option<f64>) -> String {
    gap.map_or_else(|| "none".to_owned(), |gap| format!("{gap:.0e}"))
}
