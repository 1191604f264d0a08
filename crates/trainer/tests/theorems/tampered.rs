//! A method or a risk with its gradients tampered with: what a check has to catch.

use mirrorhead_kernels::{LogScaled, Matrix};
use mirrorhead_mirror::{
    DualState, MirrorDescent, MirrorError, Optimizer, PowerPotential, Progress, Risk, RiskError,
};

/// Mirror descent that sees another gradient, made of the true one and the parameter.
pub struct Tampered {
    pub method: MirrorDescent<PowerPotential>,
    pub gradient: fn(&LogScaled<Matrix>, &Matrix) -> LogScaled<Matrix>,
}

impl Optimizer for Tampered {
    type State = DualState;

    fn init(&self, parameters: &[Matrix]) -> Result<DualState, MirrorError> {
        self.method.init(parameters)
    }

    fn step(
        &self,
        state: &mut DualState,
        parameters: &mut [Matrix],
        gradients: &[LogScaled<Matrix>],
        risk: f64,
    ) -> Result<Progress, MirrorError> {
        let seen: Vec<_> =
            gradients.iter().zip(&*parameters).map(|(g, w)| (self.gradient)(g, w)).collect();
        self.method.step(state, parameters, &seen, risk)
    }
}

/// A risk whose gradients are changed after they are computed.
pub struct TamperedRisk<R> {
    pub risk: R,
    pub tamper: fn(&mut [LogScaled<Matrix>]),
}

impl<R: Risk> Risk for TamperedRisk<R> {
    type Workspace = R::Workspace;

    fn shapes(&self) -> Vec<(usize, usize)> {
        self.risk.shapes()
    }

    fn workspace(&self) -> R::Workspace {
        self.risk.workspace()
    }

    fn value_and_gradient(
        &self,
        parameters: &[Matrix],
        gradients: &mut [LogScaled<Matrix>],
        workspace: &mut R::Workspace,
    ) -> Result<f64, RiskError> {
        let risk = self.risk.value_and_gradient(parameters, gradients, workspace)?;
        (self.tamper)(gradients);
        Ok(risk)
    }
}
