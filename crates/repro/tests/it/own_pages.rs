//! What runs on your own data show: pages that need no network, figures, and the same numbers on every machine.
#![cfg(unix)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;

/// Sequences whose best token depends on the exponent in no way.
fn data() -> Value {
    json!({
        "X": [[[-2.7, 1.2], [1.4, 2.1], [1.3, -0.1]], [[0.4, -2.2], [-1.1, -0.4], [0.9, 0.1]]],
        "Y": [1, -1],
        "Z": [[-2.7, 1.2], [0.4, -2.2]],
        "v": [0.5, 1.0],
    })
}

fn with(data: &Value) -> (TempDir, PathBuf) {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("data <1>.json");
    fs::write(&path, data.to_string()).unwrap();
    (temp, path)
}

fn attgd(data: &Path, out: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mirrorhead-repro"));
    command.arg("attgd").arg(data).arg("--out").arg(out).args(args);
    command
}

fn ended(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    output
}

fn is_whole_and_offline(page: &str) {
    for part in ["src=", "href=\"http", "<link", "<script", "NaN"] {
        assert!(!page.contains(part), "{part}");
    }
    assert!(page.ends_with("</html>\n"));
    assert_eq!(page.matches("<svg").count(), page.matches("</svg>").count());
}

#[test]
fn a_run_has_a_page_and_its_figures() {
    let (temp, data) = with(&data());
    let out = temp.path().join("out");
    let output = ended(&mut attgd(&data, &out, &["--p", "1.5"]));
    assert!(String::from_utf8(output.stdout).unwrap().contains("index.html"));
    let page = fs::read_to_string(out.join("index.html")).unwrap();
    is_whole_and_offline(&page);
    for part in ["data &lt;1&gt;.json", "margin of W", "largest margin", "accuracy", "100.00%"] {
        assert!(page.contains(part), "{part}");
    }
    assert_eq!(page.matches("<svg").count(), 4);
    for figure in ["loss", "norm", "divergence", "probability"] {
        let svg = fs::read_to_string(out.join(format!("{figure}.svg"))).unwrap();
        assert!(svg.contains("<polyline") && !svg.contains("nothing to draw"), "{figure}");
    }
    // Whatever a run writes is set aside when another run has the folder.
    ended(&mut attgd(&data, &out, &["--p", "3", "--iters", "1500"]));
    let kept = fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().path());
    let kept = kept.filter(|path| path.is_dir()).collect::<Vec<_>>();
    let [earlier] = &kept[..] else { panic!("{kept:?}") };
    let names = |folder: &Path| {
        let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
        let files = files.filter(|entry| entry.path().is_file());
        let mut names: Vec<_> =
            files.map(|entry| entry.file_name().into_string().unwrap()).collect();
        names.retain(|name| !name.ends_with("lock"));
        names.sort();
        names
    };
    assert_eq!(names(earlier), names(&out));
    assert_eq!(fs::read_to_string(earlier.join("index.html")).unwrap(), page);
}

#[test]
fn several_exponents_have_one_table_and_one_figure() {
    let (temp, data) = with(&data());
    let out = temp.path().join("out");
    ended(&mut attgd(&data, &out, &["--p", "1.75,2,3"]));
    let page = fs::read_to_string(out.join("comparison.html")).unwrap();
    is_whole_and_offline(&page);
    assert_eq!(page.matches("<svg").count(), 1);
    let figure = fs::read_to_string(out.join("comparison.svg")).unwrap();
    for p in ["p = 1.75", "p = 2", "p = 3"] {
        assert!(figure.contains(p), "{p}");
    }
    let table = fs::read_to_string(out.join("table.csv")).unwrap();
    for entry in table.lines().nth(1).unwrap().split(',') {
        assert!(page.contains(&format!("<td>{entry}</td>")), "{entry}");
    }
}

#[test]
fn padding_may_be_in_front_and_is_told() {
    let expected = {
        let (temp, data) = with(&data());
        ended(&mut attgd(&data, &temp.path().join("out"), &["--p", "2"]));
        result(&temp.path().join("out"))
    };
    let mut padded = data();
    for (i, front) in [(0, true), (1, false)] {
        let tokens = padded["X"][i].as_array_mut().unwrap();
        tokens.insert(usize::from(!front), json!([0.0, 0.0]));
    }
    padded["mask"] = json!([[0, 1, 1, 1], [1, 0, 1, 1]]);
    let (temp, data) = with(&padded);
    let output = ended(&mut attgd(&data, &temp.path().join("out"), &["--p", "2"]));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("2 of 2 sequences has padding before tokens"), "{told}");
    let found = result(&temp.path().join("out"));
    assert_eq!(found["key_query"], expected["key_query"]);
    assert_eq!(found["selection"], expected["selection"]);
    assert_eq!(found["warnings"][0]["kind"], "moved_tokens");
}

fn result(out: &Path) -> Value {
    serde_json::from_slice(&fs::read(out.join("result.json")).unwrap()).unwrap()
}

/// A result without what may differ between runs: times.
fn numbers(out: &Path) -> Value {
    let mut result = result(out);
    for times in ["train_seconds", "solve_seconds"] {
        result[times] = Value::Null;
    }
    result
}

#[test]
fn the_systems_mathematics_library_changes_no_bit() {
    // Old names of the processor's features and new ones; whatever isn't known is passed over.
    let variants = ["-AVX2_Usable,-FMA_Usable,-AVX_Usable,-FMA4_Usable", "-AVX2,-FMA,-AVX,-FMA4"];
    let (temp, data) = with(&data());
    for p in ["1.1", "1.6", "2.3", "3"] {
        // A Gaussian start, and a power that is neither a product nor a root.
        let args = ["--p", p, "--w0", "5", "--iters", "3000", "--loss", "exponential"];
        let plain = temp.path().join(format!("plain-{p}"));
        let status = attgd(&data, &plain, &args).status().unwrap();
        let expected = numbers(&plain);
        for (k, variant) in variants.iter().enumerate() {
            let out = temp.path().join(format!("variant-{p}-{k}"));
            let mut command = attgd(&data, &out, &args);
            command.env("GLIBC_TUNABLES", format!("glibc.cpu.hwcaps={variant}"));
            assert_eq!(command.status().unwrap(), status);
            assert_eq!(numbers(&out), expected, "p = {p}, {variant}");
            let trace = |out: &Path| fs::read(out.join("trace.csv")).unwrap();
            assert_eq!(trace(&out), trace(&plain), "p = {p}, {variant}");
        }
    }
}
