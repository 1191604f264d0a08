//! Planted images: noise, and one patch that says the class.

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::images::CHANNELS;
use crate::{DataError, ImageSet, Images};

/// A generator of images with a known answer: grey-level noise in each channel, and at a random place
/// of the grid of patches the pattern of the image's class, dark and bright pixels that are the same
/// for every seed. A vision transformer with patches of this size has one decisive token an image.
///
/// ```
/// use mirrorhead_datasets::PlantedImages;
/// let planted = PlantedImages::default().sample(1)?;
/// let (image, place) = (planted.images.train.image(0), planted.train[0]);
/// assert!([0, 255].contains(&image[place.top * 16 + place.left]));
/// # Ok::<(), mirrorhead_datasets::DataError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlantedImages {
    /// Images to learn from.
    pub n_train: usize,
    /// Images to test on.
    pub n_test: usize,
    /// Height and width of an image, a multiple of `patch`.
    pub side: usize,
    /// Height and width of the patch that decides.
    pub patch: usize,
    /// How many classes there are, 1 to 10.
    pub n_classes: u8,
}

/// 200 and 100 images of 16 x 16 pixels, with patches of 4 x 4, in four classes.
impl Default for PlantedImages {
    fn default() -> Self {
        Self { n_train: 200, n_test: 100, side: 16, patch: 4, n_classes: 4 }
    }
}

/// Planted images, and what decides each of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlantedImageSet {
    /// The images with their classes.
    pub images: ImageSet,
    /// Where the patches of the images to learn from are.
    pub train: Vec<PatchPlace>,
    /// Where the patches of the images to test on are.
    pub test: Vec<PatchPlace>,
}

/// The upper left pixel of a patch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PatchPlace {
    /// Its row.
    pub top: usize,
    /// Its column.
    pub left: usize,
}

/// The greatest number of classes.
const MOST_CLASSES: u8 = 10;
/// The greatest side of an image.
const LONGEST_SIDE: usize = 1024;

impl PlantedImages {
    /// Draws images. Equal seeds give equal images, and those to test on don't depend on the number of
    /// those to learn from.
    ///
    /// # Errors
    /// [`DataError::ZeroSize`], or [`DataError::OutOfRange`], if a number is not as its field says.
    pub fn sample(&self, seed: u64) -> Result<PlantedImageSet, DataError> {
        self.require_valid()?;
        let (train, train_places) = self.part(seed, 0, self.n_train)?;
        let (test, test_places) = self.part(seed, 1, self.n_test)?;
        let images = ImageSet { train, test };
        Ok(PlantedImageSet { images, train: train_places, test: test_places })
    }

    fn require_valid(&self) -> Result<(), DataError> {
        let classes = usize::from(self.n_classes);
        let sizes = [("side", self.side), ("patch", self.patch), ("n_classes", classes)];
        if let Some((what, _)) = sizes.into_iter().find(|(_, size)| *size == 0) {
            return Err(DataError::ZeroSize { what });
        }
        let ranges = [
            ("n_classes", classes, self.n_classes <= MOST_CLASSES, "at most 10"),
            ("side", self.side, self.side <= LONGEST_SIDE, "at most 1024"),
            ("side", self.side, self.side.is_multiple_of(self.patch), "a multiple of patch"),
        ];
        match ranges.into_iter().find(|(_, _, is_valid, _)| !is_valid) {
            None => Ok(()),
            Some((what, value, _, range)) => {
                Err(DataError::OutOfRange { what, value: value as f64, range })
            }
        }
    }

    fn part(
        &self,
        seed: u64,
        stream: u64,
        count: usize,
    ) -> Result<(Images, Vec<PatchPlace>), DataError> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(stream);
        let patterns: Vec<_> = (0..self.n_classes).map(|class| self.pattern(class)).collect();
        let mut pixels = Vec::new();
        let mut labels = Vec::with_capacity(count);
        let mut places = Vec::with_capacity(count);
        for _ in 0..count {
            let class = rng.random_range(0..self.n_classes);
            let mut image = self.noise(&mut rng);
            let mut offset = || rng.random_range(0..self.side / self.patch) * self.patch;
            let place = PatchPlace { top: offset(), left: offset() };
            self.paste(&mut image, &patterns[usize::from(class)], place);
            pixels.extend(image);
            labels.push(class);
            places.push(place);
        }
        Ok((Images::new(self.side, self.side, pixels, labels)?, places))
    }

    /// The pattern of a class: black and white, drawn from a stream of its own.
    fn pattern(&self, class: u8) -> Vec<u8> {
        let mut rng = ChaCha8Rng::seed_from_u64(u64::from(class));
        let pixels = CHANNELS * self.patch * self.patch;
        (0..pixels).map(|_| if rng.random() { 255 } else { 0 }).collect()
    }

    fn noise(&self, rng: &mut ChaCha8Rng) -> Vec<u8> {
        let mut image = vec![0; CHANNELS * self.side * self.side];
        rng.fill_bytes(&mut image);
        // Grey, between a quarter and three quarters of white.
        for pixel in &mut image {
            *pixel = 64 + *pixel / 2;
        }
        image
    }

    fn paste(&self, image: &mut [u8], pattern: &[u8], place: PatchPlace) {
        for (row, pixels) in pattern.chunks_exact(self.patch).enumerate() {
            let (channel, row) = (row / self.patch, row % self.patch);
            let start = (channel * self.side + place.top + row) * self.side + place.left;
            image[start..start + self.patch].copy_from_slice(pixels);
        }
    }
}
