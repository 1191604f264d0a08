//! An axis of a drawing: its range, round ticks, and their labels.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};

use crate::experiment::Scale;

/// A linear or logarithmic coordinate with ticks at round numbers.
#[derive(Debug, Clone)]
pub struct RoundAxis {
    scale: Scale,
    low: f64,
    high: f64,
}

impl RoundAxis {
    /// An axis that shows all these values with a little room, or `None` without a single one.
    pub fn covering(scale: Scale, values: impl Iterator<Item = f64>) -> Option<Self> {
        let position = |v: f64| if scale == Scale::Log { libm::log10(v) } else { v };
        let (mut low, mut high) = values
            .filter(|v| scale.admits(*v))
            .map(position)
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
        if low > high {
            return None;
        }
        if high - low < 1e-9 * (1.0 + high.abs()) {
            let room = if scale == Scale::Log { 0.5 } else { 0.5 * high.abs().max(1.0) };
            (low, high) = (low - room, high + room);
        }
        let room = 0.04 * (high - low);
        // An axis that starts at zero keeps its corner.
        let bottom = if scale == Scale::Linear && low == 0.0 { low } else { low - room };
        Some(Self { scale, low: bottom, high: high + room })
    }

    /// The coordinate of a value: itself, or its decimal logarithm.
    pub fn position(&self, value: f64) -> f64 {
        if self.scale == Scale::Log { libm::log10(value) } else { value }
    }

    /// Whether a value has a place on the axis.
    pub fn admits(&self, value: f64) -> bool {
        self.scale.admits(value)
    }

    /// The positions of the ends.
    pub fn ends(&self) -> (f64, f64) {
        (self.low, self.high)
    }

    /// The positions of at most about `count` ticks.
    fn ticks(&self, count: usize) -> Vec<f64> {
        let span = self.high - self.low;
        if self.scale == Scale::Linear || span > 2.0 {
            let step = round_step(span / count.max(2) as f64);
            return multiples(self.low, self.high, self.step_of(step));
        }
        let digits: &[f64] = if span > 1.0 { &[1.0, 3.0] } else { &[1.0, 2.0, 5.0] };
        let decades = multiples(self.low.floor(), self.high.ceil(), 1.0);
        let all =
            decades.iter().flat_map(|decade| digits.iter().map(move |d| decade + libm::log10(*d)));
        all.filter(|position| (self.low..=self.high).contains(position)).collect()
    }

    /// Ticks of a logarithmic axis stand at whole powers of ten.
    fn step_of(&self, step: f64) -> f64 {
        if self.scale == Scale::Log { step.max(1.0).round() } else { step }
    }
}

/// The smallest of 1, 2, 5 times a power of ten that is at least `step`.
fn round_step(step: f64) -> f64 {
    let magnitude = libm::pow(10.0, libm::log10(step).floor());
    let factors = [1.0, 2.0, 5.0, 10.0];
    magnitude * factors.into_iter().find(|f| f * magnitude >= step * (1.0 - 1e-9)).unwrap_or(10.0)
}

/// The multiples of `step` from `low` to `high`, at most a hundred.
fn multiples(low: f64, high: f64, step: f64) -> Vec<f64> {
    let first = (low / step - 1e-9).ceil();
    (0..100)
        .map(|k| (first + f64::from(k)) * step)
        .take_while(|v| *v <= high + 1e-9 * step)
        .map(|v| if v.abs() < 1e-9 * step { 0.0 } else { v })
        .collect()
}

/// A number as few digits as it needs: `0.25`, `20,000`, `10⁻³`.
fn label(scale: Scale, position: f64) -> String {
    if scale == Scale::Linear {
        return plain(position);
    }
    let exponent = position.round();
    if (position - exponent).abs() > 1e-6 {
        return plain(libm::pow(10.0, position));
    }
    if (-1.0..=1.0).contains(&exponent) {
        return plain(libm::pow(10.0, exponent));
    }
    let digits = "⁰¹²³⁴⁵⁶⁷⁸⁹";
    let raised = |c: char| c.to_digit(10).and_then(|d| digits.chars().nth(d as usize));
    let power: String = format!("{exponent}").chars().map(|c| raised(c).unwrap_or('⁻')).collect();
    format!("10{power}")
}

/// Up to four significant digits without trailing zeros, and separators between thousands.
fn plain(value: f64) -> String {
    if value != 0.0 && !(1e-4..1e7).contains(&value.abs()) {
        return format!("{value:.1e}");
    }
    let decimals = if value.abs() >= 1000.0 || value == 0.0 { 0 } else { 6 };
    let text = format!("{:.decimals$}", value.abs());
    let text = if decimals > 0 { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(w, f)| (w, Some(f)));
    let mut grouped = String::new();
    for (k, digit) in whole.chars().enumerate() {
        if k > 0 && (whole.len() - k).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let sign = if value < 0.0 { "−" } else { "" };
    fraction.map_or(format!("{sign}{grouped}"), |f| format!("{sign}{grouped}.{f}"))
}

impl Ranged for RoundAxis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    #[expect(clippy::cast_possible_truncation, reason = "pixels")]
    fn map(&self, position: &f64, (first, last): (i32, i32)) -> i32 {
        let part = (position - self.low) / (self.high - self.low);
        first + (part * f64::from(last - first)).round().clamp(-1e6, 1e6) as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        if hint.weight().allow_light_points() {
            Vec::new()
        } else {
            self.ticks(hint.max_num_points())
        }
    }

    fn range(&self) -> Range<f64> {
        self.low..self.high
    }
}

impl ValueFormatter<f64> for RoundAxis {
    fn format_ext(&self, position: &f64) -> String {
        label(self.scale, *position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(scale: Scale, values: &[f64], count: usize) -> Vec<String> {
        let axis = RoundAxis::covering(scale, values.iter().copied()).unwrap();
        axis.ticks(count).into_iter().map(|tick| label(scale, tick)).collect()
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!(
            labels(Scale::Linear, &[0.0, 20_000.0], 6),
            ["0", "5,000", "10,000", "15,000", "20,000"]
        );
        assert_eq!(labels(Scale::Linear, &[-1.0, 1.0], 5), ["−1", "−0.5", "0", "0.5", "1"]);
        assert_eq!(labels(Scale::Log, &[1e-3, 2.0], 6), ["10⁻³", "10⁻²", "0.1", "1"]);
        assert_eq!(labels(Scale::Log, &[0.02, 0.1], 6), ["0.02", "0.05", "0.1"]);
        assert_eq!(labels(Scale::Log, &[1.0, 1e300], 6).len(), 4);
    }

    #[test]
    fn degenerate_values_still_have_an_axis() {
        assert!(RoundAxis::covering(Scale::Log, [0.0, -1.0, f64::NAN].into_iter()).is_none());
        assert!(!labels(Scale::Linear, &[3.0], 6).is_empty());
        assert!(!labels(Scale::Log, &[3.0], 6).is_empty());
    }
}
