//! Drawings as PDF and PNG, and the links to them.

use std::fs;

use mirrorhead_figures::{Converter, FigureError, convert_all, with_links};

const SVG: &str = r##"<svg width="50" height="40" viewBox="0 0 200 160" xmlns="http://www.w3.org/2000/svg">
<title>A drawing</title><rect x="0" y="0" width="100" height="160" fill="#006BAD"/>
<text x="110" y="80" font-family="sans-serif" font-size="40">η ≤ 2</text></svg>"##;

#[test]
fn every_drawing_has_a_pdf_and_a_png_and_the_page_links_them() {
    let temp = tempfile::tempdir().unwrap();
    fs::create_dir(temp.path().join("figures")).unwrap();
    fs::write(temp.path().join("figures/a.svg"), SVG).unwrap();
    let page = "<figcaption>A <!--more:figures/a--></figcaption><!--more:figures/b-->";
    fs::write(temp.path().join("index.html"), page).unwrap();
    let n = match convert_all(temp.path()) {
        // A machine without fonts says so, and can't be tested.
        Err(FigureError::NoFont) => return,
        other => other.unwrap(),
    };
    assert_eq!(n, 1);
    let read = |name: &str| fs::read(temp.path().join("figures").join(name)).unwrap();
    let (pdf, png) = (read("a.pdf"), read("a.png"));
    assert!(pdf.starts_with(b"%PDF-") && pdf.len() > 1000);
    // Width and height stand at the start of a PNG file.
    let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
    assert_eq!((&png[1..4], number(16), number(20)), (&b"PNG"[..], 150, 120));
    let html = fs::read_to_string(temp.path().join("index.html")).unwrap();
    let links = "<a href=\"figures/a.pdf\">PDF</a> <a href=\"figures/a.png\">PNG</a>";
    assert_eq!(html, format!("<figcaption>A  {links}</figcaption>"));
    assert_eq!(fs::read_dir(temp.path().join("figures")).unwrap().count(), 3);
}

#[test]
fn what_is_no_drawing_is_an_error_that_names_it() {
    let temp = tempfile::tempdir().unwrap();
    let error = convert_all(temp.path()).unwrap_err();
    assert!(matches!(error, FigureError::NoDrawing { .. }) && error.to_string().contains("out"));
    let Ok(converter) = Converter::new() else { return };
    let error = converter.pdf("b.svg".as_ref(), "no drawing").unwrap_err();
    assert!(error.to_string().starts_with("b.svg: "), "{error}");
}

#[test]
fn pages_without_marks_stay_as_they_are() {
    for page in ["", "<p>nothing</p>", "<!--more:cut off"] {
        assert_eq!(with_links(page, |_| true), page);
    }
}
