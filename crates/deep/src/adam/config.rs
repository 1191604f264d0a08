//! The settings of Adam.

use burn::config::Config;
use burn::optim::ModuleOptimizer;
use mirrorhead_kernels::InvalidSetting;

use super::method::FusedAdam;
use super::weight_decay::WeightDecay;
use crate::DeepError;

/// The settings of [`FusedAdam`], with the names and values of the framework's `AdamConfig`: what can be added with
/// `with_beta_1`, `with_beta_2`, `with_epsilon` and `with_weight_decay`. Clipping is that of
/// [`ModuleOptimizer`].
///
/// ```
/// use mirrorhead_deep::{FusedAdamConfig, WeightDecay};
/// let adam = FusedAdamConfig::new().with_epsilon(1e-8); // PyTorch's settings
/// let optimizer = adam.init()?; // takes the place of AdamConfig::new().init()
/// assert!(optimizer.to_record().is_empty());
/// let adam_w = FusedAdamConfig::new().with_weight_decay(WeightDecay::Decoupled(1e-4));
/// assert!(adam_w.init().is_ok());
/// assert!(FusedAdamConfig::new().with_beta_2(1.0).init().is_err()); // nothing is forgotten, nothing learnt
/// # Ok::<(), mirrorhead_deep::DeepError>(())
/// ```
#[derive(Config, Debug, PartialEq)]
pub struct FusedAdamConfig {
    /// The memory of the mean gradient, `$0 \le \beta_1 < 1$`.
    #[config(default = 0.9)]
    beta_1: f64,
    /// The memory of the mean square, `$0 \le \beta_2 < 1$`.
    #[config(default = 0.999)]
    beta_2: f64,
    /// What keeps the quotient finite, `$\epsilon > 0$`.
    #[config(default = 1e-5)]
    epsilon: f64,
    /// How weights are shrunk.
    #[config(default = "WeightDecay::None")]
    weight_decay: WeightDecay,
}

impl FusedAdamConfig {
    /// The method, for [`ModuleOptimizer::from`] or, for a group of parameters with settings of its own,
    /// [`ModuleOptimizer::with_group`].
    ///
    /// # Errors
    /// A memory outside `$[0, 1)$`, an `$\epsilon$` that is not finite or below the least normal number of single
    /// precision, `$1.2\cdot10^{-38}$`, a weight decay that is negative or not finite.
    pub fn build(&self) -> Result<FusedAdam, DeepError> {
        for (name, beta) in [("beta_1", self.beta_1), ("beta_2", self.beta_2)] {
            let valid = (0.0..1.0).contains(&beta);
            InvalidSetting::unless(valid, name, beta, "at least 0 and less than 1")?;
        }
        // A gradient that has always been zero has zero over epsilon as its step.
        let valid = self.epsilon >= f64::from(f32::MIN_POSITIVE) && self.epsilon.is_finite();
        InvalidSetting::unless(valid, "epsilon", self.epsilon, "finite and at least 1.2e-38")?;
        self.weight_decay.validate()?;
        Ok(FusedAdam {
            beta_1: self.beta_1,
            beta_2: self.beta_2,
            epsilon: self.epsilon,
            weight_decay: self.weight_decay,
        })
    }

    /// The optimizer of a whole model.
    ///
    /// # Errors
    /// As [`build`](Self::build).
    pub fn init(&self) -> Result<ModuleOptimizer, DeepError> {
        Ok(ModuleOptimizer::from(self.build()?))
    }
}
