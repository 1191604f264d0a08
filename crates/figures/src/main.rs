//! The `mirrorhead-figures` binary, which `cargo xtask figures` builds and runs.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

const HELP: &str = "\
Makes PDF and PNG of every drawing of a report, and links them on its page.

Usage: cargo xtask figures [DIR]

  DIR   the folder of the report [default: out]
";

fn main() -> ExitCode {
    let args: Vec<_> = std::env::args_os().skip(1).collect();
    let (code, said) = match &args[..] {
        [arg] if arg == "--help" || arg == "-h" => (0, HELP.to_owned()),
        [] => convert(Path::new("out")),
        [folder] if !folder.to_string_lossy().starts_with('-') => convert(Path::new(folder)),
        _ => (2, format!("error: one folder, and no option\n\n{HELP}")),
    };
    // Who has gone away wants to hear nothing.
    let _ = if code == 0 {
        std::io::stdout().write_all(said.as_bytes())
    } else {
        std::io::stderr().write_all(said.as_bytes())
    };
    ExitCode::from(code)
}

/// The status, and what is said.
fn convert(folder: &Path) -> (u8, String) {
    match mirrorhead_figures::convert_all(folder) {
        Ok(n) => (
            0,
            format!("{n} drawings, each as PDF and PNG, in {}\n", folder.join("figures").display()),
        ),
        Err(error) => (2, format!("error: {error}\n")),
    }
}
