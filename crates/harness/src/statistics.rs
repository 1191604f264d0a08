//! Many runs as one series: means, quantiles and the band between them.

use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::experiment::{Exclusion, Measurement, Shape, Spread};

/// The value below which a part `q` of the values lies, interpolated; `None` without values.
pub fn quantile(values: &[f64], q: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let position = q * (sorted.len().checked_sub(1)? as f64);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index")]
    let below = position as usize;
    let above = (below + 1).min(sorted.len() - 1);
    Some(sorted[below] + (position - below as f64) * (sorted[above] - sorted[below]))
}

/// The value in the middle.
pub fn median(values: &[f64]) -> Option<f64> {
    quantile(values, 0.5)
}

/// The interval that holds nine tenths of the values.
pub fn spread(values: &[f64]) -> Option<Spread> {
    Some(Spread { kind: "5% to 95%", low: quantile(values, 0.05)?, high: quantile(values, 0.95)? })
}

/// The interval that holds all the values.
pub fn range(values: &[f64]) -> Option<Spread> {
    Some(Spread { kind: "range", low: quantile(values, 0.0)?, high: quantile(values, 1.0)? })
}

/// The median of the values, with their spread.
pub fn measurement(label: impl Into<String>, values: &[f64]) -> Option<Measurement> {
    let (label, n) = (label.into(), values.len());
    Some(Measurement { label, value: median(values)?, spread: spread(values), n })
}

/// The mean of the values, with its 95% confidence interval; `None` for fewer than two.
pub fn confidence(label: impl Into<String>, values: &[f64]) -> Option<Measurement> {
    let n = values.len() as f64;
    if values.len() < 2 {
        return None;
    }
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let half = student(n - 1.0) * (variance / n).sqrt();
    let spread = Spread { kind: "95% confidence", low: mean - half, high: mean + half };
    Some(Measurement { label: label.into(), value: mean, spread: Some(spread), n: values.len() })
}

/// The 97.5% quantile of Student's distribution with `freedom` degrees of freedom.
fn student(freedom: f64) -> f64 {
    StudentsT::new(0.0, 1.0, freedom).map_or(f64::NAN, |student| student.inverse_cdf(0.975))
}

/// The last of `values`, NaN if there is none.
pub fn last(values: &[f64]) -> f64 {
    values.last().copied().unwrap_or(f64::NAN)
}

/// The slope of the least-squares line through the points.
pub fn slope(points: &[[f64; 2]]) -> f64 {
    let n = points.len() as f64;
    let mean = |c: usize| points.iter().map(|point| point[c]).sum::<f64>() / n;
    let (x, y) = (mean(0), mean(1));
    let across: f64 = points.iter().map(|point| (point[0] - x) * (point[1] - y)).sum();
    let along: f64 = points.iter().map(|point| (point[0] - x).powi(2)).sum();
    across / along
}

/// Cells left out, given as pairs of reason and label, by reason.
pub fn excluded(cells: impl Iterator<Item = (String, String)>) -> Vec<Exclusion> {
    let mut excluded: Vec<Exclusion> = Vec::new();
    for (reason, label) in cells {
        match excluded.iter_mut().find(|exclusion| exclusion.reason == reason) {
            Some(exclusion) => exclusion.cells.push(label),
            None => excluded.push(Exclusion { reason, cells: vec![label] }),
        }
    }
    excluded
}

/// The mean of several runs at each `x`.
pub fn mean(x: &[u64], runs: &[Vec<f64>]) -> Shape {
    let at = |k: usize| runs.iter().map(|run| run[k]).sum::<f64>() / runs.len() as f64;
    Shape::Line { points: x.iter().enumerate().map(|(k, x)| [*x as f64, at(k)]).collect() }
}

/// The mean of several runs at each `x`, in the band from the 5th to the 95th percentile.
pub fn band(x: &[u64], runs: &[&[f64]]) -> Shape {
    let at = |k: usize| runs.iter().map(|run| run[k]).collect::<Vec<_>>();
    band_of(x.iter().enumerate().map(|(k, x)| (*x as f64, at(k))))
}

/// The mean of the values at each `x`, in the band from the 5th to the 95th percentile.
pub fn band_of(values: impl Iterator<Item = (f64, Vec<f64>)>) -> Shape {
    let (mut points, mut band) = (Vec::new(), Vec::new());
    for (x, values) in values {
        if let Some(Spread { low, high, .. }) = spread(&values) {
            points.push([x, values.iter().sum::<f64>() / values.len() as f64]);
            band.push([low, high]);
        }
    }
    Shape::Band { points, spread: band }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_interpolate() {
        let values = [4.0, 1.0, 3.0, 2.0];
        assert_eq!(median(&values), Some(2.5));
        assert_eq!((quantile(&values, 0.0), quantile(&values, 1.0)), (Some(1.0), Some(4.0)));
        assert_eq!(median(&[]), None);
    }

    #[test]
    fn the_confidence_interval_is_that_of_the_tables() {
        for (freedom, table) in
            [(1.0, 12.706), (2.0, 4.303), (3.0, 3.182), (9.0, 2.262), (30.0, 2.042)]
        {
            assert!((student(freedom) - table).abs() < 5.1e-4, "{freedom}");
        }
        let interval = confidence("", &[1.0, 2.0, 3.0, 4.0]).unwrap();
        let spread = interval.spread.unwrap();
        assert_eq!(interval.value, 2.5);
        assert!((spread.high - 2.5 - 3.182_446 * (5.0 / 12.0f64).sqrt()).abs() < 1e-6);
        assert_eq!(confidence("", &[1.0]), None);
    }

    #[test]
    fn the_slope_is_that_of_the_line() {
        assert!((slope(&[[0.0, 1.0], [1.0, 3.0], [3.0, 7.0]]) - 2.0).abs() < 1e-15);
    }

    #[test]
    fn a_band_has_the_mean_between_its_edges() {
        let Shape::Band { points, spread } = band(&[0, 10], &[&[1.0, 3.0], &[2.0, 5.0]]) else {
            panic!("a band")
        };
        assert_eq!(points, [[0.0, 1.5], [10.0, 4.0]]);
        assert!(spread[0][0] < 1.5 && spread[0][1] > 1.5);
    }
}
