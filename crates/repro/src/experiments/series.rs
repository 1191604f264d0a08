//! Many runs as one series: means, quantiles and the band between them.

use crate::claim::{Measurement, Spread};
use crate::experiment::Exclusion;
use crate::figure::Shape;

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

/// The mean of several runs at each `x`.
pub fn mean(x: &[u64], runs: &[Vec<f64>]) -> Shape {
    let at = |k: usize| runs.iter().map(|run| run[k]).sum::<f64>() / runs.len() as f64;
    Shape::Line { points: x.iter().enumerate().map(|(k, x)| [*x as f64, at(k)]).collect() }
}

/// The mean of several runs at each `x`, in the band from the 5th to the 95th percentile.
pub fn band(x: &[u64], runs: &[&[f64]]) -> Shape {
    let at = |k: usize| runs.iter().map(|run| run[k]).collect::<Vec<_>>();
    let (mut points, mut band) = (Vec::new(), Vec::new());
    for (k, x) in x.iter().enumerate() {
        let values = at(k);
        if let Some(Spread { low, high, .. }) = spread(&values) {
            points.push([*x as f64, values.iter().sum::<f64>() / values.len() as f64]);
            band.push([low, high]);
        }
    }
    Shape::Band { points, spread: band }
}

/// Cells that are left out, gathered by reason: pairs of a reason and a label.
pub fn exclusions(failed: impl Iterator<Item = (String, String)>) -> Vec<Exclusion> {
    let mut gathered: Vec<Exclusion> = Vec::new();
    for (reason, label) in failed {
        match gathered.iter_mut().find(|exclusion| exclusion.reason == reason) {
            Some(exclusion) => exclusion.cells.push(label),
            None => gathered.push(Exclusion { reason, cells: vec![label] }),
        }
    }
    gathered
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
    fn a_band_has_the_mean_between_its_edges() {
        let Shape::Band { points, spread } = band(&[0, 10], &[&[1.0, 3.0], &[2.0, 5.0]]) else {
            panic!("a band")
        };
        assert_eq!(points, [[0.0, 1.5], [10.0, 4.0]]);
        assert!(spread[0][0] < 1.5 && spread[0][1] > 1.5);
    }
}
