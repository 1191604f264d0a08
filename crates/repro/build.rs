//! Fingerprints of the code that cells depend on, and what this was built from.

use mirrorhead_fingerprint::{BuiltFrom, Fingerprints};

fn main() -> Result<(), String> {
    BuiltFrom::of_this_package().emit();
    // What runs cells, the command line, and how own data are read have no part in what cells produce.
    Fingerprints::of_this_package()
        .without(&["mirrorhead-harness", "clap", "zip"])
        .with_shared("src/shared")
        .emit("src/experiments")
}
