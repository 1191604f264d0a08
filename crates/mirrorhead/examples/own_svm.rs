//! The max-margin solution of your own points, in three geometries, with a proof of each.
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
    for p in [1.1, 2.0, 10.0] {
        let problem = HardMarginProblem::new(&rows, LpNorm::new(p)?)?;
        match solve(&problem, &SvmSettings::default())? {
            Outcome::MaxMargin(solution) => {
                let MarginInterval { lower, upper } = solution.interval;
                println!("p = {p}: margin in [{lower:.12}, {upper:.12}]");
                println!("  direction {:.4?}", solution.direction());
                println!("  support vectors {:?}", solution.support(1e-6));
                assert!(lower <= upper && solution.relative_gap() <= 1e-9);
            }
            Outcome::NotSeparable(proof) => return Err(proof.into()),
            Outcome::Inconclusive(stalled) => return Err(stalled.into()),
        }
    }
    Ok(())
}
