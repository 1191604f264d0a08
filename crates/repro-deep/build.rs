//! Fingerprints of the code that cells on real data depend on.

use mirrorhead_fingerprint::Fingerprints;

fn main() -> Result<(), String> {
    // What runs cells and the command line have no part in what cells produce.
    Fingerprints::of_this_package()
        .without(&["mirrorhead-harness", "clap", "zip"])
        .with_part_of("mirrorhead-repro", "src/shared")
        .with_shared("src/data")
        .with_shared("src/measures")
        .with_shared("src/training")
        .with_shared("src/experiments/shared")
        .emit("src/experiments")
}
