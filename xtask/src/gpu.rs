//! Builds what is carried to a machine with a GPU, and puts it into a folder with the script that runs it there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::output::note;
use crate::workspace::{cargo, workspace};

const HELP: &str = "\
Usage: cargo xtask gpu [DIR] [--device vulkan|wgpu|cpu]

Builds one stripped program for the device (vulkan) and puts it into DIR (target/gpu), with run.sh and pytorch.py. Carry DIR to a
machine with a GPU, and call `./run.sh --data FOLDER` there: within 10 minutes it checks the optimizer, times steps of training beside
PyTorch, trains `imdb`, and leaves everything in `results`, which docs/results/gpu can take. `./run.sh --tiny` tries all of it in minutes, on Mesa's
software device too if built for wgpu.
";

const PACKAGE: &str = "mirrorhead-gpu";

/// The profile of `Cargo.toml` that makes it small, and the folder of what was built with it.
const PROFILE: &str = "carried";

/// The most bytes that are carried.
const MOST_BYTES: u64 = 60_000_000;

/// Loaded where it was linked to be, a program needs no list of the 300,000 addresses that depend on the place: seven
/// megabytes less. (Packed lists are as short, and need a C library newer than that of many machines with a GPU.)
const AT_ITS_PLACE: &[&str] =
    if cfg!(target_os = "linux") { &["--", "-C", "relocation-model=static"] } else { &[] };

/// What goes with the program: from where, and its name there.
const BESIDE: [(&str, &str); 2] =
    [("crates/gpu/run.sh", "run.sh"), ("crates/peers/peer/pytorch.py", "pytorch.py")];

/// Runs `gpu [DIR] [--device DEVICE]`.
pub fn run(args: &[String]) -> ExitCode {
    let asked = match Asked::parse(args) {
        Ok(asked) => asked,
        Err(problem) => {
            note(&format!("{problem}\n\n{HELP}"));
            return ExitCode::from(2);
        }
    };
    match asked.pack() {
        Ok(bytes) => {
            let (folder, size) = (asked.folder.display(), bytes as f64 / 1e6);
            note(&format!("{folder}: a program of {size:.1} MB, run.sh and pytorch.py"));
            ExitCode::SUCCESS
        }
        Err(problem) => {
            note(&format!("error: {problem}"));
            ExitCode::FAILURE
        }
    }
}

/// What was asked for.
#[derive(Debug, PartialEq)]
struct Asked {
    folder: PathBuf,
    /// The feature that reaches the device; none for the processor.
    feature: Option<&'static str>,
}

impl Asked {
    fn parse(args: &[String]) -> Result<Self, String> {
        let mut asked = Self { folder: workspace().join("target/gpu"), feature: Some("vulkan") };
        let mut args = args.iter().map(String::as_str);
        while let Some(arg) = args.next() {
            match arg {
                "--help" | "-h" => return Err("`cargo xtask gpu`".into()),
                "--device" => asked.feature = feature(args.next().unwrap_or_default())?,
                _ if arg.starts_with('-') => match arg.strip_prefix("--device=") {
                    Some(device) => asked.feature = feature(device)?,
                    None => return Err(format!("error: there is no option `{arg}`")),
                },
                folder => asked.folder = folder.into(),
            }
        }
        Ok(asked)
    }

    /// Builds the program, and returns its size.
    fn pack(&self) -> Result<u64, String> {
        let status = cargo()
            .current_dir(workspace())
            .args(["rustc", "--profile", PROFILE, "--package", PACKAGE, "--bin", PACKAGE])
            .args(self.feature.iter().flat_map(|feature| ["--features", feature]))
            .args(AT_ITS_PLACE)
            .status()
            .map_err(|error| format!("can't run cargo: {error}"))?;
        if !status.success() {
            return Err(format!("{PACKAGE} could not be built; see cargo's messages above"));
        }
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or("target".into(), PathBuf::from);
        let name = format!("{PACKAGE}{}", std::env::consts::EXE_SUFFIX);
        let program = workspace().join(target).join(PROFILE).join(&name);
        fs::create_dir_all(&self.folder).map_err(|e| told(&self.folder, &e))?;
        copy(&program, &self.folder.join(&name))?;
        for (from, to) in BESIDE {
            copy(&workspace().join(from), &self.folder.join(to))?;
        }
        let bytes = fs::metadata(&program).map_err(|e| told(&program, &e))?.len();
        if bytes > MOST_BYTES {
            return Err(format!(
                "{name} has {bytes} bytes, more than the {MOST_BYTES} that are carried"
            ));
        }
        Ok(bytes)
    }
}

/// What the program takes to reach a device.
fn feature(device: &str) -> Result<Option<&'static str>, String> {
    match device {
        "cpu" => Ok(None),
        "vulkan" => Ok(Some("vulkan")),
        "wgpu" => Ok(Some("wgpu")),
        other => Err(format!("error: there is no device `{other}`")),
    }
}

/// Copies a file with its permissions.
fn copy(from: &Path, to: &Path) -> Result<(), String> {
    fs::copy(from, to)
        .map(drop)
        .map_err(|error| format!("{} to {}: {error}", from.display(), to.display()))
}

fn told(path: &Path, error: &std::io::Error) -> String {
    format!("{}: {error}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(line: &str) -> Result<Asked, String> {
        Asked::parse(&line.split_whitespace().map(String::from).collect::<Vec<_>>())
    }

    #[test]
    fn folder_and_device_come_in_any_order_and_others_are_refused() {
        let both = asked("there --device wgpu").unwrap();
        assert_eq!(both, Asked { folder: "there".into(), feature: Some("wgpu") });
        assert_eq!(asked("--device=wgpu there").unwrap(), both);
        assert_eq!(asked("--device cpu").unwrap().feature, None);
        assert_eq!(asked("").unwrap().feature, Some("vulkan"));
        for line in ["--device cuda", "--device", "--tiny"] {
            assert!(asked(line).is_err(), "{line}");
        }
    }

    #[test]
    fn the_profile_that_makes_it_small_is_there_and_builds_into_another_folder() {
        let manifest = fs::read_to_string(workspace().join("Cargo.toml")).unwrap();
        assert!(manifest.lines().any(|line| line == format!("[profile.{PROFILE}]")));
        // A file that is copied onto itself is emptied.
        assert!(!asked("").unwrap().folder.ends_with(PROFILE));
    }

    #[test]
    fn what_goes_with_the_program_is_there() {
        for (path, _) in BESIDE {
            assert!(workspace().join(path).is_file(), "{path}");
        }
    }
}
