//! The max-margin solution of your own points, in five geometries, with a proof of each.
//!
//! `cargo run --example own_svm`

use mirrorhead::prelude::*;

/// Solves, prints, and returns an error where the points can't be separated.
///
/// # Errors
/// None, for these points.
pub fn main() -> Result<(), Box<dyn std::error::Error>> {
    let points = [[2.0, 0.1, -0.3], [1.5, -0.5, 0.2], [-1.0, -0.2, 0.1], [-1.8, 0.4, -0.6]];
    let rows = DenseRows::labelled(&points, &[1, 1, -1, -1])?;
    for p in [1.0, 1.1, 2.0, 10.0, f64::INFINITY] {
        let problem = HardMarginProblem::new(&rows, p)?;
        // An error that carries the proof, where the points can't be separated.
        let solution = solve(&problem, &SvmSettings::default())?.max_margin()?;
        println!("p = {p}: {solution}");
        println!("  direction {:.4?}", solution.direction());
        println!("  support vectors {:?}", solution.support(1e-6));
        let MarginInterval { lower, upper } = solution.interval;
        assert!(lower <= upper && solution.relative_gap() <= 1e-9);
    }
    Ok(())
}
