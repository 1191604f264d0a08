//! Bilinear resizing of an image's planes.

use crate::DataError;

/// Resizes planes by bilinear interpolation between pixel centres.
///
/// Row `$i$` of `$h'$` reads row `$y = \max(0, (i + \tfrac12)\tfrac{h}{h'} - \tfrac12)$` of `$h$`, linearly
/// between `$\lfloor y\rfloor$` and the next one, which at the edge is the last one again; columns
/// likewise. Without averaging over what is skipped: meant for images that grow. `pixels` are any
/// number of planes `$h \times w$`, row by row.
///
/// # Errors
/// [`DataError::OutOfRange`] for a size that is not in 1 to 65,536, [`DataError::PixelCount`] unless
/// the pixels are whole planes.
///
/// ```
/// use mirrorhead_datasets::resize;
/// let wider = resize(&[0.0, 1.0], [1, 2], [1, 4])?;
/// assert_eq!(wider, [0.0, 0.25, 0.75, 1.0]);
/// # Ok::<(), mirrorhead_datasets::DataError>(())
/// ```
///
/// Source: `torch.nn.functional.interpolate` with `mode="bilinear"`, `align_corners=False`, which
/// torchvision's `Resize` calls.
pub fn resize(pixels: &[f32], from: [usize; 2], to: [usize; 2]) -> Result<Vec<f32>, DataError> {
    let resizing = Resizing::new(from, to)?;
    let plane = from[0].saturating_mul(from[1]);
    if !pixels.len().is_multiple_of(plane) {
        let expected = (pixels.len() / plane + 1).saturating_mul(plane);
        return Err(DataError::PixelCount { expected, found: pixels.len() });
    }
    let mut resized = vec![0.0; pixels.len() / plane * to[0] * to[1]];
    resizing.apply(pixels, &mut resized);
    Ok(resized)
}

/// The greatest height and width: any greater one is a mistake.
const LONGEST_SIDE: usize = 1 << 16;

/// Where each row and column of the resized planes reads.
#[derive(Debug, Clone)]
pub(crate) struct Resizing {
    from: [usize; 2],
    to: [usize; 2],
    rows: Vec<Between>,
    columns: Vec<Between>,
}

/// A place between two neighbours: `first` and `second`, weighted `1 - weight` and `weight`.
#[derive(Debug, Clone, Copy)]
struct Between {
    first: usize,
    second: usize,
    weight: f32,
}

impl Resizing {
    pub(crate) fn new(from: [usize; 2], to: [usize; 2]) -> Result<Self, DataError> {
        if let Some(size) =
            from.into_iter().chain(to).find(|size| !(1..=LONGEST_SIDE).contains(size))
        {
            let (what, range) = ("the height or width of an image", "1 to 65536");
            return Err(DataError::OutOfRange { what, value: size as f64, range });
        }
        let [rows, columns] = [0, 1].map(|axis| places(from[axis], to[axis]));
        Ok(Self { from, to, rows, columns })
    }

    /// Resizes as many planes as both slices hold.
    pub(crate) fn apply(&self, pixels: &[f32], resized: &mut [f32]) {
        let planes = pixels.chunks_exact(self.from[0] * self.from[1]);
        for (plane, resized) in planes.zip(resized.chunks_exact_mut(self.to[0] * self.to[1])) {
            let row_of = |row: usize| &plane[row * self.from[1]..(row + 1) * self.from[1]];
            for (at, row) in self.rows.iter().zip(resized.chunks_exact_mut(self.to[1])) {
                let (above, below) = (row_of(at.first), row_of(at.second));
                for (column, pixel) in self.columns.iter().zip(row) {
                    let [above, below] =
                        [above, below].map(|row| column.mix(row[column.first], row[column.second]));
                    *pixel = at.mix(above, below);
                }
            }
        }
    }
}

impl Between {
    fn mix(self, first: f32, second: f32) -> f32 {
        (1.0 - self.weight) * first + self.weight * second
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 <= place < from")]
fn places(from: usize, to: usize) -> Vec<Between> {
    let scale = from as f64 / to as f64;
    (0..to)
        .map(|i| {
            let place = ((i as f64 + 0.5) * scale - 0.5).max(0.0);
            let first = (place as usize).min(from - 1);
            let second = (first + 1).min(from - 1);
            Between { first, second, weight: (place - first as f64) as f32 }
        })
        .collect()
}
