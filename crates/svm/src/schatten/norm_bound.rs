//! Upper bounds on norms of singular values that hold in exact arithmetic.

use mirrorhead_kernels::{CompensatedSums, Enclosure};

use super::frame::Frame;
use crate::Norm;
use crate::norm_bound::norm_upper;

/// An upper bound on the norm of the singular values of any matrix that `entries` enclose, column after
/// column; `upper` bounds that norm for given values.
///
/// The decomposition is not trusted but multiplied out. With the computed factors `$P$`, `$\sigma$` and `$Q$` and
/// `$E = W - P \Sigma Q^\top$`,
/// `$$\lVert W\rVert \le \lVert P\rVert_2 \lVert\sigma\rVert \lVert Q\rVert_2 + \lVert E\rVert, \qquad
///   \lVert P\rVert_2^2 \le 1 + \lVert P^\top P - I\rVert_F, \qquad
///   \lVert E\rVert \le \sqrt{r}\,\lVert E\rVert_F$$`
/// for `$r$` singular values: no Schatten norm exceeds the nuclear one. Infinite where nothing is known.
pub(super) fn spectral_upper(
    entries: &[Enclosure],
    shape: (usize, usize),
    upper: impl Fn(&[f64]) -> f64,
) -> f64 {
    let values: Vec<f64> = entries.iter().map(|entry| entry.value).collect();
    let Some(frame) = Frame::of(&values, shape) else { return f64::INFINITY };
    let rank = frame.singular.len();
    let left: Vec<Vec<f64>> = (0..rank).map(|k| frame.left_vector(k)).collect();
    let right: Vec<Vec<f64>> = (0..rank).map(|k| frame.right_vector(k)).collect();
    let mut rest = CompensatedSums::zeros(entries.len());
    rest.add_scaled(1.0, &values);
    for (sigma, (left, right)) in frame.singular.iter().zip(left.iter().zip(&right)) {
        for (column, y) in right.iter().enumerate() {
            for (row, x) in left.iter().enumerate() {
                // Two roundings of a term, the second of which is made up for by the radius.
                let (high, low) = mirrorhead_kernels::two_product(*x, *y);
                let k = row + column * shape.0;
                rest.add_product(k, -*sigma, high);
                rest.add_product(k, -*sigma, low);
                rest.widen(k, *sigma, f64::from_bits(2));
            }
        }
        rest.count_terms(2);
    }
    let rest: Vec<f64> = (0..entries.len())
        .map(|k| {
            let Enclosure { value, radius } = rest.enclosure(k);
            Enclosure { value, radius: (radius + entries[k].radius).next_up() }.magnitude()
        })
        .collect();
    let within = upper(&frame.singular) * spectral_norm_upper(&left) * spectral_norm_upper(&right);
    let beyond = (rank as f64).sqrt().next_up() * frobenius_upper(&rest);
    // Four more roundings, up.
    (within + beyond) * (1.0 + 4.0 * f64::EPSILON)
}

/// An upper bound on `$\lVert P\rVert_2$` for nearly orthonormal columns.
fn spectral_norm_upper(columns: &[Vec<f64>]) -> f64 {
    let mut defects = Vec::new();
    for (i, x) in columns.iter().enumerate() {
        for (j, y) in columns.iter().enumerate().take(i + 1) {
            let mut sums = CompensatedSums::zeros(4);
            if i == j {
                sums.add_product(0, -1.0, 1.0);
                sums.count_terms(1);
            }
            sums.add_products(x, y);
            let defect = sums.total().magnitude();
            // Off the diagonal it stands for two.
            defects.extend(std::iter::repeat_n(defect, if i == j { 1 } else { 2 }));
        }
    }
    // 1 + d/2 is at least the root of 1 + d.
    (1.0 + frobenius_upper(&defects)).next_up()
}

fn frobenius_upper(x: &[f64]) -> f64 {
    norm_upper(Norm::new(2.0).expect("2 is a valid exponent"), x)
}
