//! The command line over the larger registry, run as a user runs it.

use std::path::Path;
use std::process::{Command, Output};

fn reproduce(args: &[&str], folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mirrorhead-repro-deep"))
        .arg("reproduce")
        .args(args)
        .args(["--profile", "cpu", "--data-dir"])
        .arg(folder)
        .arg("--out")
        .arg(folder.join("out"))
        .output()
        .unwrap()
}

fn said(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn without_its_data_an_experiment_refuses_and_takes_no_other_with_it_silently() {
    let temp = tempfile::tempdir().unwrap();
    for args in [&["imdb"][..], &["imdb", "--dry-run"]] {
        let (status, _, stderr) = said(&reproduce(args, temp.path()));
        assert_eq!(status, Some(2), "{args:?}: {stderr}");
        for part in ["`imdb` can't run", "nothing was run", &temp.path().display().to_string()] {
            assert!(stderr.contains(part), "{args:?}: {part}: {stderr}");
        }
        assert!(!temp.path().join("out").exists());
    }
    let (status, stdout, stderr) = said(&reproduce(&["descent", "imdb", "--dry-run"], temp.path()));
    assert_eq!(status, Some(2));
    assert!(stderr.contains("nor was the other experiment"), "{stderr}");
    let row = |name: &str| stdout.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
    assert!(row("imdb ").contains("can't run") && !row("descent").contains("can't run"));
}

#[test]
fn the_list_has_the_core_and_the_claims_of_what_is_here() {
    let (status, stdout, _) = said(&reproduce(&["--list"], Path::new("unused")));
    assert_eq!(status, Some(0));
    assert!(stdout.contains("group synthetic (runs by default)") && stdout.contains("  descent"));
    let real_data = stdout.split("group real-data").nth(1).unwrap();
    let imdb = real_data.split("  imdb  ").nth(1).unwrap();
    let imdb: Vec<&str> = imdb.lines().take(2).collect();
    assert!(!imdb[0].contains("on demand") && imdb[1].contains("checks "), "{imdb:?}");
}

#[test]
fn all_is_the_core() {
    let temp = tempfile::tempdir().unwrap();
    let (status, stdout, stderr) = said(&reproduce(&["--all", "--dry-run"], temp.path()));
    assert_eq!(status, Some(0), "{stderr}");
    assert!(stdout.contains("descent") && !stdout.contains("imdb"), "{stdout}");
}
