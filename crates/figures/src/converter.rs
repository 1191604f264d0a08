//! From SVG to PDF and PNG.

use std::path::Path;
use std::sync::Arc;

use resvg::tiny_skia::{Pixmap, Transform};
use svg2pdf::usvg::{Options, Tree, fontdb};
use svg2pdf::{ConversionOptions, PageOptions};

use crate::error::FigureError;

/// Families that are looked for, the first that is there is taken.
const FAMILIES: [&str; 5] = ["Liberation Sans", "Arial", "Helvetica", "DejaVu Sans", "Noto Sans"];

/// Pixels of a PNG for each of the drawing's.
const ENLARGED: f32 = 3.0;

/// Converts drawings, with the fonts of this system.
pub struct Converter {
    options: Options<'static>,
}

impl Converter {
    /// A converter with the fonts of this system.
    ///
    /// # Errors
    /// There is none that letters could be taken from.
    pub fn new() -> Result<Self, FigureError> {
        let mut fonts = fontdb::Database::new();
        fonts.load_system_fonts();
        let is_there = |family: &&&str| {
            let families = &[fontdb::Family::Name(family)];
            fonts.query(&fontdb::Query { families, ..fontdb::Query::default() }).is_some()
        };
        let family = *FAMILIES.iter().find(is_there).ok_or(FigureError::NoFont)?;
        fonts.set_sans_serif_family(family);
        let options =
            Options { font_family: family.into(), fontdb: Arc::new(fonts), ..Options::default() };
        Ok(Self { options })
    }

    /// The drawing as a PDF file of one page, with its letters as text.
    ///
    /// # Errors
    /// The drawing isn't one.
    pub fn pdf(&self, path: &Path, svg: &str) -> Result<Vec<u8>, FigureError> {
        let tree = self.tree(path, svg)?;
        svg2pdf::to_pdf(&tree, ConversionOptions::default(), PageOptions::default())
            .map_err(|error| drawing(path, &error))
    }

    /// The drawing as a PNG file on white, three times as large.
    ///
    /// # Errors
    /// The drawing isn't one.
    pub fn png(&self, path: &Path, svg: &str) -> Result<Vec<u8>, FigureError> {
        let tree = self.tree(path, svg)?;
        let size = tree.size().to_int_size().scale_by(ENLARGED);
        let mut pixels = size
            .and_then(|size| Pixmap::new(size.width(), size.height()))
            .ok_or_else(|| drawing(path, &"it has no size"))?;
        pixels.fill(resvg::tiny_skia::Color::WHITE);
        resvg::render(&tree, Transform::from_scale(ENLARGED, ENLARGED), &mut pixels.as_mut());
        pixels.encode_png().map_err(|error| drawing(path, &error))
    }

    fn tree(&self, path: &Path, svg: &str) -> Result<Tree, FigureError> {
        Tree::from_str(svg, &self.options).map_err(|error| drawing(path, &error))
    }
}

fn drawing(path: &Path, reason: &impl ToString) -> FigureError {
    FigureError::Drawing { path: path.to_owned(), reason: reason.to_string() }
}
