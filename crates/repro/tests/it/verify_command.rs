//! `verify`: results are proven in exact arithmetic, and forged ones are not.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

fn run(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mirrorhead-repro")).args(args).output().unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// One sequence whose first token is zero: the others, negated, are the rows.
fn sequence(rows: &[[f64; 4]]) -> Value {
    let mut tokens = vec![json!([0.0, 0.0, 0.0, 0.0])];
    tokens.extend(rows.iter().map(|row| json!(row.map(|x| -x))));
    json!({ "X": [tokens], "Y": [1], "Z": [[1.0, 0.0, 0.0, 0.0]], "v": [1.0, 1.0, 1.0, 1.0] })
}

/// Solves with the first token selected, and returns the exit status and the result.
fn solved(data: &Value, p: &str, folder: &Path) -> (i32, Value) {
    let (file, selection) = (folder.join("data.json"), folder.join("selection.json"));
    fs::write(&file, data.to_string()).unwrap();
    fs::write(&selection, "[0]").unwrap();
    let out = folder.join("out");
    let output = run(&[
        "attsvm",
        text(&file),
        "--p",
        p,
        "--selection",
        text(&selection),
        "--out",
        text(&out),
    ]);
    let result = serde_json::from_slice(&fs::read(out.join("result.json")).unwrap()).unwrap();
    (output.status.code().unwrap(), result)
}

fn verified(result: &Value, folder: &Path) -> Option<i32> {
    let path = folder.join("claimed.json");
    fs::write(&path, result.to_string()).unwrap();
    run(&["verify", text(&path), text(&folder.join("data.json"))]).status.code()
}

#[test]
fn a_solution_is_proven_and_one_digit_more_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let rows = [[0.5, 1.0, -0.25, 0.1], [1.0, -0.3, 0.7, 0.2], [0.1, 0.9, 0.4, -0.8]];
    for p in ["1", "1.1", "3", "10", "inf"] {
        let (status, result) = solved(&sequence(&rows), p, folder.path());
        assert_eq!(status, 0, "p = {p}");
        assert_eq!(verified(&result, folder.path()), Some(0), "p = {p}");
        let mut forged = result.clone();
        let upper = forged["max_margin"]["upper"].as_f64().unwrap();
        forged["max_margin"]["lower"] = json!(upper * (1.0 + 1e-12));
        assert_eq!(verified(&forged, folder.path()), Some(1), "p = {p}");
        let mut of_others = result;
        of_others["data"]["sha256"] = json!("0");
        assert_eq!(verified(&of_others, folder.path()), Some(2), "p = {p}");
    }
}

#[test]
fn rows_opposite_up_to_1e_12_have_an_interval_that_holds() {
    let folder = tempfile::tempdir().unwrap();
    let rows = [
        [
            0.252_192_562_920_328,
            0.964_077_802_821_595_6,
            0.870_138_568_198_678_6,
            1.415_223_569_579_020_5,
        ],
        [
            -0.252_192_562_920_328,
            -0.964_077_802_821_17,
            -0.870_138_568_198_293_9,
            -1.415_223_569_578_578_2,
        ],
        [
            -0.337_365_813_761_884_5,
            1.837_386_246_834_135_5,
            -1.339_144_373_457_649_1,
            -0.757_116_987_236_365,
        ],
        [
            1.251_516_275_922_951,
            0.438_974_284_327_666_6,
            -1.365_469_663_760_804_1,
            0.485_444_297_849_082_7,
        ],
    ];
    for p in ["1", "2", "10"] {
        let (_, result) = solved(&sequence(&rows), p, folder.path());
        if result["max_margin"].is_null() {
            assert_eq!(result["finding"]["kind"], "inconclusive", "p = {p}");
            let bound = |name: &str| result["finding"]["details"][name].as_f64().unwrap();
            assert!(bound("lower") <= bound("upper"), "p = {p}: {result}");
        } else {
            assert_eq!(verified(&result, folder.path()), Some(0), "p = {p}: {result}");
        }
    }
}

#[test]
fn a_proof_that_nothing_separates_is_checked_by_multiplying_out() {
    let folder = tempfile::tempdir().unwrap();
    let rows = [[0.5, 1.0, -0.25, 0.0], [-0.1, -0.2, 0.05, 0.0], [-0.5, -1.0, 0.25, 0.0]];
    let (status, result) = solved(&sequence(&rows), "1.5", folder.path());
    assert_eq!((status, &result["finding"]["kind"]), (3, &json!("not_separable")));
    assert_eq!(verified(&result, folder.path()), Some(0));
    let mut forged = result;
    forged["finding"]["details"]["certificate"]["exact"][0]["multiplier"] = json!("7");
    assert_eq!(verified(&forged, folder.path()), Some(1));
}

#[test]
fn classifiers_are_proven_and_forged_ones_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data.json");
    let out = folder.path().join("out");
    let solved = |labels: [i32; 5], p: &str, more: &[&str]| -> Value {
        let points = [[0.5, 1.0], [1.0, 0.25], [4.0, 3.0], [5.0, 4.5], [0.0, 3.5]];
        fs::write(&data, json!({ "X": points, "y": labels }).to_string()).unwrap();
        run(&[&["svm", text(&data), "--p", p, "--out", text(&out)], more].concat());
        serde_json::from_slice(&fs::read(out.join("result.json")).unwrap()).unwrap()
    };
    let wishes: [&[&str]; 5] = [
        &[],
        &["--intercept"],
        &["--soft", "10", "--intercept", "--balanced"],
        &["--power", "3"],
        &["--power", "3", "--intercept"],
    ];
    for more in wishes {
        for p in ["1", "1.5", "2"] {
            let result = solved([0, 0, 1, 1, 0], p, more);
            assert_eq!(verified(&result, folder.path()), Some(0), "{more:?} p = {p}");
            if result["separators"].is_null() {
                continue;
            }
            let mut forged = result.clone();
            let proven = &mut forged["separators"][0]["proven"];
            proven["lower"] = json!(proven["upper"].as_f64().unwrap() * (1.0 + 1e-12));
            assert_eq!(verified(&forged, folder.path()), Some(1), "{more:?} p = {p}");
            let mut of_others = result;
            of_others["data"]["sha256"] = json!("0");
            assert_eq!(verified(&of_others, folder.path()), Some(2), "{more:?} p = {p}");
        }
    }
    // No plane through the origin separates these.
    let impossible = solved([1, 0, 1, 0, 1], "2", &[]);
    assert_eq!(impossible["finding"]["kind"], "not_separable");
    assert_eq!(verified(&impossible, folder.path()), Some(0));
}

/// The exit status of checking a result, and what is said.
fn said(result: &Value, folder: &Path) -> (i32, String) {
    let path = folder.join("claimed.json");
    fs::write(&path, result.to_string()).unwrap();
    let output = run(&["verify", text(&path), text(&folder.join("data.json"))]);
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    (output.status.code().unwrap(), said.concat())
}

/// Classifies these points, and returns the exit status and the result.
fn classified(
    points: &[[f64; 2]],
    labels: &[i32],
    more: &[&str],
    folder: &Path,
) -> (Option<i32>, Value) {
    let (data, out) = (folder.join("data.json"), folder.join("out"));
    fs::write(&data, json!({ "X": points, "y": labels }).to_string()).unwrap();
    let output = run(&[&["svm", text(&data), "--out", text(&out)], more].concat());
    let result = serde_json::from_slice(&fs::read(out.join("result.json")).unwrap()).unwrap();
    (output.status.code(), result)
}

const TRIANGLE: [[f64; 2]; 6] =
    [[0.5, 0.0], [1.0, 0.25], [4.0, 0.5], [5.0, -0.5], [0.0, 3.5], [-1.0, 4.0]];

#[test]
fn results_that_leave_out_what_was_asked_for_prove_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let wishes: [&[&str]; 3] = [
        &["--p", "1.5", "--soft", "1"],
        &["--p", "2", "--intercept"],
        &["--p", "3", "--power", "2"],
    ];
    for (labels, classes) in [([0, 0, 1, 1, 0, 0], 1), ([0, 0, 1, 1, 2, 2], 3)] {
        for more in wishes {
            let (status, result) = classified(&TRIANGLE, &labels, more, folder.path());
            let separators = result["separators"].as_array().unwrap();
            assert_eq!((status, separators.len()), (Some(0), classes), "{more:?}");
            let (status, told) = said(&result, folder.path());
            assert_eq!((status, told.matches("class").count()), (0, classes), "{more:?}: {told}");
            let refused = |change: &dyn Fn(&mut Value), expected: i32, why: &str| {
                let mut forged = result.clone();
                change(&mut forged);
                let (status, told) = said(&forged, folder.path());
                assert_eq!(status, expected, "{more:?}: {told}");
                assert!(told.contains(why) && !told.starts_with("proven"), "{more:?}: {told}");
            };
            let last = classes - 1;
            refused(&|r| r["separators"] = json!([]), 1, "are asked for");
            refused(&|r| drop(r["separators"].as_array_mut().unwrap().pop()), 1, "are asked for");
            refused(
                &|r| {
                    let again = r["separators"][0].clone();
                    r["separators"].as_array_mut().unwrap().push(again);
                },
                1,
                "are asked for",
            );
            refused(&|r| r["separators"][last]["class"] = json!(9), 1, "are asked for");
            refused(&|r| r["classes"] = json!([0, 9]), 1, "the labels are of the classes");
            let part = |name: &'static str| {
                move |r: &mut Value| {
                    drop(r["separators"][last].as_object_mut().unwrap().remove(name));
                }
            };
            refused(&part("proven"), 2, "`proven`");
            let other = |r: &mut Value| r["separators"][last]["proven"]["of"] = json!("size");
            refused(&other, 2, &format!("claimed.json: separators[{last}]: unknown variant"));
            refused(&part("multipliers"), 2, "`multipliers`");
            for bound in ["lower", "upper"] {
                let missing = |r: &mut Value| r["separators"][last]["proven"][bound] = Value::Null;
                refused(&missing, 2, &format!("no {bound} bound"));
            }
            refused(&|r| drop(r.as_object_mut().unwrap().remove("separators")), 2, "separators");
        }
    }
}

#[test]
fn a_proof_of_no_plane_is_of_a_class_of_the_data() {
    let folder = tempfile::tempdir().unwrap();
    // No plane through the origin separates these.
    let points = [[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]];
    let (status, result) = classified(&points, &[0, 0, 1], &["--p", "2"], folder.path());
    assert_eq!((status, &result["finding"]["kind"]), (Some(3), &json!("not_separable")));
    assert_eq!(verified(&result, folder.path()), Some(0));
    let mut elsewhere = result.clone();
    elsewhere["finding"]["class"] = json!(7);
    assert_eq!(verified(&elsewhere, folder.path()), Some(1));
    let mut soft = result;
    soft["settings"]["soft"] = json!(1);
    assert_eq!(verified(&soft, folder.path()), Some(1));
}

#[test]
fn a_result_without_bounds_is_told_as_one_that_claims_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let more = ["--p", "1.5", "--soft", "1"];
    let (_, mut result) = classified(&TRIANGLE, &[0, 0, 1, 1, 2, 2], &more, folder.path());
    let stall = |result: &mut Value, k: usize| {
        let separator = &mut result["separators"][k];
        separator["stalled"] = json!("the caller interrupted the solve");
        separator["proven"]["lower"] = Value::Null;
        separator["proven"]["upper"] = Value::Null;
    };
    stall(&mut result, 1);
    let (status, told) = said(&result, folder.path());
    assert_eq!(status, 3, "{told}");
    assert!(told.contains("class 1: nothing is claimed"), "{told}");
    assert!(told.contains("class 0: the smallest objective lies in"), "{told}");
    stall(&mut result, 0);
    stall(&mut result, 2);
    let (status, told) = said(&result, folder.path());
    assert_eq!((status, told.contains("proven, from the data")), (3, false), "{told}");
}
