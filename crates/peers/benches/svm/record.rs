//! The record of a run: every measurement as JSON, every table as Markdown.

use std::path::PathBuf;

use serde::Serialize;
use serde_json::json;

use crate::measurement::{Measured, Request};
use crate::table::Table;

/// What a run has measured so far.
#[derive(Default)]
pub struct Record {
    measurements: Vec<Entry>,
    markdown: String,
}

#[derive(Serialize)]
struct Entry {
    request: Request,
    measured: Measured,
}

impl Record {
    /// Measures in a process of its own; what fails is said below the table.
    pub fn measure(&mut self, request: &Request, table: &mut Table) -> Option<Measured> {
        match request.run() {
            Ok(measured) => {
                let entry = Entry { request: request.clone(), measured: measured.clone() };
                self.measurements.push(entry);
                Some(measured)
            }
            Err(reason) => {
                table.note(&format!("{:?}, p = {}: {reason}", request.instance, request.p));
                None
            }
        }
    }

    /// Keeps a finished table.
    pub fn keep(&mut self, table: Table) {
        self.markdown += &table.markdown();
    }

    /// Says something between tables.
    pub fn say(&mut self, text: &str) {
        println!("\n{text}");
        self.markdown.extend(["\n", text, "\n"]);
    }

    /// Writes `svm.json` and `svm.md` below `target/bench`.
    pub fn save(&self, machine: &str) -> Result<(), String> {
        let folder = folder();
        let write = |name: &str, text: String| {
            let path = folder.join(name);
            std::fs::write(&path, text).map_err(|e| format!("{}: {e}", path.display()))
        };
        std::fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        let record = json!({ "machine": machine, "measurements": self.measurements });
        write("svm.json", format!("{record:#}\n"))?;
        write("svm.md", format!("{machine}\n{}", self.markdown))?;
        println!("\nsaved {} and svm.json", folder.join("svm.md").display());
        Ok(())
    }
}

/// `target/bench`, wherever `target` is: the program lies in `target/release/deps`.
fn folder() -> PathBuf {
    let program = std::env::current_exe().unwrap_or_default();
    program.ancestors().nth(3).map_or_else(|| "target".into(), PathBuf::from).join("bench")
}
