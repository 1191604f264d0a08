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
const PROBLEMS: &str = r##"(() => {
  const problems = [];
  const wide = document.documentElement.scrollWidth;
  if (wide > innerWidth) {
    const out = [...document.querySelectorAll('body *')].filter(
      e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.scroll'));
    problems.push(`it is ${wide} wide: ${out.slice(0, 3).map(e => e.outerHTML.slice(0, 120)).join(' | ')}`);
  }
  for (const link of document.querySelectorAll('a[href^="#"]')) {
    if (!document.getElementById(decodeURIComponent(link.hash.slice(1)))) problems.push(`dead: ${link.hash}`);
  }
  const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
  ids.filter((id, at) => ids.indexOf(id) !== at).forEach(id => problems.push(`twice: ${id}`));
  for (const svg of document.querySelectorAll('figure svg')) {
    const name = svg.getAttribute('aria-label') || '';
    if (name.length < 60) problems.push(`tells little: ${name}`);
    const frame = svg.getBoundingClientRect();
    const texts = [...svg.querySelectorAll('text')].map(t => [t.textContent.trim(), t.getBoundingClientRect()]);
    for (const [text, box] of texts) {
      if (box.left < frame.left - 1 || box.right > frame.right + 1) problems.push(`cut off: ${text} in ${name.slice(0, 40)}`);
    }
    for (let i = 0; i < texts.length; i++) for (let j = i + 1; j < texts.length; j++) {
      const [a, b] = [texts[i][1], texts[j][1]];
      const x = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const y = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      // Boxes of lines are a little higher than their letters.
      if (x > 1 && y > 0.4 * Math.min(a.height, b.height))
        problems.push(`collide: ${texts[i][0]} and ${texts[j][0]} in ${name.slice(0, 40)}`);
    }
  }
  const light = color => { const c = color.match(/[\d.]+/g).map(Number); return 0.3 * c[0] + 0.6 * c[1] + 0.1 * c[2]; };
  for (const e of document.querySelectorAll('.verdict, p, h1, h2, td, dd')) {
    let ground = e;
    while (ground && /rgba\(0, 0, 0, 0\)/.test(getComputedStyle(ground).backgroundColor)) ground = ground.parentElement;
    const back = ground ? getComputedStyle(ground).backgroundColor : 'rgb(255, 255, 255)';
    if (Math.abs(light(getComputedStyle(e).color) - light(back)) < 70) problems.push(`pale: ${e.textContent.slice(0, 60)}`);
  }
  return problems;
})()"##;

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
