//! Colours and dashes: distinguishable by everyone, in light, in dark and in print.

use plotters::style::RGBColor;

/// One entry of the palette.
#[derive(Debug, Clone, Copy)]
pub struct Hue {
    /// The colour on a light ground.
    pub light: RGBColor,
    /// The colour on a dark ground.
    pub dark: RGBColor,
    /// Lengths of dashes and gaps, in units of the drawing; nothing for a solid line.
    pub dashes: &'static str,
}

/// After Okabe and Ito's colours for every kind of colour vision, darkened where they are too pale
/// for a thin line on white.
const HUES: [Hue; 6] = [
    hue((0x00, 0x6b, 0xad), (0x5c, 0xb8, 0xf2), ""),
    hue((0xc8, 0x54, 0x00), (0xff, 0x96, 0x4d), "28 12"),
    hue((0x00, 0x85, 0x62), (0x3d, 0xcf, 0xa5), "8 9"),
    hue((0xa8, 0x4b, 0x84), (0xe8, 0x9c, 0xc8), "36 10 8 10"),
    hue((0x8a, 0x6d, 0x00), (0xe8, 0xc5, 0x3a), "18 8 8 8 8 8"),
    hue((0x55, 0x5b, 0x66), (0xb4, 0xbc, 0xc8), "4 8"),
];

/// Text of a drawing.
pub const INK: Hue = hue((0x1b, 0x1f, 0x24), (0xe8, 0xea, 0xee), "");
/// Axes and ticks.
pub const AXIS: Hue = hue((0x8b, 0x92, 0x9c), (0x7c, 0x85, 0x92), "");
/// Grid lines.
pub const GRID: Hue = hue((0xe4, 0xe7, 0xeb), (0x33, 0x3a, 0x44), "");

const fn hue(light: (u8, u8, u8), dark: (u8, u8, u8), dashes: &'static str) -> Hue {
    let (l, d) = (light, dark);
    Hue { light: RGBColor(l.0, l.1, l.2), dark: RGBColor(d.0, d.1, d.2), dashes }
}

/// The palette's entry at a position, cyclically.
pub fn at(position: usize) -> Hue {
    HUES[position % HUES.len()]
}

/// Adds the dashes of every hue to its opaque lines: the drawing library can only draw solid ones.
pub fn dash(svg: &str) -> String {
    HUES.iter().filter(|hue| !hue.dashes.is_empty()).fold(svg.to_owned(), |svg, hue| {
        let stroke = format!("opacity=\"1\" stroke=\"{}\"", hex(hue.light));
        svg.replace(&stroke, &format!("{stroke} stroke-dasharray=\"{}\"", hue.dashes))
    })
}

/// Replaces the colours by the variables that [`variables`] declares, for a page with themes.
pub fn themed(svg: &str) -> String {
    named().fold(svg.to_owned(), |svg, (name, hue)| {
        svg.replace(&format!("\"{}\"", hex(hue.light)), &format!("\"var(--{name})\""))
    })
}

/// The declarations of the variables, for the light and for the dark theme.
pub fn variables() -> (String, String) {
    named().fold((String::new(), String::new()), |(light, dark), (name, hue)| {
        (
            light + &format!("--{name}:{};", hex(hue.light)),
            dark + &format!("--{name}:{};", hex(hue.dark)),
        )
    })
}

fn named() -> impl Iterator<Item = (String, Hue)> {
    let hues = HUES.into_iter().enumerate().map(|(k, hue)| (format!("hue-{k}"), hue));
    hues.chain([("ink".into(), INK), ("axis".into(), AXIS), ("grid".into(), GRID)])
}

fn hex(color: RGBColor) -> String {
    format!("#{:02X}{:02X}{:02X}", color.0, color.1, color.2)
}
