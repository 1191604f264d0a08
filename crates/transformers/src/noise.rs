//! Dropout's noise, from a stream of its own.

use burn::tensor::{Device, Distribution, Tensor, TensorData};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Where dropout's noise comes from.
///
/// Inverted dropout of rate `$r$` sets entries to zero with probability `$r$`, and multiplies the others
/// by `$1/(1 - r)$`.
#[derive(Debug)]
pub enum Noise {
    /// No dropout, as in evaluation.
    Off,
    /// A ChaCha stream of one's own: the same whatever else runs in the process.
    Stream(Box<ChaCha8Rng>),
    /// The generator of the device: faster on a GPU, but shared by all that runs on it.
    Device(Device),
    /// Factors of one's own: `masks(call, n)` are those of the `n` entries of call number 0, 1, ..., as
    /// another program has them that this one is compared with.
    Masks {
        /// The calls so far.
        calls: usize,
        /// The factors.
        masks: fn(usize, usize) -> Vec<f32>,
    },
}

impl Noise {
    /// The stream number `stream` of a seed, such as one an epoch.
    pub fn stream(seed: u64, stream: u64) -> Self {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream(stream);
        Self::Stream(Box::new(generator))
    }

    /// The generator of `device`, seeded.
    pub fn device(device: &Device, seed: u64) -> Self {
        device.seed(seed);
        Self::Device(device.clone())
    }

    /// Dropout of rate `rate` in `$[0, 1)$`; at rate 0, or when off, `x` itself.
    ///
    /// ```
    /// use burn::tensor::{Device, Tensor};
    /// use mirrorhead_transformers::Noise;
    /// let ones = Tensor::<1>::ones([1000], &Device::flex());
    /// let kept: f32 = Noise::stream(1, 0).dropout(ones, 0.25).mean().into_scalar();
    /// assert!((kept - 1.0).abs() < 0.1); // the mean is kept
    /// ```
    pub fn dropout<const D: usize>(&mut self, x: Tensor<D>, rate: f64) -> Tensor<D> {
        if rate == 0.0 {
            return x;
        }
        let kept = match self {
            Self::Off => return x,
            Self::Stream(stream) => mask(stream, &x, rate),
            Self::Device(_) => {
                Tensor::random(x.shape(), Distribution::Bernoulli(1.0 - rate), &x.device())
                    .div_scalar(1.0 - rate)
            }
            Self::Masks { calls, masks } => {
                let factors = masks(*calls, x.shape().num_elements());
                *calls += 1;
                Tensor::from_data(TensorData::new(factors, x.shape()), &x.device())
            }
        };
        x * kept
    }
}

/// 0 with probability `rate`, rounded to a multiple of `$2^{-16}$`, else its inverse keeping rate.
fn mask<const D: usize>(stream: &mut ChaCha8Rng, x: &Tensor<D>, rate: f64) -> Tensor<D> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "below 2^16")]
    let threshold = (rate * 65_536.0).round().min(65_535.0) as u16;
    let kept = 1.0 / (1.0 - f32::from(threshold) / 65_536.0);
    let n = x.shape().num_elements();
    let mut bytes = vec![0_u8; 2 * n];
    stream.fill_bytes(&mut bytes);
    let entry = |pair: &[u8]| {
        let drawn = u16::from_le_bytes([pair[0], pair[1]]);
        if drawn < threshold { 0.0 } else { kept }
    };
    let entries: Vec<f32> = bytes.chunks_exact(2).map(entry).collect();
    Tensor::from_data(TensorData::new(entries, x.shape()), &x.device())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dropped(stream: u64, rate: f64) -> Vec<f32> {
        let ones = Tensor::<2>::ones([100, 200], &Device::flex());
        Noise::stream(7, stream).dropout(ones, rate).into_data().try_to_vec().unwrap()
    }

    #[test]
    fn entries_are_dropped_at_the_rate_and_the_mean_is_kept() {
        for rate in [0.1, 0.2, 0.5] {
            let entries = dropped(0, rate);
            let n = entries.len() as f64;
            let zeros = entries.iter().filter(|x| **x == 0.0).count() as f64 / n;
            let deviation = (rate * (1.0 - rate) / n).sqrt();
            assert!((zeros - rate).abs() < 4.0 * deviation, "rate {rate}: {zeros}");
            let kept = entries.iter().find(|x| **x != 0.0).unwrap();
            assert!((f64::from(*kept) * (1.0 - rate) - 1.0).abs() < 1e-4);
        }
    }

    #[test]
    fn a_stream_is_reproducible_and_its_own() {
        assert_eq!(dropped(1, 0.2), dropped(1, 0.2));
        assert_ne!(dropped(1, 0.2), dropped(2, 0.2));
    }

    #[test]
    fn without_noise_nothing_changes() {
        let x = Tensor::<1>::from_floats([1.0, -2.0], &Device::flex());
        let same = |y: Tensor<1>| y.into_data() == x.to_data();
        assert!(same(Noise::Off.dropout(x.clone(), 0.9)));
        assert!(same(Noise::stream(1, 1).dropout(x.clone(), 0.0)));
    }
}
