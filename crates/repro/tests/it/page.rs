//! The page of a report in a browser, at three widths and in two schemes. Passes over machines without one.

use std::env;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::browser::Browser;
use crate::reproduce::reproduce;

/// A phone, a tablet, a desk.
const WIDTHS: [u32; 3] = [360, 820, 1440];

/// What is wrong with a page in the window that it is shown in.
const PROBLEMS: &str = include_str!("problems.js");

/// The links to files.
const FILES: &str = "[...document.querySelectorAll('a[href]')].map(a => a.getAttribute('href')).filter(h => !h.startsWith('#'))";

fn list(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(|item| item.as_str().unwrap().to_owned()).collect()
}

/// Looks at the page in this folder at every width and in both schemes.
fn look_at(out: &Path, browser: &mut Browser, name: &str) {
    let page = out.canonicalize().unwrap().join("index.html");
    for width in WIDTHS {
        for scheme in ["light", "dark"] {
            browser.show(&page, width, scheme);
            assert_eq!(list(&browser.evaluate(PROBLEMS)), [""; 0], "{name}, {width}, {scheme}");
            for file in list(&browser.evaluate(FILES)) {
                assert!(out.join(&file).is_file(), "{name}: dead link to {file}");
            }
            let ground = browser.evaluate("getComputedStyle(document.body).backgroundColor");
            let is_white = ground == "rgb(255, 255, 255)";
            assert_eq!(is_white, scheme == "light", "{ground}");
            if let Some(folder) = env::var_os("MIRRORHEAD_SCREENSHOTS") {
                let file = Path::new(&folder).join(format!("{name}-{width}-{scheme}.png"));
                fs::write(file, browser.screenshot()).unwrap();
            }
        }
    }
    assert_eq!(browser.errors(), [""; 0]);
}

#[test]
fn a_page_is_whole_at_every_width_and_in_both_schemes() {
    let temp = tempfile::tempdir().unwrap();
    let Some(mut browser) = Browser::start(&temp.path().join("browser")) else {
        eprintln!("no browser here: nothing was looked at");
        return;
    };
    // All kinds of figures; and a part of a report, in which most claims were not run.
    for (name, args) in [
        ("whole", &["--all", "--profile", "quick", "--seeds", "1", "--keep-going"][..]),
        ("partial", &["descent", "--profile", "quick", "--seeds", "1"]),
    ] {
        let out = temp.path().join(name);
        reproduce(&out, args);
        look_at(&out, &mut browser, name);
    }
}
