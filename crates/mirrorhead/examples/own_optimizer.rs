//! Mirror descent on an objective of your own: least squares with more unknowns than equations.
//!
//! Of all solutions, mirror descent from zero finds the one of least potential: sparse for p near
//! 1, spread out for large p. `cargo run --example own_optimizer`

use mirrorhead::prelude::*;

/// Fits two equations in four unknowns by three mirror maps.
///
/// # Errors
/// None, for these settings.
pub fn main() -> Result<(), Box<dyn std::error::Error>> {
    // min (1/2) |A w - y|^2; any matrix of faer (or, with a feature, ndarray or nalgebra) will do.
    let a = faer::mat![[1.0, 2.0, 0.5, -1.0], [0.3, -0.4, 1.0, 0.8]];
    let a = Matrix::from(a);
    let y = [1.0, 2.0];

    for p in [1.1, 2.0, 4.0] {
        let norm = LpNorm::new(p)?;
        let method = MirrorDescent::new(PowerPotential::new(norm), StepSize::Constant(0.02));
        let mut w = [Matrix::zeros(4, 1)];
        let mut state = method.init(&w)?;
        let mut objective = f64::INFINITY;
        for _ in 0..20_000 {
            let residual: Vec<f64> = (0..2)
                .map(|i| (0..4).map(|j| a[(i, j)] * w[0][(j, 0)]).sum::<f64>() - y[i])
                .collect();
            objective = 0.5 * residual.iter().map(|r| r * r).sum::<f64>();
            let gradient =
                Matrix::from_fn(4, 1, |j, _| (0..2).map(|i| a[(i, j)] * residual[i]).sum());
            method.step(&mut state, &mut w, &[LogScaled::from(gradient)], objective)?;
        }
        println!("p = {p}: w = {:.4?}, norm {:.6}", w[0].as_slice(), norm.of(w[0].as_slice()));
        assert!(objective < 1e-20, "{objective}");
        // The dual point is in the range of A^T, so w is the solution of least norm.
        assert!(outside_range(&a, state.dual()[0].as_slice()) < 1e-12);
    }
    Ok(())
}

/// What is left of `u` after least squares by the two rows of `a`, relative to `u`.
fn outside_range(a: &Matrix, u: &[f64]) -> f64 {
    let rows: Vec<Vec<f64>> = (0..2).map(|i| (0..4).map(|j| a[(i, j)]).collect()).collect();
    let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>();
    let (aa, ab, bb) = (dot(&rows[0], &rows[0]), dot(&rows[0], &rows[1]), dot(&rows[1], &rows[1]));
    let (au, bu) = (dot(&rows[0], u), dot(&rows[1], u));
    let det = aa * bb - ab * ab;
    let (l, m) = ((bb * au - ab * bu) / det, (aa * bu - ab * au) / det);
    let rest: Vec<f64> = (0..4).map(|j| u[j] - l * rows[0][j] - m * rows[1][j]).collect();
    (dot(&rest, &rest) / dot(u, u)).sqrt()
}
