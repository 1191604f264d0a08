//! The settings of mirror descent as an optimizer of the framework.

use burn::config::Config;
use burn::optim::ModuleOptimizer;
use mirrorhead_kernels::InvalidSetting;
use mirrorhead_mirror::{LpNorm, PowerPotential, StepSize};

use super::method::MirrorDescent;
use super::momentum::Momentum;
use super::refused::RefusedUpdates;
use super::step_rule::StepRule;
use crate::DeepError;

/// The settings of [`MirrorDescent`]: the exponent, and what can be added with `with_step_rule`,
/// `with_momentum` and `with_weight_decay`. Saves and loads as the framework's other settings do.
///
/// ```
/// use mirrorhead_deep::{MirrorDescentConfig, Momentum};
/// let config = MirrorDescentConfig::new(1.1).with_momentum(Momentum::HeavyBall(0.9));
/// let optimizer = config.init()?; // takes the place of SgdConfig::new().init()
/// assert!(optimizer.to_record().is_empty());
/// assert!(MirrorDescentConfig::new(1.0).init().is_err()); // no mirror map
/// # Ok::<(), mirrorhead_deep::DeepError>(())
/// ```
#[derive(Config, Debug, PartialEq)]
pub struct MirrorDescentConfig {
    /// The exponent `$p > 1$` of the geometry; 2 is gradient descent.
    p: f64,
    /// How long the steps are.
    #[config(default = "StepRule::Unnormalized")]
    step_rule: StepRule,
    /// What the steps remember.
    #[config(default = "Momentum::None")]
    momentum: Momentum,
    /// The decoupled weight decay `$\lambda \ge 0$`: every step at rate `$\eta$` first shrinks the
    /// weights by `$1 - \eta\lambda$`, or to zero where `$\eta\lambda > 1$`. In the dual space this is
    /// `$u \leftarrow (1 - \eta\lambda)^{p-1} u$`; for small rates it is mirror descent on the loss plus
    /// `$\lambda\,\tfrac{p-1}{p}\lVert w\rVert_p^p$`.
    #[config(default = 0.0)]
    weight_decay: f64,
}

impl MirrorDescentConfig {
    /// The method, for [`ModuleOptimizer::from`] or, for a group of parameters with an exponent of
    /// its own, [`ModuleOptimizer::with_group`].
    ///
    /// # Errors
    /// An exponent that is not in `$(1, \infty)$`, a momentum outside `$[0, 1)$`, a weight decay that is
    /// negative or not finite.
    pub fn build(&self) -> Result<MirrorDescent, DeepError> {
        self.momentum.validate()?;
        let decay = self.weight_decay;
        let valid = decay >= 0.0 && decay.is_finite();
        InvalidSetting::unless(valid, "weight decay", decay, "non-negative and finite")?;
        let potential = PowerPotential::new(LpNorm::new(self.p)?);
        let method = mirrorhead_mirror::MirrorDescent::new(potential, StepSize::Constant(1.0));
        Ok(MirrorDescent {
            method: method.with_memory(self.momentum.memory()),
            step_rule: self.step_rule,
            weight_decay: self.weight_decay,
            refused: RefusedUpdates::default(),
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
