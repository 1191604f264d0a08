//! Every potential but the power, each with points of its domain.

use mirrorhead_kernels::Matrix;
use mirrorhead_mirror::{
    ElasticNetPotential, EntropyPotential, HypentropyPotential, LpNorm, Potential, PowerPotential,
    SchattenPotential, SquaredNormPotential,
};

/// Exponents of the potentials that have one.
pub const P: [f64; 6] = [1.1, 1.5, 2.0, 2.5, 3.0, 4.0];
/// Parameters of the hyperbolic entropy.
pub const BETA: [f64; 3] = [1e-6, 0.3, 20.0];
/// Rows and columns of the matrices; points have as many entries.
pub const SHAPE: (usize, usize) = (2, 3);

/// Where a potential lives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Domain {
    Everywhere,
    Matrices,
    Simplex,
}

pub struct Geometry {
    pub name: String,
    pub psi: Box<dyn Potential>,
    pub domain: Domain,
}

pub fn norm(p: f64) -> LpNorm {
    LpNorm::new(p).expect("an exponent")
}

pub fn hypentropy(beta: f64) -> HypentropyPotential {
    HypentropyPotential::new(beta).expect("a parameter")
}

pub fn schatten(p: f64) -> SchattenPotential {
    SchattenPotential::new(norm(p), SHAPE.0, SHAPE.1)
}

/// A centre that the points of the tests are away from.
fn centre() -> Matrix {
    Matrix::from_columns(2, 3, vec![3.0, -4.0, 5.0, 3.5, -3.0, 4.5]).expect("finite")
}

pub fn geometries() -> Vec<Geometry> {
    let mut all = Vec::new();
    let mut add = |name: String, psi: Box<dyn Potential>, domain| {
        all.push(Geometry { name, psi, domain });
    };
    for p in P {
        let squared = Box::new(SquaredNormPotential::new(norm(p)));
        add(format!("squared norm, p = {p}"), squared, Domain::Everywhere);
        add(format!("Schatten, p = {p}"), Box::new(schatten(p)), Domain::Matrices);
    }
    for beta in BETA {
        let name = format!("hypentropy, beta = {beta}");
        add(name, Box::new(hypentropy(beta)), Domain::Everywhere);
    }
    for threshold in [0.0, 0.7, 30.0] {
        let psi = ElasticNetPotential::new(threshold).expect("a threshold");
        add(format!("elastic net, threshold {threshold}"), Box::new(psi), Domain::Everywhere);
        let around = Box::new(psi.around(&centre()));
        add(format!("elastic net {threshold} around"), around, Domain::Everywhere);
    }
    for p in P {
        let psi = Box::new(PowerPotential::new(norm(p)).around(&centre()));
        add(format!("power {p} around"), psi, Domain::Everywhere);
    }
    add("around Schatten".into(), Box::new(schatten(1.5).around(&centre())), Domain::Matrices);
    add("entropy".into(), Box::new(EntropyPotential), Domain::Simplex);
    all
}

impl Geometry {
    /// A point of the domain where `$\psi$` is smooth, made of six numbers of size 0.2 to 2.
    pub fn point(&self, raw: &[f64]) -> Vec<f64> {
        match self.domain {
            Domain::Everywhere => raw.to_vec(),
            Domain::Matrices => matrix(raw).as_slice().to_vec(),
            Domain::Simplex => {
                let total: f64 = raw.iter().map(|x| x.abs()).sum();
                raw.iter().map(|x| x.abs() / total).collect()
            }
        }
    }

    /// A direction along the domain.
    pub fn way(&self, raw: &[f64]) -> Vec<f64> {
        let mean = raw.iter().sum::<f64>() / raw.len() as f64;
        let shift = if self.domain == Domain::Simplex { mean } else { 0.0 };
        raw.iter().map(|x| x - shift).collect()
    }

    pub fn image(&self, w: &[f64]) -> Vec<f64> {
        let mut u = vec![0.0; w.len()];
        self.psi.mirror_map(w, &mut u);
        u
    }

    pub fn preimage(&self, u: &[f64]) -> Vec<f64> {
        let mut w = vec![0.0; u.len()];
        self.psi.inverse_mirror_map(u, &mut w);
        w
    }
}

/// The 2 x 3 matrix with the singular values `$|x_0|$`, `$|x_1|$` and vectors turned by the others.
pub fn matrix(x: &[f64]) -> Matrix {
    let turn = |i: usize, j: usize, angle: f64| {
        Matrix::from_fn(3, 3, |a, b| match (a, b) {
            (a, b) if (a, b) == (i, j) => -angle.sin(),
            (a, b) if (a, b) == (j, i) => angle.sin(),
            (a, b) if a == b && (a == i || a == j) => angle.cos(),
            (a, b) => f64::from(u8::from(a == b)),
        })
    };
    let middle = Matrix::from_fn(3, 3, |i, j| if i == j && i < 2 { x[i].abs() } else { 0.0 });
    let left = turn(0, 1, x[2]);
    let right = times(&times(&turn(0, 1, x[3]), &turn(1, 2, x[4])), &turn(0, 2, x[5]));
    let whole = times(&times(&left, &middle), &right);
    Matrix::from_fn(2, 3, |i, j| whole[(i, j)])
}

/// `$A B$`.
pub fn times(a: &Matrix, b: &Matrix) -> Matrix {
    Matrix::from_fn(a.nrows(), b.ncols(), |i, j| {
        (0..a.ncols()).map(|k| a[(i, k)] * b[(k, j)]).sum()
    })
}
