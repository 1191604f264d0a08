//! Loss and accuracy over many samples.

use serde::{Deserialize, Serialize};

/// Sums over samples: their loss, and how many are classified correctly.
///
/// ```
/// use mirrorhead_transformers::Evaluation;
/// let mut total = Evaluation { loss: 1.0, correct: 3, n: 4 };
/// total.add(Evaluation { loss: 3.0, correct: 3, n: 4 });
/// assert_eq!((total.accuracy(), total.mean_loss()), (0.75, 0.5));
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Sum of the losses.
    pub loss: f64,
    /// Number of samples classified correctly.
    pub correct: usize,
    /// Number of samples.
    pub n: usize,
}

impl Evaluation {
    /// The share of samples classified correctly; NaN if there is none.
    pub fn accuracy(&self) -> f64 {
        self.correct as f64 / self.n as f64
    }

    /// The mean loss; NaN if there is no sample.
    pub fn mean_loss(&self) -> f64 {
        self.loss / self.n as f64
    }

    /// Adds the samples of another.
    pub fn add(&mut self, other: Self) {
        self.loss += other.loss;
        self.correct += other.correct;
        self.n += other.n;
    }
}
