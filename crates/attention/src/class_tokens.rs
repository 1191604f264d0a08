//! Seeded synthetic data of several classes, in which one token of each sequence dominates.

use mirrorhead_kernels::{KernelError, Matrix};
use rand::RngExt;
use serde::{Deserialize, Serialize};

use crate::synthetic::unit_vector;
use crate::{AttentionError, Dataset, Planted, Seed, SphereTokens};

/// The stream that decoders and positions are drawn from.
const CLASS_STREAM: u64 = 16;

/// [`SphereTokens`] with classes, taken by the samples in turn, and decoders `$v_c$` uniform on the unit
/// sphere. To one token of each sequence, at a random position, `boost` times the decoder `$v_{c_i}$` of its
/// sample's class is added, which adds `$\text{boost} \cdot (1 - v_c^\top v_{c_i})$` to its margin against every
/// rival `$c$`: where that is enough, it dominates ([`ClassMargins::dominant`](crate::ClassMargins::dominant)).
///
/// ```
/// use mirrorhead_attention::{ClassMargins, ClassTokens, Seed, SphereTokens};
/// let sizes = SphereTokens { n_sequences: 6, n_tokens: 8, dim: 10 };
/// let planted = ClassTokens { sizes, n_classes: 3, boost: 3.0 }.sample(Seed(1))?;
/// assert_eq!(planted.classes, [0, 1, 2, 0, 1, 2]);
/// let margins = ClassMargins::of(&planted.data, &planted.classes, &planted.decoders)?;
/// assert!(margins.dominant().is_some());
/// # Ok::<(), mirrorhead_attention::AttentionError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ClassTokens {
    /// The size of the data.
    pub sizes: SphereTokens,
    /// Number of classes `$C$`.
    pub n_classes: usize,
    /// How much of its class's decoder is added to a token.
    pub boost: f64,
}

/// A data set with classes and the decoders it was drawn with.
#[derive(Debug, Clone, PartialEq)]
pub struct PlantedClasses {
    /// The data; their labels are random signs.
    pub data: Dataset,
    /// The class `$c_i$` of each sample.
    pub classes: Vec<usize>,
    /// `$d \times C$`: column `$c$` is `$v_c$`.
    pub decoders: Matrix,
}

impl ClassTokens {
    /// The data set of `seed`.
    ///
    /// # Errors
    /// A size of zero, fewer than two classes, a boost that is not finite, sizes too large.
    pub fn sample(&self, seed: Seed) -> Result<PlantedClasses, AttentionError> {
        let Self { sizes, n_classes, boost } = *self;
        if n_classes < 2 {
            return Err(AttentionError::ZeroSize { what: "the number of rivals of a class" });
        }
        KernelError::require_finite(|| "boost", &[boost])?;
        let planted = sizes.sample(seed)?;
        let tokens = planted.data.tokens();
        let mut rng = seed.rng(CLASS_STREAM);
        let decoders = (0..n_classes).flat_map(|_| unit_vector(&mut rng, sizes.dim)).collect();
        let decoders = Matrix::from_columns(sizes.dim, n_classes, decoders)?;
        let classes: Vec<_> = (0..sizes.n_sequences).map(|i| i % n_classes).collect();
        let mut values = Vec::with_capacity(tokens.n_tokens() * sizes.dim);
        for (i, &class) in classes.iter().enumerate() {
            let start = values.len() + rng.random_range(0..sizes.n_tokens) * sizes.dim;
            values.extend_from_slice(tokens.sequence(i));
            mirrorhead_kernels::add_scaled(
                &mut values[start..start + sizes.dim],
                boost,
                decoders.col(class),
            );
        }
        let Planted { data, .. } = planted.with_tokens(values)?;
        Ok(PlantedClasses { data, classes, decoders })
    }
}

impl PlantedClasses {
    /// Two classes as signs: labels `$+1$` for class 0 and `$-1$` for class 1, and the decoder `$v_0 - v_1$`.
    ///
    /// # Errors
    /// Another number of classes than two.
    pub fn as_signs(&self) -> Result<Planted, AttentionError> {
        KernelError::require_size(|| "classes", 2, self.decoders.ncols())?;
        let labels = self.classes.iter().map(|class| if *class == 0 { 1.0 } else { -1.0 });
        let (tokens, queries) = (self.data.tokens().clone(), self.data.queries().transposed());
        let data = Dataset::new(tokens, &queries, labels.collect())?;
        let (first, second) = (self.decoders.col(0), self.decoders.col(1));
        let decoder = first.iter().zip(second).map(|(a, b)| a - b).collect();
        Ok(Planted { data, decoder: Matrix::column(decoder)? })
    }
}
