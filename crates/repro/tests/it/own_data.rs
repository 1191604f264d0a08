//! `attgd` and `attsvm`, run as a user runs them: results, findings, and misuse.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;

fn run(args: &[&str], out: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mirrorhead-repro"))
        .args(args)
        .arg("--out")
        .arg(out)
        .output()
        .unwrap()
}

fn result(out: &Path) -> Value {
    serde_json::from_slice(&fs::read(out.join("result.json")).unwrap()).unwrap()
}

/// The paper's toy pair, ragged: the second sequence lacks its last token.
fn toy() -> Value {
    json!({
        "X": [[[-2.7, 1.2], [1.4, 2.1], [1.3, -0.1]], [[0.4, -2.2], [-1.1, -0.4]]],
        "Y": [1, -1],
        "Z": [[-2.7, 1.2], [0.4, -2.2]],
        "v": [0.1, 1.0],
    })
}

fn file(temp: &TempDir, name: &str, contents: &str) -> PathBuf {
    let path = temp.path().join(name);
    fs::write(&path, contents).unwrap();
    path
}

/// Runs a command on data, and returns its exit status, its errors and its result.
fn on(data: &str, args: &[&str]) -> (i32, String, Value) {
    let temp = tempfile::tempdir().unwrap();
    let path = file(&temp, "data.json", data);
    let args = [&args[..1], &[path.to_str().unwrap()], &args[1..]].concat();
    let output = run(&args, &temp.path().join("out"));
    let status = output.status.code().unwrap();
    let written = temp.path().join("out/result.json").is_file();
    assert_eq!(written, status == 0 || status == 3, "{output:?}");
    let value = if written { result(&temp.path().join("out")) } else { Value::Null };
    (status, String::from_utf8(output.stderr).unwrap(), value)
}

#[test]
fn a_certified_result_has_every_field() {
    for p in ["1.75", "2", "3"] {
        let (status, errors, result) = on(&toy().to_string(), &["attgd", "--p", p]);
        assert_eq!(status, 0, "{errors}");
        let number = |pointer: &str| {
            result.pointer(pointer).and_then(Value::as_f64).unwrap_or_else(|| panic!("{pointer}"))
        };
        assert_eq!(result["selection"], json!([1, 0]));
        assert_eq!(result["optimality"], "global");
        assert!(number("/directional_bregman") < 0.02);
        assert!(number("/max_margin/lower") <= number("/max_margin/upper"));
        assert!(number("/max_margin/relative_gap") <= 1e-9);
        assert!(number("/norm_p") > 1.0 && number("/loss") < 1.0 && number("/iterations") > 0.0);
        assert!(number("/train_seconds") > 0.0 && number("/solve_seconds") > 0.0);
        assert_eq!(result["max_margin"]["multipliers"].as_array().unwrap().len(), 3);
        assert_eq!(result["max_margin"]["constraints"], json!([[0, 0], [0, 2], [1, 1]]));
        assert!(result["finding"].is_null());
    }
}

#[test]
fn the_svm_takes_its_selection_from_the_scores_a_list_or_a_result() {
    let temp = tempfile::tempdir().unwrap();
    let data = file(&temp, "data.json", &toy().to_string());
    let data = data.to_str().unwrap();
    let trained = temp.path().join("trained");
    assert_eq!(run(&["attgd", data, "--p", "3"], &trained).status.code(), Some(0));
    let list = file(&temp, "list.json", "[1, 0]");
    let from_result = trained.join("result.json");
    let mut margins = Vec::new();
    for selection in ["opt", list.to_str().unwrap(), from_result.to_str().unwrap()] {
        let out = temp.path().join("svm");
        let output = run(&["attsvm", data, "--p", "3", "--selection", selection], &out);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        margins.push(result(&out)["max_margin"].clone());
    }
    assert!(margins.windows(2).all(|pair| pair[0] == pair[1]));
    assert_eq!(margins[0], result(&trained)["max_margin"]);
}

#[test]
fn the_svm_is_solved_at_both_ends_of_p() {
    let mut norms = Vec::new();
    for p in ["1", "2", "inf"] {
        let (status, _, result) =
            on(&toy().to_string(), &["attsvm", "--p", p, "--selection", "opt"]);
        assert_eq!(status, 0);
        assert!(result["max_margin"]["relative_gap"].as_f64().unwrap() <= 1e-9);
        norms.push(result["norm_p"].as_f64().unwrap());
    }
    assert!(norms[0] > norms[1] && norms[1] > norms[2], "{norms:?}");
}

#[test]
fn what_the_data_do_not_allow_is_a_finding_with_status_3() {
    let (status, _, result) = on(&toy().to_string(), &["attgd", "--p", "2", "--iters", "2"]);
    assert_eq!((status, &result["finding"]["kind"]), (3, &json!("not_saturated")));
    assert!(result["key_query"].is_array() && result["selection"].is_null());

    let mut constant = toy();
    constant["X"][0] = json!([[1, 1], [1, 1], [1, 1]]);
    let svm = ["attsvm", "--p", "2", "--selection", "opt"];
    let (status, _, result) = on(&constant.to_string(), &svm);
    assert_eq!((status, &result["finding"]["kind"]), (3, &json!("not_separable")));
    assert!(message(&result).contains("in sequence 0, nothing separates token 1"));
    let (status, _, result) = on(&constant.to_string(), &["attgd", "--p", "2"]);
    // Attention stays uniform where all tokens are equal: they are selected together.
    assert_eq!((status, &result["optimality"]), (0, &json!("tied")));
    assert_eq!(result["tied"]["sets"][0], json!([0, 1, 2]));

    // One query with the selected token inside the hull of the others.
    let mut inside = toy();
    inside["X"][0] = json!([[0, 0], [1, 0], [-1, 0]]);
    inside["v"] = json!([0, 1]);
    let (status, _, result) = on(&inside.to_string(), &svm);
    assert_eq!((status, &result["finding"]["kind"]), (3, &json!("not_separable")));
    assert!(result["finding"]["details"]["certificate"]["multipliers"].is_array());
}

fn message(result: &Value) -> &str {
    result["finding"]["message"].as_str().unwrap()
}

#[test]
fn a_zero_gradient_is_explained() {
    for (pointer, value, why) in [
        ("/v", json!([0, 0]), "the decoder v is zero"),
        ("/Z", json!([[0, 0], [0, 0]]), "every query in Z is zero"),
        ("/X", json!([[[1, 2], [1, 2]], [[3, 4], [3, 4]]]), "the tokens of every sequence are"),
        ("/X", json!([[[1, 0], [1, 0]], [[-10, 1], [0, 0]]]), "in every sequence"),
    ] {
        let mut data = toy();
        *data.pointer_mut(pointer).unwrap() = value;
        let (status, _, result) = on(&data.to_string(), &["attgd", "--p", "2"]);
        assert_eq!((status, &result["stop_reason"]), (3, &json!("stationary")), "{why}");
        assert!(message(&result).contains(why), "{why}: {}", message(&result));
        assert!(!message(&result).contains("train longer"));
    }
}

#[test]
fn a_twin_of_the_leading_token_is_selected_with_it() {
    let mut data = toy();
    data["X"][0] = json!([[-2.7, 1.2], [1.4, 2.1], [1.4, 2.1]]);
    let (status, _, result) = on(&data.to_string(), &["attgd", "--p", "2"]);
    assert_eq!((status, &result["optimality"]), (0, &json!("tied")));
    assert_eq!(result["tied"]["sets"][0], json!([1, 2]));
}

#[test]
fn an_old_result_is_gone_when_a_command_fails() {
    let temp = tempfile::tempdir().unwrap();
    let data = file(&temp, "data.json", &toy().to_string());
    let out = temp.path().join("out");
    let step = |step| run(&["attgd", data.to_str().unwrap(), "--p", "2", "--step", step], &out);
    assert_eq!(step("0.1").status.code(), Some(0));
    assert!(out.join("result.json").exists());
    let args = ["attgd", data.to_str().unwrap(), "--p", "2", "--constant", "--step", "1e308"];
    assert_eq!(run(&args, &out).status.code(), Some(2));
    assert!(!out.join("result.json").exists());
}

#[test]
fn a_checkpoint_further_along_is_kept_and_one_of_another_run_too() {
    let temp = tempfile::tempdir().unwrap();
    let data = file(&temp, "data.json", &toy().to_string());
    let out = temp.path().join("out");
    let attgd = |p, iterations| {
        run(&["attgd", data.to_str().unwrap(), "--p", p, "--iters", iterations], &out)
    };
    let checkpoint = || fs::read(out.join("checkpoint.json")).unwrap();
    assert!(attgd("2", "900").stderr.is_empty());
    let kept = checkpoint();
    let shorter = attgd("2", "800");
    assert!(String::from_utf8(shorter.stderr).unwrap().contains("has 900 steps"));
    assert_eq!(result(&out)["iterations"], 800);
    assert_eq!(checkpoint(), kept);
    let other = String::from_utf8(attgd("3", "800").stderr).unwrap();
    assert!(other.contains("of another run") && other.contains("kept in"), "{other}");
    assert_ne!(checkpoint(), kept);
    let again = attgd("2", "900");
    assert!(String::from_utf8(again.stdout).unwrap().contains("going on from"));
    assert_eq!((checkpoint(), &result(&out)["iterations"]), (kept, &json!(900)));
}

#[cfg(unix)]
#[test]
fn data_from_a_pipe_are_told_apart() {
    use std::io::Write;

    let temp = tempfile::tempdir().unwrap();
    let mut other = toy();
    other["v"] = json!([1.0, 0.1]);
    let outputs = [toy(), toy(), other].map(|data| {
        let mut child = Command::new(env!("CARGO_BIN_EXE_mirrorhead-repro"))
            .args(["attgd", "/dev/stdin", "--p", "2", "--out"])
            .arg(temp.path())
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(data.to_string().as_bytes()).unwrap();
        String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()
    });
    let resumed = outputs.map(|text| text.contains("going on from"));
    assert_eq!(resumed, [false, true, false]);
}

#[test]
fn misuse_is_status_2_and_names_the_place() {
    let toy = toy().to_string();
    let with = |pointer: &str, value: Value| {
        let mut data: Value = serde_json::from_str(&toy).unwrap();
        *data.pointer_mut(pointer).unwrap() = value;
        data.to_string()
    };
    let cases: [(String, &[&str], &str); 14] = [
        (toy.clone(), &["attgd", "--p", "1"], "p = 1"),
        (toy.clone(), &["attgd", "--p", "NaN"], "p = NaN"),
        (toy.clone(), &["attgd", "--p", "2", "--step", "0"], "step size = 0"),
        (toy.clone(), &["attgd", "--p", "2", "--step", "-0.1"], "step size = -0.1"),
        (toy.clone(), &["attgd", "--p", "2", "--iters", "0"], "--iters"),
        (toy.clone(), &["attgd", "--p", "2", "--w0", "here"], "zeros"),
        (toy.clone(), &["attgd", "--p", "2", "--w0", "file"], "no W0"),
        (toy.clone(), &["attgd", "--p", "2", "--constant", "--normalized"], "cannot be used with"),
        (toy.clone(), &["attsvm", "--p", "2", "--selection", "nowhere.json"], "nowhere.json"),
        (toy.clone(), &["attsvm", "--p", "2"], "--selection"),
        (with("/Y/1", json!(0)), &["attgd", "--p", "2"], "Y[1] is 0"),
        (with("/X", json!([[[1, 2]], [[3, 4]]])), &["attgd", "--p", "2"], "single token"),
        (toy[..40].to_owned(), &["attgd", "--p", "2"], "truncated"),
        (String::new(), &["attsvm", "--p", "2", "--selection", "opt"], "empty file"),
    ];
    for (data, args, message) in cases {
        let (status, errors, _) = on(&data, args);
        assert_eq!(status, 2, "{args:?}: {errors}");
        assert!(errors.contains(message), "{args:?}: {errors}");
    }
    let temp = tempfile::tempdir().unwrap();
    let data = file(&temp, "data.json", &toy);
    let data = data.to_str().unwrap();
    let output = run(&["attgd", data, "--p", "2"], Path::new("/dev/null/out"));
    assert_eq!(output.status.code(), Some(2));
    let selection = file(&temp, "selection.json", "[1, 2]");
    let args = ["attsvm", data, "--p", "2", "--selection", selection.to_str().unwrap()];
    let output = run(&args, temp.path());
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("it has no token 2"));
}

#[test]
fn every_loss_step_rule_and_start_is_accepted() {
    for args in [
        &["--loss", "exponential"][..],
        &["--loss", "correlation"],
        &["--constant", "--step", "0.5"],
        &["--normalized"],
        &["--w0", "7"],
        &["--w0", "zeros"],
    ] {
        let args = [&["attgd", "--p", "2", "--iters", "300"], args].concat();
        let (status, errors, result) = on(&toy().to_string(), &args);
        assert!([0, 3].contains(&status), "{args:?}: {errors}");
        assert!(result["loss"].is_number());
    }
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_goes_on_to_bitwise_the_same_result() {
    let temp = tempfile::tempdir().unwrap();
    let data = file(&temp, "data.json", &toy().to_string());
    let (whole, parts) = (temp.path().join("whole"), temp.path().join("parts"));
    let attgd = |iterations: u64, out: &Path| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mirrorhead-repro"));
        command.arg("attgd").arg(&data).args(["--p", "3", "--iters", &iterations.to_string()]);
        command.arg("--out").arg(out).stdout(std::process::Stdio::piped());
        command
    };

    let mut running = attgd(u64::MAX, &parts).spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(500));
    let pid = running.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    assert_eq!(running.wait().unwrap().code(), Some(130));
    assert!(!parts.join("result.json").exists());
    let checkpoint = fs::read(parts.join("checkpoint.json")).unwrap();
    let checkpoint: Value = serde_json::from_slice(&checkpoint).unwrap();
    let steps = checkpoint["state"]["iteration"].as_u64().unwrap();
    assert!(steps > 0);

    let resumed = attgd(steps + 1_000, &parts).output().unwrap();
    let text = String::from_utf8(resumed.stdout).unwrap();
    assert!(text.contains("going on from") && text.contains(&steps.to_string()), "{text}");
    assert_eq!(attgd(steps + 1_000, &whole).output().unwrap().status.code(), Some(0));
    for field in ["run", "key_query", "loss", "iterations", "directional_bregman"] {
        assert_eq!(result(&parts)[field], result(&whole)[field], "{field}");
    }
    let trace = |out: &Path| fs::read_to_string(out.join("trace.csv")).unwrap();
    assert_eq!(trace(&parts), trace(&whole));
    assert!(trace(&parts).lines().count() > 20);

    fs::write(parts.join("checkpoint.json"), "{\"version\": 1").unwrap();
    let anew = attgd(1_500, &parts).output().unwrap();
    assert!(String::from_utf8(anew.stderr).unwrap().contains("damaged"), "a warning");
    assert_eq!(anew.status.code(), Some(0));
}
