//! `svm`, run as a user runs it: formats, results, findings, and misuse.

use std::fs;
use std::process::Command;

use serde_json::Value;

/// Runs the command on a file of these contents: its exit status, what it says, and its result.
fn on(name: &str, contents: &[u8], args: &[&str]) -> (i32, String, Value) {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join(name);
    fs::write(&path, contents).unwrap();
    let out = temp.path().join("out");
    let output = Command::new(env!("CARGO_BIN_EXE_mirrorhead-repro"))
        .arg("svm")
        .arg(&path)
        .args(args)
        .arg("--out")
        .arg(&out)
        .output()
        .unwrap();
    let said =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    let status = output.status.code().unwrap();
    // What is refused leaves no folder.
    assert!(status != 2 || !out.exists(), "{said}");
    let result = fs::read(out.join("result.json")).ok();
    let result = result.map_or(Value::Null, |bytes| serde_json::from_slice(&bytes).unwrap());
    (status, said, result)
}

const POINTS: &str = "0 1:0.5 2:1\n0 1:1 2:0.2\n1 1:4 2:3\n1 1:5 2:4.5 # far\n0 2:3.5\n";

#[test]
fn a_margin_is_certified_and_written() {
    for p in ["1", "1.5", "2", "inf"] {
        for args in [
            &["--soft", "1", "--intercept"][..],
            &["--intercept"],
            &["--soft", "0.1", "--balanced"],
        ] {
            let (status, said, result) =
                on("a.svm", POINTS.as_bytes(), &[&["--p", p], args].concat());
            assert_eq!(status, 0, "{said}");
            assert!(
                said.lines().all(|line| line.len() <= 80 || line.contains("result.json")),
                "{said}"
            );
            assert!(result["finding"].is_null());
            let separator = &result["separators"][0];
            assert!(separator["relative_gap"].as_f64().unwrap() <= 1e-9);
            let [lower, upper] =
                ["lower", "upper"].map(|b| separator["proven"][b].as_f64().unwrap());
            assert!(lower <= upper && lower > 0.0);
            assert_eq!(separator["coefficients"].as_array().unwrap().len(), 2);
            assert_eq!(result["data"]["rows"], 5);
        }
    }
}

#[test]
fn json_says_the_same_as_svmlight() {
    let json = r#"{"X": [[0.5, 1], [1, 0.2], [4, 3], [5, 4.5], [0, 3.5]], "y": [0, 0, 1, 1, 0]}"#;
    let args = ["--p", "1.5", "--power", "2", "--intercept"];
    let upper = |name, contents: &str| {
        let (status, said, result) = on(name, contents.as_bytes(), &args);
        assert_eq!(status, 0, "{said}");
        result["separators"][0]["proven"]["upper"].as_f64().unwrap()
    };
    let ratio = upper("a.json", json) / upper("a.svm", POINTS);
    assert!((ratio - 1.0).abs() < 1e-9, "{ratio}");
}

#[test]
fn findings_and_misuse_have_their_status() {
    let mixed = b"1 1:1\n0 1:2\n1 1:3\n";
    let (status, said, result) = on("a.svm", mixed, &["--p", "2", "--intercept"]);
    assert_eq!((status, &result["finding"]["kind"]), (3, &Value::from("not_separable")), "{said}");
    for (contents, args, told) in [
        (&b"1 1:x\n"[..], &["--p", "2"][..], "line 1, column 3"),
        (b"1 1:1\n1 1:2\n", &["--p", "2"], "a: 1 class"),
        (b"{\"X\": [[1], [NaN]], \"y\": [1, -1]}", &["--p", "2"], "line 1, column 1"),
        (b"{\"x\": [[1], [2]], \"y\": [1, -1]}", &["--p", "2"], "a: missing field `X`"),
        (b"[[1], [2]]", &["--p", "2"], "neither JSON"),
        (mixed, &["--p", "0.5"], "p = 0.5"),
        (mixed, &["--p", "2", "--soft", "0"], "C = 0"),
        (mixed, &["--p", "inf", "--power", "1"], "penalty"),
        (b"{\"X\": [[1], [2]], \"y\": [1]}", &["--p", "2"], "2 rows of X, and 1 labels y"),
    ] {
        let (status, said, result) = on("a", contents, args);
        assert_eq!((status, result), (2, Value::Null), "{said}");
        assert!(said.contains(told), "{said}");
    }
}
