//! Effects: what a sample of runs shows of all runs against a bound that was set before they ran, with its sampling error.

use std::fmt;

use serde::Serialize;

/// The part of all runs beyond which an interval errs, on either side.
const ERROR: f64 = 0.05;
/// The share of runs on the wrong side that the [power](Effect::power) to see a violation is about.
const VIOLATED: f64 = 0.9;
/// The same for what should hold in every run.
const EVER_VIOLATED: f64 = 0.1;
/// The fewest runs for which a median has an interval: for four, `$2^{-4} > 0.05$`.
const FEWEST: usize = 5;

/// Where a quantity must lie, set beside the claim.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bound {
    /// Here or above.
    AtLeast(f64),
    /// Here or below.
    AtMost(f64),
    /// Between these.
    Within(f64, f64),
}

/// What the runs say of a bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// The whole interval lies within the bound.
    Supports,
    /// The whole interval lies beyond it.
    Contradicts,
    /// The interval has both, or there are too few runs for one.
    Undecided,
}

/// A quantity of the population of runs against a bound.
///
/// The interval is exact for any distribution: it misses the quantity with a probability of at most 5% on
/// either side. So a bound is supported, or contradicted, with a confidence of 95%; what is neither is undecided, and
/// a further seed can only decide it.
///
/// ```
/// use mirrorhead_harness::{Bound, Effect, Evidence};
/// let of = |ratios: &[f64]| Effect::median("ratio", ratios, Bound::AtLeast(1.0)).evidence;
/// assert_eq!(of(&[3.0, 7.0, 2.0, 5.0, 4.0]), Evidence::Supports);
/// assert_eq!(of(&[3.0, 7.0, 0.9, 5.0, 4.0]), Evidence::Undecided);
/// assert_eq!(of(&[3.0, 7.0]), Evidence::Undecided);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Effect {
    /// What is measured.
    pub label: String,
    /// The bound, in words.
    pub expected: String,
    /// Its value in this sample; none without runs.
    pub estimate: Option<f64>,
    /// The interval of the population's; an end is missing where there are too few runs for it.
    pub interval: [Option<f64>; 2],
    /// The number of runs.
    pub n: usize,
    /// The power to see a violation: the probability that so many runs contradict the bound where nine runs in ten
    /// lie beyond it (for what should hold in every run: where one in ten violates it). One for a single fact.
    pub power: f64,
    /// What follows.
    pub evidence: Evidence,
}

impl Effect {
    /// The median over all runs, of which `values` are a sample: the interval goes from one of the values in order to
    /// the one as far from the other end, `$P(\mathrm{Bin}(n, \tfrac12) < r) \le 0.05$`.
    pub fn median(label: impl Into<String>, values: &[f64], bound: Bound) -> Self {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let n = sorted.len();
        let rank = (0..n).take_while(|k| at_most(*k, n, 0.5) <= ERROR).count();
        let end = |position: Option<usize>| position.and_then(|k| sorted.get(k).copied());
        let interval =
            if rank == 0 { [None; 2] } else { [end(Some(rank - 1)), end(n.checked_sub(rank))] };
        let middle = (n > 0).then(|| 0.5 * (sorted[(n - 1) / 2] + sorted[n / 2]));
        let power = if rank == 0 { 0.0 } else { at_most(rank - 1, n, 1.0 - VIOLATED) };
        Self::new(label, (middle, interval, n, power), bound)
    }

    /// The share of all runs with a property that `held` of `n` runs have, against the `least`: the interval of Clopper
    /// and Pearson.
    pub fn share(label: impl Into<String>, held: usize, n: usize, least: f64) -> Self {
        let low = solve(|share| 1.0 - at_most_below(held, n, share) - ERROR);
        let high = solve(|share| ERROR - at_most(held, n, share));
        let interval = [(n > 0).then_some(low), (n > 0).then_some(high)];
        let estimate = (n > 0).then(|| held as f64 / n as f64);
        let contradicted = (0..=n).take_while(|k| at_most(*k, n, least) <= ERROR).count();
        let power =
            if contradicted == 0 { 0.0 } else { at_most(contradicted - 1, n, 1.0 - VIOLATED) };
        Self::new(label, (estimate, interval, n, power), Bound::AtLeast(least))
    }

    /// What should hold in every run: contradicted by a single one in which it doesn't, supported by five
    /// others, with the share of all runs in which it may fail all the same.
    pub fn every(label: impl Into<String>, held: usize, n: usize) -> Self {
        let power = 1.0 - (1.0 - EVER_VIOLATED).powi(i32::try_from(n).unwrap_or(i32::MAX));
        let mut effect = Self { power, ..Self::share(label, held, n, 1.0) };
        effect.expected = "in every run".into();
        effect.evidence = match (held == n, n >= FEWEST) {
            (false, _) => Evidence::Contradicts,
            (true, true) => Evidence::Supports,
            (true, false) => Evidence::Undecided,
        };
        effect
    }

    /// A single number that depends on no draw: a run from a fixed start on fixed data.
    pub fn fact(label: impl Into<String>, value: f64, bound: Bound) -> Self {
        Self::new(label, (Some(value), [Some(value); 2], 1, 1.0), bound)
    }

    fn new(
        label: impl Into<String>,
        (estimate, interval, n, power): (Option<f64>, [Option<f64>; 2], usize, f64),
        bound: Bound,
    ) -> Self {
        let (label, expected) = (label.into(), bound.to_string());
        let evidence = bound.judge(interval);
        Self { label, expected, estimate, interval, n, power, evidence }
    }
}

impl Bound {
    fn judge(self, [low, high]: [Option<f64>; 2]) -> Evidence {
        let (Some(low), Some(high)) = (low, high) else { return Evidence::Undecided };
        let (least, most) = match self {
            Self::AtLeast(least) => (least, f64::INFINITY),
            Self::AtMost(most) => (f64::NEG_INFINITY, most),
            Self::Within(least, most) => (least, most),
        };
        if least <= low && high <= most {
            Evidence::Supports
        } else if high < least || most < low {
            Evidence::Contradicts
        } else {
            Evidence::Undecided
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtLeast(least) => write!(f, "at least {least}"),
            Self::AtMost(most) => write!(f, "at most {most}"),
            Self::Within(least, most) => write!(f, "from {least} to {most}"),
        }
    }
}

/// In a sentence: `ratio, 4 (2 to 7, n = 5), expected at least 1`.
impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { label, expected, estimate, interval, n, .. } = self;
        let Some(estimate) = estimate else { return write!(f, "{label}: no run (n = 0)") };
        write!(f, "{label}: {}", Short(*estimate))?;
        match interval {
            _ if *n == 1 && self.power == 1.0 => {}
            [Some(low), Some(high)] => {
                write!(f, " ({} to {}, n = {n})", Short(*low), Short(*high))?;
            }
            _ => write!(f, " (n = {n}, too few for an interval)")?,
        }
        write!(f, ", expected {expected}")
    }
}

/// Three digits.
struct Short(f64);

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.abs() {
            0.0 => f.write_str("0"),
            size if !(1e-3..1e5).contains(&size) => write!(f, "{:.1e}", self.0),
            size if size < 10.0 => write!(f, "{:.3}", self.0),
            _ => write!(f, "{:.0}", self.0),
        }
    }
}

/// `$P(\mathrm{Bin}(n, p) \le k)$`.
fn at_most(k: usize, n: usize, p: f64) -> f64 {
    if k >= n {
        return 1.0;
    }
    // Terms by their logarithms: n may be in the thousands.
    let (log_p, log_q) = (libm::log(p), libm::log1p(-p));
    let (mut sum, mut log_choose) = (0.0, 0.0f64);
    for i in 0..=k {
        let success = if i == 0 { 0.0 } else { i as f64 * log_p };
        let failure = (n - i) as f64 * log_q;
        sum += libm::exp(log_choose + success + failure);
        log_choose += libm::log((n - i) as f64) - libm::log((i + 1) as f64);
    }
    sum.min(1.0)
}

/// `$P(\mathrm{Bin}(n, p) < k)$`.
fn at_most_below(k: usize, n: usize, p: f64) -> f64 {
    k.checked_sub(1).map_or(0.0, |k| at_most(k, n, p))
}

/// Where an increasing function of a share passes zero; an end where it doesn't.
fn solve(increasing: impl Fn(f64) -> f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if increasing(middle) < 0.0 { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_binomial_distribution_is_that_of_the_tables() {
        assert!((at_most(2, 10, 0.5) - 56.0 / 1024.0).abs() < 1e-14);
        assert!((at_most(1, 8, 0.1) - (0.9f64.powi(8) + 0.8 * 0.9f64.powi(7))).abs() < 1e-14);
        assert!((at_most(4_999, 10_000, 0.5) - 0.496).abs() < 1e-3);
        assert_eq!((at_most(3, 3, 0.2), at_most(0, 0, 0.5)), (1.0, 1.0));
    }

    #[test]
    fn a_median_has_the_interval_of_its_ranks() {
        let values = |n: u32| (1..=n).map(f64::from).collect::<Vec<_>>();
        let interval = |n| Effect::median("", &values(n), Bound::AtLeast(0.0)).interval;
        // P(Bin(n, 1/2) <= r - 1): 1/32, 9/256, 11/1024 (at r = 2; 56/1024 is too much), 0.0207 at n = 20.
        for (n, rank) in [(5, 1), (8, 2), (10, 2), (20, 6)] {
            let rank = f64::from(rank);
            assert_eq!(interval(n), [Some(rank), Some(f64::from(n) + 1.0 - rank)], "{n}");
        }
        assert_eq!([interval(0), interval(4)], [[None; 2]; 2]);
    }

    #[test]
    fn a_share_has_the_interval_of_clopper_and_pearson() {
        let all = Effect::share("", 24, 24, 0.8);
        assert!((all.interval[0].unwrap() - libm::pow(0.05, 1.0 / 24.0)).abs() < 1e-12);
        assert!((all.interval[1].unwrap() - 1.0).abs() < 1e-12);
        let half = Effect::share("", 5, 10, 0.8);
        assert!((half.interval[0].unwrap() - 0.2224).abs() < 1e-4);
        assert!((half.interval[1].unwrap() - 0.7776).abs() < 1e-4);
        assert_eq!((all.evidence, half.evidence), (Evidence::Supports, Evidence::Contradicts));
        assert_eq!(Effect::share("", 0, 0, 0.5).evidence, Evidence::Undecided);
    }

    #[test]
    fn one_run_contradicts_what_should_hold_in_every_run() {
        let evidence = |held, n| Effect::every("", held, n).evidence;
        assert_eq!(evidence(99, 100), Evidence::Contradicts);
        assert_eq!([evidence(4, 4), evidence(0, 0)], [Evidence::Undecided; 2]);
        assert_eq!(evidence(5, 5), Evidence::Supports);
        assert!((Effect::every("", 20, 20).power - 0.878).abs() < 1e-3);
    }

    #[test]
    fn power_is_that_of_the_sign_test() {
        let of = |n: u32| {
            let values: Vec<_> = (1..=n).map(f64::from).collect();
            Effect::median("", &values, Bound::AtLeast(0.0)).power
        };
        assert_eq!(of(4), 0.0);
        assert!((of(5) - 0.9f64.powi(5)).abs() < 1e-14);
        assert!((of(20) - 0.989).abs() < 1e-3);
    }

    #[test]
    fn an_effect_reads_as_a_sentence() {
        let effect = Effect::median("ratio", &[3.0, 7.0, 2.0, 5.0, 4.0], Bound::AtLeast(1.0));
        assert_eq!(effect.to_string(), "ratio: 4.000 (2.000 to 7.000, n = 5), expected at least 1");
        let none = Effect::median("ratio", &[], Bound::AtLeast(1.0));
        assert_eq!(none.to_string(), "ratio: no run (n = 0)");
        let few = Effect::median("ratio", &[2.0], Bound::Within(0.0, 1.0));
        assert!(few.to_string().contains("(n = 1, too few for an interval)"), "{few}");
    }
}
