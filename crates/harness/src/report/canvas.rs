//! Units and letters of a drawing.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::FontTransform;

use super::palette::INK;

/// The drawing library rounds to whole units, so a unit is a quarter of a pixel.
pub const UNIT: u32 = 4;

/// A part of a drawing.
pub type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// What drawing ends with.
pub type Drawn = Result<(), Box<dyn std::error::Error>>;

/// A length in pixels as one in units.
pub fn px(pixels: u32) -> i32 {
    i32::try_from(pixels * UNIT).unwrap_or(i32::MAX)
}

/// A sans-serif font; the backend divides the size by 1.24.
pub fn font(pixels: u32) -> TextStyle<'static> {
    let size = f64::from(pixels * UNIT) * 1.24;
    TextStyle::from(FontDesc::new(FontFamily::SansSerif, size, FontStyle::Normal))
        .transform(FontTransform::None)
        .color(&INK.light)
}

/// How wide a text is at most, in pixels, in the usual sans-serif fonts of this size.
pub fn text_width(text: &str, pixels: u32) -> u32 {
    let thousandths = |c: char| match c {
        'i' | 'j' | 'l' | '\'' | '|' | '.' | ',' | ':' | ';' | '!' => 340,
        ' ' | 'f' | 't' | 'r' | '(' | ')' | '[' | ']' | '/' | '-' | '‖' => 420,
        'm' | 'w' | 'M' | 'W' | '@' | '%' => 990,
        '=' | '+' | '<' | '>' | '≤' | '≥' | '→' | '−' => 840,
        'A'..='Z' => 790,
        _ => 640,
    };
    (text.chars().map(thousandths).sum::<u32>() * pixels).div_ceil(1000)
}
