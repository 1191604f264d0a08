//! The Runge-Kutta method of the flow: ESDIRK4(3)6L\[2\]SA.

/// Number of stages; the first is explicit.
pub(super) const STAGES: usize = 6;

/// The diagonal of the implicit stages.
pub(super) const DIAGONAL: f64 = 0.25;

/// Where each stage lies in the step.
pub(super) const NODES: [f64; STAGES] = [0.0, 0.5, 83.0 / 250.0, 31.0 / 50.0, 17.0 / 20.0, 1.0];

/// The coefficients below the diagonal; row by row. The last row is also the weights: the method is
/// stiffly accurate.
pub(super) const BELOW: [&[f64]; STAGES] = [
    &[],
    &[0.25],
    &[8_611.0 / 62_500.0, -1_743.0 / 31_250.0],
    &[5_012_029.0 / 34_652_500.0, -654_441.0 / 2_922_500.0, 174_375.0 / 388_108.0],
    &[
        15_267_082_809.0 / 155_376_265_600.0,
        -71_443_401.0 / 120_774_400.0,
        730_878_875.0 / 902_184_768.0,
        2_285_395.0 / 8_070_912.0,
    ],
    &[82_889.0 / 524_892.0, 0.0, 15_625.0 / 83_664.0, 69_875.0 / 102_672.0, -2_260.0 / 8_211.0],
];

/// The weights of the embedded method of order 3.
pub(super) const EMBEDDED: [f64; STAGES] = [
    4_586_570_599.0 / 29_645_900_160.0,
    0.0,
    178_811_875.0 / 945_068_544.0,
    814_220_225.0 / 1_159_782_912.0,
    -3_700_637.0 / 11_593_932.0,
    61_727.0 / 225_920.0,
];

/// The weight of stage `i` in the difference of both methods.
pub(super) fn difference(i: usize) -> f64 {
    BELOW[STAGES - 1].get(i).copied().unwrap_or(DIAGONAL) - EMBEDDED[i]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Row `i` of the coefficients times `x`.
    fn row(i: usize, x: &[f64; STAGES]) -> f64 {
        let below: f64 = BELOW[i].iter().zip(x).map(|(a, x)| a * x).sum();
        below + if i == 0 { 0.0 } else { DIAGONAL * x[i] }
    }

    fn weigh(weights: impl Fn(usize) -> f64, x: impl Fn(usize) -> f64) -> f64 {
        (0..STAGES).map(|i| weights(i) * x(i)).sum()
    }

    #[test]
    fn the_conditions_of_order_hold() {
        let c = NODES;
        let squares = c.map(|c| c * c);
        for (i, node) in c.iter().enumerate() {
            assert!((row(i, &[1.0; STAGES]) - node).abs() < 1e-14, "stage {i}");
        }
        let (ac, acc): (Vec<f64>, Vec<f64>) =
            (0..STAGES).map(|i| (row(i, &c), row(i, &squares))).unzip();
        let aac: Vec<f64> = (0..STAGES).map(|i| row(i, &std::array::from_fn(|j| ac[j]))).collect();
        let weights = |i: usize| difference(i) + EMBEDDED[i];
        let to_three = |weights: &dyn Fn(usize) -> f64| {
            [
                weigh(weights, |_| 1.0) - 1.0,
                weigh(weights, |i| c[i]) - 1.0 / 2.0,
                weigh(weights, |i| squares[i]) - 1.0 / 3.0,
                weigh(weights, |i| ac[i]) - 1.0 / 6.0,
            ]
        };
        let fourth = |weights: &dyn Fn(usize) -> f64| {
            [
                weigh(weights, |i| c[i] * squares[i]) - 1.0 / 4.0,
                weigh(weights, |i| c[i] * ac[i]) - 1.0 / 8.0,
                weigh(weights, |i| acc[i]) - 1.0 / 12.0,
                weigh(weights, |i| aac[i]) - 1.0 / 24.0,
            ]
        };
        let embedded = |i: usize| EMBEDDED[i];
        let exact = to_three(&weights).into_iter().chain(fourth(&weights));
        assert!(exact.chain(to_three(&embedded)).all(|defect| defect.abs() < 1e-14));
        // The embedded method must not be of order 4, or there is no estimate of the error.
        assert!(fourth(&embedded).iter().any(|defect| defect.abs() > 1e-4));
    }
}
