//! Numbers of several seeds: their mean, its standard error, their range.

use mirrorhead_harness::{Measurement, Spread};
use mirrorhead_kernels::elementary;

/// The fewest seeds whose mean is judged.
pub const FEWEST_SEEDS: usize = 3;

/// Mean and standard error.
pub fn mean(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|x| (x - mean).powi(2)).sum();
    (mean, (squares / (n - 1.0) / n).sqrt())
}

/// The difference of two means, and its standard error.
pub fn difference(first: &[f64], second: &[f64]) -> (f64, f64) {
    let [(first, first_error), (second, second_error)] = [first, second].map(mean);
    (first - second, elementary::hypot(first_error, second_error))
}

/// The mean with the range of the values.
pub fn measurement(label: String, values: &[f64]) -> Measurement {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let spread = Some(Spread { kind: "range", low, high });
    Measurement { label, value: mean(values).0, spread, n: values.len() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mean_and_error_of_known_numbers() {
        assert_eq!(mean(&[1.0, 2.0, 3.0]), (2.0, (1.0_f64 / 3.0).sqrt()));
        let (value, error) = difference(&[5.0, 7.0], &[1.0, 3.0]);
        assert!(value == 4.0 && (error - 2.0_f64.sqrt()).abs() < 1e-15);
    }
}
