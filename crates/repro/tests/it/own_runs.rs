//! Runs on your own data as a machine treats them: killed, copied, damaged, side by side, on full disks.
#![cfg(unix)]

use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

/// The paper's toy pair.
fn toy() -> Value {
    json!({
        "X": [[[-2.7, 1.2], [1.4, 2.1], [1.3, -0.1]], [[0.4, -2.2], [-1.1, -0.4]]],
        "Y": [1, -1],
        "Z": [[-2.7, 1.2], [0.4, -2.2]],
        "v": [0.1, 1.0],
    })
}

fn with_toy() -> (TempDir, PathBuf) {
    with_data(&toy())
}

fn with_data(data: &Value) -> (TempDir, PathBuf) {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("data.json");
    fs::write(&path, data.to_string()).unwrap();
    (temp, path)
}

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_mirrorhead-repro"))
}

fn attgd(data: &Path, out: &Path, args: &[&str]) -> Command {
    let mut command = program();
    command.arg("attgd").arg(data).arg("--out").arg(out).args(args);
    command
}

fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn result(out: &Path) -> Value {
    serde_json::from_slice(&fs::read(out.join("result.json")).unwrap()).unwrap()
}

#[test]
fn a_run_is_known_by_its_contents_and_not_by_its_path() {
    let (temp, data) = with_toy();
    let out = temp.path().join("out");
    let copy = temp.path().join("copy.of.it");
    fs::copy(&data, &copy).unwrap();
    let p = ["--p", "2", "--iters", "500"];
    assert_eq!(attgd(&data, &out, &p).output().unwrap().status.code(), Some(0));
    for path in [Path::new("data.json"), Path::new("./data.json"), &data, &copy] {
        let again = attgd(path, &out, &p).current_dir(temp.path()).output().unwrap();
        assert!(said(&again).contains("going on from"), "{}: {again:?}", path.display());
        assert!(errors(&again).is_empty(), "{again:?}");
    }
}

#[test]
fn a_changed_digit_of_a_checkpoint_is_told_and_believed_by_nobody() {
    let (temp, data) = with_toy();
    let out = temp.path().join("out");
    let p = ["--p", "1.5", "--iters", "400"];
    let clean = attgd(&data, &out, &p).output().unwrap();
    assert_eq!(clean.status.code(), Some(0), "{clean:?}");
    let expected = result(&out);
    let path = out.join("checkpoint.json");
    let whole = fs::read_to_string(&path).unwrap();
    let at = whole.find("\"parameters\"").unwrap();
    let digit = at + whole[at..].find(|c: char| c.is_ascii_digit()).unwrap();
    let mut damaged = whole.clone().into_bytes();
    damaged[digit] = if damaged[digit] == b'1' { b'2' } else { b'1' };
    fs::write(&path, &damaged).unwrap();
    let again = attgd(&data, &out, &p).output().unwrap();
    assert!(errors(&again).contains("damaged"), "{again:?}");
    assert!(!said(&again).contains("going on from"));
    assert_eq!(result(&out)["key_query"], expected["key_query"]);
    assert_eq!(fs::read_to_string(&path).unwrap(), whole);
    let kept = fs::read_dir(&out).unwrap().any(|entry| {
        let kept = entry.unwrap().path().join("checkpoint.json");
        fs::read(kept).is_ok_and(|bytes| bytes == damaged)
    });
    assert!(kept, "the damaged one is kept beside it");
}

#[test]
fn one_process_works_in_a_folder_and_what_a_kill_leaves_is_swept() {
    let (temp, data) = with_toy();
    let out = temp.path().join("out");
    let long = ["--p", "3", "--iters", "1e15"];
    let mut first = attgd(&data, &out, &long).stdout(Stdio::null()).spawn().unwrap();
    let start = Instant::now();
    while !out.join(".lock").exists() && start.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(20));
    }
    std::thread::sleep(Duration::from_millis(100));
    let second = attgd(&data, &out, &["--p", "2"]).output().unwrap();
    assert_eq!(second.status.code(), Some(2), "{second:?}");
    assert!(errors(&second).contains(&first.id().to_string()), "{second:?}");
    first.kill().unwrap();
    first.wait().unwrap();
    fs::write(out.join(".unfinished-Ab12Cd"), "half").unwrap();
    fs::write(out.join(".tmpAb12Cd"), "half").unwrap();
    let third = attgd(&data, &out, &["--p", "3", "--iters", "200"]).output().unwrap();
    assert!([Some(0), Some(3)].contains(&third.status.code()), "{third:?}");
    assert!(!out.join(".unfinished-Ab12Cd").exists() && !out.join(".tmpAb12Cd").exists());
}

#[test]
fn full_disks_and_closed_pipes_are_no_panic() {
    if !Path::new("/dev/full").exists() {
        return;
    }
    let (temp, data) = with_toy();
    let full = || File::options().write(true).open("/dev/full").unwrap();
    let p = ["--p", "2", "--iters", "300"];
    let lost = attgd(&data, temp.path(), &p).stdout(full()).output().unwrap();
    assert_eq!(lost.status.code(), Some(2), "{lost:?}");
    assert!(errors(&lost).contains("standard output"), "{lost:?}");
    assert!(temp.path().join("result.json").exists());
    let deaf = attgd(&data, temp.path(), &["--p", "nonsense"]).stderr(full()).status().unwrap();
    assert_eq!(deaf.code(), Some(2));
    let help = program().arg("--help").stdout(full()).output().unwrap();
    assert_eq!(help.status.code(), Some(2), "{help:?}");
    for args in [&["attgd", "--help"][..], &["--version"]] {
        assert_eq!(program().args(args).output().unwrap().status.code(), Some(0));
    }
    // A reader that goes away before anything is said.
    let mut child = attgd(&data, temp.path(), &p).stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn names_that_are_no_utf8_are_names() {
    let (temp, data) = with_toy();
    let strange = temp.path().join(OsStr::from_bytes(b"d\xff\xfe.json"));
    fs::copy(&data, &strange).unwrap();
    let out = temp.path().join(OsStr::from_bytes(b"out\xff"));
    let trained = attgd(&strange, &out, &["--p", "2"]).output().unwrap();
    assert_eq!(trained.status.code(), Some(0), "{trained:?}");
    let missing = temp.path().join(OsStr::from_bytes(b"none\xff.json"));
    let missing = attgd(&missing, &out, &["--p", "2"]).output().unwrap();
    assert_eq!(missing.status.code(), Some(2), "{missing:?}");
}

#[test]
fn folders_and_named_pipes_are_refused_at_once() {
    let temp = tempfile::tempdir().unwrap();
    let pipe = temp.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for (path, word) in [(pipe.as_path(), "named pipe"), (temp.path(), "folder")] {
        let refused = attgd(path, temp.path(), &["--p", "2"]).output().unwrap();
        assert_eq!(refused.status.code(), Some(2));
        assert!(errors(&refused).contains(word), "{refused:?}");
    }
}

#[test]
fn the_umask_is_respected() {
    let (temp, data) = with_toy();
    for (umask, mode) in [("077", 0o600), ("027", 0o640), ("022", 0o644)] {
        let out = temp.path().join(umask);
        let script = format!("umask {umask}; exec \"$0\" attgd \"$1\" --p 2 --out \"$2\"");
        let shell = Command::new("sh")
            .args(["-c", &script])
            .arg(program().get_program())
            .arg(&data)
            .arg(&out)
            .output()
            .unwrap();
        assert_eq!(shell.status.code(), Some(0), "{shell:?}");
        for name in ["result.json", "checkpoint.json", "trace.csv", "trace.npz"] {
            let found = fs::metadata(out.join(name)).unwrap().permissions().mode() & 0o777;
            assert_eq!(found, mode, "{name} under {umask}: {found:o}");
        }
    }
}

#[test]
fn several_exponents_have_a_folder_each_and_a_table() {
    let (temp, data) = with_toy();
    let out = temp.path().join("out");
    let several = attgd(&data, &out, &["--p", "1.5,2,3"]).output().unwrap();
    assert_eq!(several.status.code(), Some(0), "{several:?}");
    for p in ["1.5", "2", "3"] {
        let result = result(&out.join(format!("p{p}")));
        assert_eq!(result["settings"]["p"], json!(p.parse::<f64>().unwrap()));
        assert!(result["margin"].as_f64() <= result["max_margin"]["upper"].as_f64());
        assert_eq!(result["accuracy"], 1.0);
    }
    let table = fs::read_to_string(out.join("table.csv")).unwrap();
    assert_eq!(table.lines().count(), 4, "{table}");
    assert!(table.lines().nth(1).unwrap().starts_with("1.5,1500,"), "{table}");
    let text = said(&several);
    let table = text.lines().filter(|line| !line.contains('/'));
    assert!(table.clone().all(|line| line.chars().count() <= 82), "{text}");
    assert!(text.contains("selection A"), "{text}");
}

#[test]
fn a_trace_shows_the_course() {
    let (temp, data) = with_toy();
    let run = attgd(&data, temp.path(), &["--p", "2", "--iters", "1e3"]).output().unwrap();
    assert_eq!(run.status.code(), Some(0), "{run:?}");
    let trace = fs::read_to_string(temp.path().join("trace.csv")).unwrap();
    let rows: Vec<Vec<f64>> = trace
        .lines()
        .skip(1)
        .map(|line| line.split(',').map(|x| x.parse().unwrap_or(f64::NAN)).collect())
        .collect();
    assert!(trace.starts_with("iteration,loss,log_gradient,norm_p,directional_bregman,least"));
    let (first, last) = (&rows[0], rows.last().unwrap());
    assert_eq!((first[0], last[0]), (0.0, 1000.0));
    assert!(last[1] < first[1] && last[3] > 1.0 && last[4] < 0.05 && last[5] > 0.99, "{last:?}");
    let result = result(temp.path());
    assert_eq!(result["loss"].as_f64(), Some(last[1]));
    assert_eq!(result["directional_bregman"].as_f64(), Some(last[4]));
    assert!(fs::read(temp.path().join("trace.npz")).unwrap().starts_with(b"PK"));
}

#[test]
fn padding_is_suspected_aloud_and_cut_where_lengths_say_so() {
    let mut data = toy();
    data["X"] = json!([[[-2.7, 1.2], [1.4, 2.1], [0, 0]], [[0.4, -2.2], [0, 0], [0, 0]]]);
    let (temp, path) = with_data(&data);
    let padded = attgd(&path, &temp.path().join("padded"), &["--p", "2"]).output().unwrap();
    assert!(errors(&padded).contains("2 of 2 sequences of X have tokens of zeros"), "{padded:?}");
    assert_eq!(result(&temp.path().join("padded"))["warnings"][0]["kind"], "zero_tokens");
    for (key, value) in [("lengths", json!([2, 1])), ("mask", json!([[1, 1, 0], [1, 0, 0]]))] {
        let mut data = data.clone();
        data[key] = value;
        fs::write(&path, data.to_string()).unwrap();
        let cut = attgd(&path, &temp.path().join(key), &["--p", "2"]).output().unwrap();
        assert_eq!(errors(&cut), "", "{cut:?}");
        assert_eq!(result(&temp.path().join(key))["data"]["tokens"], 3);
    }
}

#[test]
fn contradicting_labels_of_one_sequence_are_no_want_of_steps() {
    let mut data = toy();
    data["X"] = json!([[[-2.7, 1.2], [1.4, -2.1]], [[-2.7, 1.2], [1.4, -2.1]]]);
    data["Z"] = json!([[-2.7, 1.2], [-2.7, 1.2]]);
    let (temp, path) = with_data(&data);
    let found = attgd(&path, temp.path(), &["--p", "2", "--w0", "1"]).output().unwrap();
    assert_eq!(found.status.code(), Some(3), "{found:?}");
    let message = result(temp.path())["finding"]["message"].as_str().unwrap().to_owned();
    assert!(message.contains("finite minimum") && !message.contains("train longer"), "{message}");
}

#[test]
fn the_longer_step_that_is_suggested_saturates() {
    let (temp, path) = with_toy();
    for (p, too_short) in [("3", "1e-4"), ("6", "1e-6"), ("10", "1e-9")] {
        let args = ["--p", p, "--iters", "300", "--step"];
        let out = temp.path().join(p);
        let short = attgd(&path, &out, &[&args[..], &[too_short]].concat()).output().unwrap();
        assert_eq!(short.status.code(), Some(3), "{short:?}");
        let message = result(&out)["finding"]["message"].as_str().unwrap().to_owned();
        let step = message.rsplit("--step ").next().unwrap().to_owned();
        assert!(step.parse::<f64>().unwrap() > too_short.parse().unwrap(), "{message}");
        let longer = attgd(&path, &out, &[&args[..], &[&step]].concat()).output().unwrap();
        assert_eq!(longer.status.code(), Some(0), "{message}: {longer:?}");
    }
}
