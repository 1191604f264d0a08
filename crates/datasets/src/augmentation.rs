//! Augmentation: the random view of an image that an epoch sees.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// How an image is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Augmentation {
    /// As it is.
    None,
    /// Moved by up to `padding` pixels in either direction, black where it leaves, and mirrored left to
    /// right with probability one half. What image `$i$` is shown as depends on the seed and `$i$` alone.
    CropAndFlip {
        /// The padding around the image, from which a crop of the image's size is cut.
        padding: usize,
        /// The seed; another one each epoch.
        seed_of_epoch: u64,
    },
}

impl Augmentation {
    /// Writes the view of image `index` of a set: planes `height` x `width`, as numbers in `$[0, 1]$`.
    pub(crate) fn view(
        self,
        index: usize,
        image: &[u8],
        [height, width]: [usize; 2],
        view: &mut [f32],
    ) {
        let crop = self.crop(index);
        for (row, pixels) in view.chunks_exact_mut(width).enumerate() {
            let (plane, row) = (row / height, row % height);
            let source = crop.within(row, crop.top, height);
            for (column, pixel) in pixels.iter_mut().enumerate() {
                let column = match crop.facing {
                    Facing::AsIs => column,
                    Facing::Mirrored => width - 1 - column,
                };
                *pixel = match (source, crop.within(column, crop.left, width)) {
                    (Some(row), Some(column)) => {
                        f32::from(image[(plane * height + row) * width + column]) / 255.0
                    }
                    _ => 0.0,
                };
            }
        }
    }

    fn crop(self, index: usize) -> Crop {
        match self {
            Self::None => Crop { padding: 0, top: 0, left: 0, facing: Facing::AsIs },
            Self::CropAndFlip { padding, seed_of_epoch } => {
                let mut rng = ChaCha8Rng::seed_from_u64(seed_of_epoch);
                rng.set_stream(index as u64);
                let mut offset = || rng.random_range(0..=padding.saturating_mul(2));
                let (top, left) = (offset(), offset());
                let facing = if rng.random() { Facing::Mirrored } else { Facing::AsIs };
                Crop { padding, top, left, facing }
            }
        }
    }
}

/// Where in the padded image a view is cut out, and how it faces.
struct Crop {
    padding: usize,
    top: usize,
    left: usize,
    facing: Facing,
}

enum Facing {
    AsIs,
    Mirrored,
}

impl Crop {
    /// Where place `at` of a view that starts at `offset` is in the image, unless in the padding.
    fn within(&self, at: usize, offset: usize, size: usize) -> Option<usize> {
        at.checked_add(offset)?.checked_sub(self.padding).filter(|at| *at < size)
    }
}
