//! What is killed: a training run on a file, and a small experiment.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A command that keeps its state as it goes.
pub struct Job {
    name: &'static str,
    program: PathBuf,
    arguments: Vec<String>,
}

/// The paper's toy pair.
const DATA: &str = r#"{"X": [[[-2.7, 1.2], [1.4, 2.1], [1.3, -0.1]], [[0.4, -2.2], [-1.1, -0.4], [0.9, 0.1]]],
 "Y": [1, -1], "Z": [[-2.7, 1.2], [0.4, -2.2]], "v": [0.5, 1.0]}"#;

impl Job {
    /// All jobs of a program; what they read is written to this folder.
    pub fn all(program: &Path, folder: &Path) -> io::Result<Vec<Self>> {
        let data = folder.join("toy.json");
        fs::write(&data, DATA)?;
        let data = data.to_string_lossy().into_owned();
        let job = |name, arguments: &[&str]| Self {
            name,
            program: program.to_owned(),
            arguments: arguments.iter().map(|argument| (*argument).to_owned()).collect(),
        };
        Ok(vec![
            job("attgd", &["attgd", &data, "--p", "1.6", "--iters", "2e5", "--save-every", "0.01"]),
            job("reproduce", &["reproduce", "descent", "--profile", "quick", "--jobs", "2"]),
        ])
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The command, with this folder for what it keeps; silent.
    pub fn command(&self, folder: &Path) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).arg("--out").arg(folder);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }
}
