//! A split into training and validation.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::DataError;

/// Indices to train on and indices to validate on, each in increasing order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// To train on.
    pub train: Vec<usize>,
    /// To validate on.
    pub validation: Vec<usize>,
}

impl Split {
    /// Draws a fraction of each class for validation, rounded to the nearest number.
    ///
    /// # Errors
    /// [`DataError::OutOfRange`] unless the fraction is at least 0 and below 1.
    ///
    /// ```
    /// use mirrorhead_datasets::Split;
    /// let split = Split::stratified(&[0, 1, 0, 1, 0, 1, 0, 1, 1, 1], 0.5, 1)?;
    /// assert_eq!(split.validation.len(), 2 + 3);
    /// # Ok::<(), mirrorhead_datasets::DataError>(())
    /// ```
    pub fn stratified(labels: &[u8], fraction: f64, seed: u64) -> Result<Self, DataError> {
        if !(0.0..1.0).contains(&fraction) {
            return Err(DataError::OutOfRange {
                what: "fraction",
                value: fraction,
                range: "at least 0 and below 1",
            });
        }
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut split = Self { train: Vec::new(), validation: Vec::new() };
        for class in 0..=u8::MAX {
            let mut members: Vec<_> = (0..labels.len()).filter(|i| labels[*i] == class).collect();
            members.shuffle(&mut rng);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "in range")]
            let validation = (members.len() as f64 * fraction).round() as usize;
            split.validation.extend(&members[..validation]);
            split.train.extend(&members[validation..]);
        }
        split.train.sort_unstable();
        split.validation.sort_unstable();
        Ok(split)
    }

    /// The same with only `n` to train on, drawn with the shares of the classes kept, to the nearest number; all
    /// where there are no more than `n`.
    ///
    /// ```
    /// use mirrorhead_datasets::Split;
    /// let labels = [0, 1].repeat(50);
    /// let split = Split::stratified(&labels, 0.2, 1)?;
    /// let few = split.clone().with_training(10, &labels, 1);
    /// assert_eq!(few.validation, split.validation);
    /// assert_eq!(few.train.iter().filter(|i| labels[**i] == 1).count(), 5);
    /// # Ok::<(), mirrorhead_datasets::DataError>(())
    /// ```
    #[must_use]
    pub fn with_training(self, n: usize, labels: &[u8], seed: u64) -> Self {
        if n >= self.train.len() {
            return self;
        }
        // What is drawn for validation must say nothing of what is drawn here.
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(1);
        let share = n as f64 / self.train.len() as f64;
        let mut train = Vec::with_capacity(n);
        for class in 0..=u8::MAX {
            let of_class = self.train.iter().copied().filter(|i| labels[*i] == class);
            let mut members: Vec<usize> = of_class.collect();
            members.shuffle(&mut rng);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "in range")]
            let kept = (members.len() as f64 * share).round() as usize;
            train.extend(&members[..kept]);
        }
        train.sort_unstable();
        Self { train, ..self }
    }
}
