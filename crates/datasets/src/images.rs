//! Images: small colour images of one size, with their classes.

use base16ct::lower::encode_string;
use sha2::{Digest, Sha256};

use crate::DataError;

/// Red, green and blue.
pub(crate) const CHANNELS: usize = 3;

/// Colour images of one size, bytes `$N \times 3 \times H \times W$`, and a class each.
///
/// ```
/// use mirrorhead_datasets::Images;
/// let images = Images::new(1, 2, vec![1, 2, 3, 4, 5, 6], vec![9])?;
/// assert_eq!((images.len(), images.image(0), images.label(0)), (1, &[1, 2, 3, 4, 5, 6][..], 9));
/// assert!(Images::new(1, 2, vec![0; 7], vec![9]).is_err());
/// # Ok::<(), mirrorhead_datasets::DataError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Images {
    height: usize,
    width: usize,
    pixels: Vec<u8>,
    labels: Vec<u8>,
}

/// Images to learn from and images to test on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageSet {
    /// To learn from.
    pub train: Images,
    /// To test on.
    pub test: Images,
}

impl ImageSet {
    /// SHA-256 of sizes, pixels and classes in order, in hexadecimal digits: the same whatever the images
    /// were packed in.
    ///
    /// ```
    /// use mirrorhead_datasets::{ImageSet, Images};
    /// let images = |class| Images::new(1, 1, vec![1, 2, 3], vec![class]);
    /// let set = |class| Ok::<_, mirrorhead_datasets::DataError>(ImageSet {
    ///     train: images(class)?,
    ///     test: images(0)?,
    /// });
    /// assert_eq!(set(1)?.fingerprint(), set(1)?.fingerprint());
    /// assert_ne!(set(1)?.fingerprint(), set(0)?.fingerprint());
    /// # Ok::<(), mirrorhead_datasets::DataError>(())
    /// ```
    pub fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        for part in [&self.train, &self.test] {
            for size in [part.len(), part.height, part.width] {
                hash.update((size as u64).to_le_bytes());
            }
            hash.update(&part.pixels);
            hash.update(&part.labels);
        }
        encode_string(&hash.finalize())
    }
}

impl Images {
    /// The images of these pixels: image by image, red, green and blue plane, row by row.
    ///
    /// # Errors
    /// [`DataError::ZeroSize`] for images without pixels, [`DataError::PixelCount`] unless there are
    /// `$3HW$` a label.
    pub fn new(
        height: usize,
        width: usize,
        pixels: Vec<u8>,
        labels: Vec<u8>,
    ) -> Result<Self, DataError> {
        for (what, size) in [("height", height), ("width", width)] {
            if size == 0 {
                return Err(DataError::ZeroSize { what });
            }
        }
        let expected = labels.len().saturating_mul(volume(height, width));
        if pixels.len() != expected {
            return Err(DataError::PixelCount { expected, found: pixels.len() });
        }
        Ok(Self { height, width, pixels, labels })
    }

    /// Number of images.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Rows of an image.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Columns of an image.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The pixels of image `i`: red, green and blue plane, row by row.
    ///
    /// # Panics
    /// If there is no image `i`, as a slice would.
    pub fn image(&self, i: usize) -> &[u8] {
        let volume = volume(self.height, self.width);
        &self.pixels[i * volume..(i + 1) * volume]
    }

    /// The class of image `i`.
    ///
    /// # Panics
    /// If there is no image `i`, as a slice would.
    pub fn label(&self, i: usize) -> u8 {
        self.labels[i]
    }

    /// The classes of all images.
    pub fn labels(&self) -> &[u8] {
        &self.labels
    }
}

/// How many numbers an image is.
fn volume(height: usize, width: usize) -> usize {
    CHANNELS.saturating_mul(height).saturating_mul(width)
}
