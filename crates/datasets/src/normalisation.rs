//! Normalisation: images as the numbers that a network sees.

use rayon::iter::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};
use rayon::slice::ParallelSliceMut;
use serde::{Deserialize, Serialize};

use crate::batches::require_indices;
use crate::images::CHANNELS;
use crate::resize::Resizing;
use crate::{Augmentation, DataError, Images};

/// Mean and standard deviation of each channel, of pixels in `$[0, 1]$`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Normalisation {
    /// Of red, green and blue.
    pub mean: [f32; CHANNELS],
    /// Of red, green and blue; 1 for a channel that is constant, so that it becomes zero.
    pub deviation: [f32; CHANNELS],
}

impl Normalisation {
    /// That of all pixels of some images, with exact sums:
    /// `$\mu_c = \tfrac1N\sum x$` and `$\sigma_c^2 = \tfrac1N\sum x^2 - \mu_c^2$`.
    ///
    /// # Errors
    /// [`DataError::ZeroSize`] if there are no images.
    ///
    /// ```
    /// use mirrorhead_datasets::{Images, Normalisation};
    /// let images = Images::new(1, 2, vec![0, 255, 51, 51, 102, 0], vec![0])?;
    /// let Normalisation { mean, deviation } = Normalisation::of(&images)?;
    /// assert_eq!((mean, deviation), ([0.5, 0.2, 0.2], [0.5, 1.0, 0.2]));
    /// # Ok::<(), mirrorhead_datasets::DataError>(())
    /// ```
    pub fn of(images: &Images) -> Result<Self, DataError> {
        if images.is_empty() {
            return Err(DataError::ZeroSize { what: "the number of images" });
        }
        let mut sums = [[0_u64; 2]; CHANNELS];
        for i in 0..images.len() {
            let planes = images.image(i).chunks_exact(images.height() * images.width());
            for ([sum, squares], plane) in sums.iter_mut().zip(planes) {
                *sum += plane.iter().map(|pixel| u64::from(*pixel)).sum::<u64>();
                *squares += plane.iter().map(|pixel| u64::from(*pixel).pow(2)).sum::<u64>();
            }
        }
        let count = (images.len() * images.height() * images.width()) as u64;
        let [red, green, blue] = sums.map(|[sum, squares]| moments(count, sum, squares));
        Ok(Self { mean: [red.0, green.0, blue.0], deviation: [red.1, green.1, blue.1] })
    }
}

/// Mean and standard deviation of `count` bytes in units of 255.
#[expect(clippy::cast_possible_truncation, reason = "f32 is what networks see")]
fn moments(count: u64, sum: u64, squares: u64) -> (f32, f32) {
    let [n, sum, squares] = [count, sum, squares].map(u128::from);
    let mean = sum as f64 / n as f64 / 255.0;
    // Integers don't cancel.
    let deviation = ((n * squares - sum * sum) as f64).sqrt() / n as f64 / 255.0;
    (mean as f32, if deviation > 0.0 { deviation as f32 } else { 1.0 })
}

/// How images become numbers: shown by `augmentation`, resized to `side` x `side`, normalised.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Presentation {
    /// What is shown of each image.
    pub augmentation: Augmentation,
    /// Height and width of the result.
    pub side: usize,
    /// What is subtracted and divided by.
    pub normalisation: Normalisation,
}

/// Some images as numbers `$N \times 3 \times S \times S$`: shown, resized, and `$(x - \mu_c)/\sigma_c$`.
/// Images are prepared in parallel; each depends on itself, its index and the presentation alone.
///
/// # Errors
/// [`DataError::NoSuchIndex`] for an image that is not there, [`DataError::OutOfRange`] for a side
/// that is not in 1 to 65,536.
///
/// ```
/// use mirrorhead_datasets::{Augmentation, Normalisation, PlantedImages, Presentation, normalised};
/// let images = PlantedImages::default().sample(1)?.images.train;
/// let presentation = Presentation {
///     augmentation: Augmentation::CropAndFlip { padding: 4, seed_of_epoch: 1 },
///     side: 24,
///     normalisation: Normalisation::of(&images)?,
/// };
/// assert_eq!(normalised(&images, &[7, 3], &presentation)?.len(), 2 * 3 * 24 * 24);
/// # Ok::<(), mirrorhead_datasets::DataError>(())
/// ```
pub fn normalised(
    images: &Images,
    indices: &[usize],
    presentation: &Presentation,
) -> Result<Vec<f32>, DataError> {
    require_indices(indices, images.len())?;
    let size = [images.height(), images.width()];
    let side = presentation.side;
    let resizing = Resizing::new(size, [side, side])?;
    let mut numbers = vec![0.0; indices.len() * CHANNELS * side * side];
    indices.par_iter().zip(numbers.par_chunks_exact_mut(CHANNELS * side * side)).for_each(
        |(&index, numbers)| {
            let mut view = vec![0.0; CHANNELS * size[0] * size[1]];
            presentation.augmentation.view(index, images.image(index), size, &mut view);
            resizing.apply(&view, numbers);
            normalise(numbers, &presentation.normalisation);
        },
    );
    Ok(numbers)
}

fn normalise(image: &mut [f32], Normalisation { mean, deviation }: &Normalisation) {
    let plane = image.len() / CHANNELS;
    for ((plane, mean), deviation) in image.chunks_exact_mut(plane).zip(mean).zip(deviation) {
        for pixel in plane {
            *pixel = (*pixel - mean) / deviation;
        }
    }
}
