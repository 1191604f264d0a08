//! The `reproduce` command, run as a user runs it: outputs, resumption, and every exit status.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

pub fn reproduce(out: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mirrorhead-repro"))
        .arg("reproduce")
        .args(args)
        .arg("--out")
        .arg(out)
        .output()
        .unwrap()
}

fn status(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn report(out: &Path) -> Value {
    serde_json::from_slice(&fs::read(out.join("report.json")).unwrap()).unwrap()
}

/// A report without what may differ between runs: times, threads, and what was found finished.
pub fn numbers(out: &Path) -> Value {
    let mut report = report(out);
    report["provenance"] = Value::Null;
    for machine in report["ran_on"].as_array_mut().unwrap() {
        machine["seconds"] = Value::Null;
    }
    for experiment in report["experiments"].as_array_mut().unwrap() {
        for cell in experiment["cells"].as_array_mut().unwrap() {
            cell["seconds"] = Value::Null;
        }
    }
    report
}

fn cell_files(out: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> =
        fs::read_dir(out.join("cells/descent")).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn the_quick_profile_has_the_same_numbers_whatever_the_threads() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let first = reproduce(one.path(), &["--profile", "quick", "--jobs", "1"]);
    let second = reproduce(two.path(), &["--profile", "quick", "--jobs", "2"]);
    for output in [&first, &second] {
        assert!([0, 1].contains(&status(output)), "{}", stderr(output));
        assert!(stdout(output).contains("index.html") && stdout(output).contains("More:"));
        assert!(output.stderr.is_empty(), "not a terminal, so quiet: {}", stderr(output));
    }
    assert_eq!(numbers(one.path()), numbers(two.path()));
    assert_eq!(report(two.path())["provenance"]["threads"], 2);
}

#[test]
fn the_report_is_self_contained_and_complete() {
    let temp = tempfile::tempdir().unwrap();
    let output = reproduce(temp.path(), &["descent", "--profile", "quick"]);
    assert_eq!(status(&output), 0, "{}{}", stdout(&output), stderr(&output));
    let page = fs::read_to_string(temp.path().join("index.html")).unwrap();
    assert!(!page.contains("src=\"http") && !page.contains("<link") && !page.contains("<script"));
    assert_eq!(page.matches("<svg").count(), page.matches("</svg>").count());
    let report = report(temp.path());
    assert_eq!(report["schema_version"], 1);
    for field in ["version", "code_fingerprint", "rustc", "cpu", "threads", "wall_seconds"] {
        assert!(!report["provenance"][field].is_null(), "{field}");
    }
    let claims = report["claims"].as_array().unwrap();
    let verdict = |experiment: &str| {
        let row = claims.iter().find(|claim| claim["experiment"] == experiment).unwrap();
        row["verdict"].as_str().unwrap().to_owned()
    };
    assert_eq!(verdict("descent"), "reproduced");
    for figure in report["experiments"][0]["figures"].as_array().unwrap() {
        let name = format!("figures/descent-{}.svg", figure["key"].as_str().unwrap());
        assert!(temp.path().join(name).is_file());
        assert!(!figure["series"][0]["points"].as_array().unwrap().is_empty());
    }
}

#[test]
fn every_field_of_the_report_is_documented() {
    let temp = tempfile::tempdir().unwrap();
    reproduce(temp.path(), &["synthetic-path", "--seeds", "1"]);
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/report-schema.md");
    let schema = fs::read_to_string(schema).unwrap();
    let mut values = vec![report(temp.path())];
    while let Some(value) = values.pop() {
        match value {
            Value::Array(items) => values.extend(items),
            Value::Object(fields) => {
                for (name, value) in fields {
                    assert!(schema.contains(&format!("`{name}`")), "{name}");
                    // What a cell depends on and produces is the experiment's own.
                    if name != "config" && name != "outcome" {
                        values.push(value);
                    }
                }
            }
            _ => {}
        }
    }
}

#[test]
fn too_few_runs_for_a_median_are_not_judged() {
    let temp = tempfile::tempdir().unwrap();
    let output = reproduce(temp.path(), &["synthetic-direction", "--seeds", "2"]);
    assert_eq!(status(&output), 0, "{}", stdout(&output));
    let report = report(temp.path());
    let row = report["claims"].as_array().unwrap().iter().find(|claim| {
        claim["experiment"] == "synthetic-direction" && claim["key"] == "attsvm-direction"
    });
    assert_eq!(row.unwrap()["verdict"], "not_judged");
    assert!(row.unwrap()["obtained"]["text"].as_str().unwrap().contains("not judged"));
}

#[test]
fn finished_cells_are_kept_and_damaged_ones_run_again() {
    let temp = tempfile::tempdir().unwrap();
    let args = ["descent", "--profile", "quick", "--seeds", "1"];
    reproduce(temp.path(), &args);
    let before = numbers(temp.path());
    let run = |extra: &[&str]| {
        let output = reproduce(temp.path(), &[&args[..], extra].concat());
        assert_eq!(status(&output), 0, "{}", stderr(&output));
        let provenance = report(temp.path())["provenance"].clone();
        (provenance["cells_run"].as_u64().unwrap(), stderr(&output))
    };
    assert_eq!(run(&[]).0, 0);
    assert_eq!(run(&["--resume"]).0, 0);

    let files = cell_files(temp.path());
    let whole = fs::read_to_string(&files[0]).unwrap();
    fs::write(&files[0], &whole[..whole.len() / 2]).unwrap();
    fs::write(&files[1], "").unwrap();
    fs::remove_file(&files[2]).unwrap();
    let (cells_run, warnings) = run(&[]);
    assert_eq!(cells_run, 3);
    assert_eq!(warnings.matches("warning: running").count(), 2, "{warnings}");
    assert_eq!(numbers(temp.path()), before);

    assert_eq!(run(&["--fresh"]).0, files.len() as u64);
    assert_eq!(numbers(temp.path()), before);
}

#[test]
fn a_dry_run_writes_nothing() {
    let temp = tempfile::tempdir().unwrap();
    let out = temp.path().join("out");
    let output = reproduce(&out, &["--dry-run", "--all"]);
    assert_eq!(status(&output), 0);
    assert!(stdout(&output).contains("descent") && stdout(&output).contains("nothing was run"));
    assert!(!out.exists());
}

#[test]
fn the_list_names_every_group() {
    let output = reproduce(Path::new("unused"), &["--list"]);
    assert_eq!(status(&output), 0);
    assert!(stdout(&output).contains("group synthetic (runs by default)"));
    let real_data = stdout(&output).split("group real-data").nth(1).unwrap().to_owned();
    let imdb = real_data.lines().find(|line| line.trim_start().starts_with("imdb")).unwrap();
    assert!(imdb.contains("(built on demand)"), "{imdb}");
}

#[test]
fn what_is_built_on_demand_has_a_status_of_its_own_and_nothing_is_run() {
    let temp = tempfile::tempdir().unwrap();
    let out = temp.path().join("out");
    for args in [&["imdb"][..], &["real-data"], &["descent", "imdb"], &["imdb", "--dry-run"]] {
        let output = reproduce(&out, args);
        assert_eq!(status(&output), 4, "{args:?}");
        let said = stderr(&output);
        assert!(said.contains("`imdb`") && said.contains("built on demand"), "{args:?}: {said}");
        assert!(output.stdout.is_empty() && !out.exists());
    }
    let output = reproduce(&out, &["--all", "--dry-run"]);
    assert!(!stdout(&output).contains("imdb"), "{}", stdout(&output));
}

#[test]
fn misuse_is_status_2_and_names_the_remedy() {
    let temp = tempfile::tempdir().unwrap();
    for (args, message) in [
        (&["descnet"][..], "did you mean `descent`?"),
        (&["descent", "imbd"], "did you mean `imdb`?"),
        (&["imdb", "--device", "gpu"], "vulkan"),
        (&["--seeds", "0"], "--seeds"),
        (&["--jobs", "0"], "--jobs"),
        (&["--profile", "slow"], "paper"),
        (&["--all", "descent"], "cannot be used with"),
        (&["--fresh", "--resume"], "cannot be used with"),
    ] {
        let output = reproduce(temp.path(), args);
        assert_eq!(status(&output), 2, "{args:?}");
        assert!(stderr(&output).contains(message), "{args:?}: {}", stderr(&output));
    }
    let file = temp.path().join("file");
    fs::write(&file, "").unwrap();
    let output = reproduce(&file.join("out"), &["descent"]);
    assert_eq!(status(&output), 2);
    assert!(stderr(&output).contains("--out") && stderr(&output).contains("file"));
}

#[cfg(unix)]
#[test]
fn an_interruption_is_status_130_and_loses_no_finished_cell() {
    let temp = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_mirrorhead-repro"))
        .args(["reproduce", "descent", "--seeds", "2000", "--out"])
        .arg(temp.path())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    while fs::read_dir(temp.path().join("cells/descent")).map_or(0, Iterator::count) < 20 {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let mut said = String::new();
    std::io::Read::read_to_string(&mut child.stderr.take().unwrap(), &mut said).unwrap();
    assert!(said.contains("interrupted") && said.contains("same command again"), "{said}");
    assert!(cell_files(temp.path()).len() >= 20);
    assert!(!temp.path().join("report.json").exists());
}
