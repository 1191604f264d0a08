//! How large the entries of weights are, and how sparse.

use burn::tensor::Tensor;
use mirrorhead_kernels::elementary;
use mirrorhead_transformers::EncoderBlock;
use serde::{Deserialize, Serialize};

/// Bins of a decade of sizes.
const PER_DECADE: i32 = 4;
/// The decades `$10^{-12}$` to `$10^{2}$`.
const DECADES: std::ops::Range<i32> = -12..2;
/// The size above which the paper counts entries.
pub const LARGE: f64 = 0.06;

/// The sizes of the entries of one kind of map, over all blocks.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct WeightCensus {
    /// Number of entries.
    pub n: usize,
    /// How many are smaller than `$10^{-12}$`, zeros among them.
    pub below: usize,
    /// How many lie in each quarter of a decade from `$10^{-12}$` to `$10^{2}$`.
    pub counts: Vec<usize>,
    /// The share of entries smaller than a hundredth of the largest.
    pub sparsity: f64,
    /// Hoyer's sparseness `$(\sqrt n - \lVert w\rVert_1/\lVert w\rVert_2)/(\sqrt n - 1)$`: 0 when all
    /// entries are equal in size, 1 when a single one isn't zero.
    pub hoyer: f64,
    /// The size of the largest entry.
    pub largest: f64,
    /// How many are larger than [`LARGE`], the paper's measure.
    pub large: usize,
}

impl WeightCensus {
    /// The census of some entries.
    pub fn of(entries: &[f32]) -> Self {
        let n = entries.len();
        let mut census = Self { n, counts: vec![0; bins()], ..Self::default() };
        let (mut l1, mut l2) = (0.0, 0.0);
        for size in entries.iter().map(|w| f64::from(w.abs())) {
            l1 += size;
            l2 += size * size;
            census.largest = census.largest.max(size);
            census.large += usize::from(size > LARGE);
            match bin(size) {
                None => census.below += 1,
                Some(bin) => census.counts[bin] += 1,
            }
        }
        let one_percent = 0.01 * census.largest;
        let small = entries.iter().filter(|w| f64::from(w.abs()) < one_percent).count();
        census.sparsity = small as f64 / n.max(1) as f64;
        let root = (n as f64).sqrt();
        census.hoyer = if l2 > 0.0 && n > 1 { (root - l1 / l2.sqrt()) / (root - 1.0) } else { 0.0 };
        census
    }

    /// The census of the keys, queries and values of encoder blocks.
    pub fn of_blocks(blocks: &[EncoderBlock]) -> [Self; 3] {
        let entries = |map: fn(&EncoderBlock) -> Tensor<2>| -> Vec<f32> {
            let tensors = blocks.iter().map(|block| map(block).into_data());
            tensors.flat_map(|data| data.try_to_vec::<f32>().unwrap_or_default()).collect()
        };
        [
            Self::of(&entries(|block| block.attention.keys.weight.val())),
            Self::of(&entries(|block| block.attention.queries.weight.val())),
            Self::of(&entries(|block| block.attention.values.weight.val())),
        ]
    }

    /// The lower ends of the bins.
    pub fn edges() -> impl Iterator<Item = f64> {
        let first = PER_DECADE * DECADES.start;
        (0..).map(move |bin| elementary::powf(10.0, f64::from(first + bin) / f64::from(PER_DECADE)))
    }
}

fn bins() -> usize {
    usize::try_from(PER_DECADE * (DECADES.end - DECADES.start)).unwrap_or(0)
}

/// The bin of a size; the largest sizes are in the last one.
fn bin(size: f64) -> Option<usize> {
    let place = (elementary::log10(size) - f64::from(DECADES.start)) * f64::from(PER_DECADE);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative")]
    (place >= 0.0).then(|| (place as usize).min(bins() - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_counted_once_and_in_its_bin() {
        let entries = [0.0, 1e-13, 2e-12, -0.5, 0.5, 3e5, -1.0];
        let census = WeightCensus::of(&entries);
        assert_eq!(census.below + census.counts.iter().sum::<usize>(), entries.len());
        assert_eq!(census.below, 2);
        assert_eq!(census.counts.last(), Some(&1));
        let edge = WeightCensus::edges().position(|edge| edge > 0.5).unwrap();
        assert_eq!(census.counts[edge - 1], 2);
        assert_eq!((census.largest, census.large), (f64::from(3e5_f32), 4));
    }

    #[test]
    fn sparseness_of_the_extremes() {
        assert!(WeightCensus::of(&[0.3; 50]).hoyer.abs() < 1e-6);
        let mut single = [0.0; 50];
        single[7] = -2.0;
        let census = WeightCensus::of(&single);
        assert!((census.hoyer - 1.0).abs() < 1e-12);
        assert!((census.sparsity - 0.98).abs() < 1e-12);
    }

    #[test]
    fn no_entries_and_only_zeros_have_a_census() {
        for entries in [&[][..], &[0.0; 4]] {
            let census = WeightCensus::of(entries);
            assert!(census.hoyer == 0.0 && census.sparsity.is_finite());
            assert_eq!((census.largest, census.large), (0.0, 0));
        }
    }
}
