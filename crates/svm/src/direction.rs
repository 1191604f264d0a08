//! The Newton direction: predictor, corrector, and the refinement that makes it accurate.

use mirrorhead_kernels::{LinearOperator, add_scaled, dot, max_abs};

use crate::WorkCounters;
use crate::iterate::Iterate;
use crate::limits::Limits;
use crate::newton::{Form, LEAST_SLOPE, NewtonMatrix};
use crate::rows::EquilibratedRows;
use crate::step::{blocking, products_after};
use crate::tangents::Tangents;
use crate::two_fold::add_scaled_twofold;

/// A direction in `$(\lambda, s, w, \rho)$`.
#[derive(Debug, Clone)]
pub(crate) struct Direction {
    /// `$\mathrm d\lambda$`.
    pub multipliers: Vec<f64>,
    /// `$\mathrm d s$`.
    pub slacks: Vec<f64>,
    /// `$\mathrm dw = \hat w - w + D A^\top \mathrm d\lambda - \mathrm d\kappa\,E$`.
    pub w: Vec<f64>,
    /// `$\mathrm du = A^\top\mathrm d\lambda$`.
    pub forces: Vec<f64>,
    /// `$\mathrm d\rho$`.
    pub rho: f64,
    /// `$\mathrm d\kappa$`, where the curve has a width that is unknown.
    pub d_width: f64,
    /// `$s / \lambda$`.
    pub ratios: Vec<f64>,
    /// `$A w - \rho b - s$`, zero where it is lost in rounding: the slacks have more digits.
    pub misfits: Vec<f64>,
    /// How `$(\mathrm d\lambda, \mathrm dw)$` answers to a unit of `$\mathrm d\rho$`.
    bound_response: Response,
    /// `$A E$`, and the answer to a unit of `$\mathrm d\kappa$`, where there is a border.
    pulls: Vec<f64>,
    pull_response: Response,
    /// `$A (\hat w - w)$` in the form of the rows.
    shift_margins: Vec<f64>,
    /// What `$(\lambda + \mathrm d\lambda)(s + \mathrm d s)$` should be, over `$\lambda$`, minus the corrector.
    aim: Vec<f64>,
    /// `$r$`: what `$A\,\mathrm dw + \operatorname{diag}(\sigma)\,\mathrm d\lambda$` should be when nothing else moves.
    wanted: Vec<f64>,
    margins: Vec<f64>,
    residual: Vec<f64>,
    /// What rounding took from the unknowns of the matrix; empty where that isn't known.
    low: Vec<f64>,
}

/// How the unknowns answer to a unit of another one.
#[derive(Debug, Clone, Default)]
struct Response {
    multipliers: Vec<f64>,
    /// Empty where `$\mathrm dw$` follows from the multipliers.
    w: Vec<f64>,
    /// What rounding took from the unknowns of the matrix.
    low: Vec<f64>,
}

/// What a direction is computed with.
pub(crate) struct System<'s, 'a, A: ?Sized> {
    pub rows: &'s mut EquilibratedRows<'a, A>,
    pub newton: &'s mut NewtonMatrix,
    pub tangents: &'s mut Tangents,
    pub limits: &'s Limits<'s>,
    pub work: &'s mut WorkCounters,
    /// Residuals of the margins below this need no refinement.
    pub accuracy: f64,
}

impl<A: LinearOperator + ?Sized> System<'_, '_, A> {
    /// `x` `$= K^{-1}$` `x` with the Newton matrix in its form.
    fn solve(&mut self, x: &mut [f64]) -> Vec<f64> {
        self.newton.solve(self.rows, x, self.limits, self.work)
    }

    fn form(&self) -> Form {
        self.newton.form()
    }

    /// `$\mathrm dw = K^{-1} (g + A^\top\operatorname{diag}(\sigma)^{-1} r)$` in the form of the unknowns, and what
    /// rounding took from it.
    fn shift(&mut self, g: Option<&[f64]>, r: &[f64], sigma: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let weighted: Vec<f64> = r.iter().zip(sigma).map(|(r, s)| r / s).collect();
        let mut shift = vec![0.0; self.rows.ncols()];
        self.rows.apply_adjoint(&weighted, &mut shift);
        if let Some(g) = g {
            add_scaled(&mut shift, 1.0, g);
        }
        let low = self.solve(&mut shift);
        (shift, low)
    }

    /// `$\mathrm d\lambda = \operatorname{diag}(\sigma)^{-1}(r - A\,\mathrm dw)$`.
    fn multipliers(&mut self, w: (&[f64], &[f64]), r: &[f64], sigma: &[f64], out: &mut [f64]) {
        self.rows.rest(r, w.0, w.1, out);
        for (out, s) in out.iter_mut().zip(sigma) {
            *out /= s;
        }
    }

    /// The answer of the Newton system to `$(g, r)$`.
    fn respond(&mut self, g: Option<&[f64]>, r: &[f64], sigma: &[f64]) -> Response {
        match self.form() {
            Form::Rows => {
                let mut multipliers = r.to_vec();
                let low = self.solve(&mut multipliers);
                Response { multipliers, w: Vec::new(), low }
            }
            Form::Unknowns => {
                let (w, low) = self.shift(g, r, sigma);
                let mut multipliers = vec![0.0; r.len()];
                self.multipliers((&w, &low), r, sigma, &mut multipliers);
                Response { multipliers, w, low }
            }
        }
    }
}

/// Most rounds of refinement.
const REFINEMENTS: usize = 4;

impl Direction {
    /// Room for `m` rows of `n` unknowns.
    pub fn new(m: usize, n: usize) -> Self {
        let rows = vec![0.0; m];
        Self {
            multipliers: rows.clone(),
            slacks: rows.clone(),
            w: vec![0.0; n],
            forces: vec![0.0; n],
            rho: 0.0,
            d_width: 0.0,
            ratios: rows.clone(),
            misfits: rows.clone(),
            bound_response: Response::default(),
            pulls: rows.clone(),
            pull_response: Response::default(),
            shift_margins: rows.clone(),
            aim: rows.clone(),
            wanted: rows.clone(),
            margins: rows.clone(),
            residual: rows,
            low: Vec::new(),
        }
    }

    /// The direction towards complementarity zero.
    pub fn predict<A: LinearOperator + ?Sized>(
        &mut self,
        system: &mut System<'_, '_, A>,
        at: &Iterate,
    ) {
        let bounds = system.rows.bounds.clone();
        self.bound_response = system.respond(None, &bounds, &self.ratios);
        if let Some(border) = &system.tangents.border {
            system.rows.apply(&border.pulls, &mut self.pulls);
            // E is a step of w where it is an unknown, and what the margins miss where it isn't.
            let pairs = border.pulls.iter().zip(&system.tangents.slopes);
            let g: Vec<f64> = pairs.map(|(e, d)| -e / d.max(LEAST_SLOPE)).collect();
            let nothing = vec![0.0; bounds.len()];
            let r = if system.form() == Form::Rows { &self.pulls } else { &nothing };
            self.pull_response = system.respond(Some(&g), r, &self.ratios);
        }
        self.aim.fill(0.0);
        self.retarget(system);
        self.solve(system, at);
        self.complete(at);
    }

    /// Takes in targets that have changed.
    pub fn retarget<A: LinearOperator + ?Sized>(&mut self, system: &mut System<'_, '_, A>) {
        if system.form() == Form::Rows {
            system.rows.apply(&system.tangents.shifts, &mut self.shift_margins);
        }
    }

    /// The direction towards complementarity `mu` that makes up for a part of the second-order error of the
    /// predictor, which must have been computed.
    pub fn correct<A: LinearOperator + ?Sized>(
        &mut self,
        system: &mut System<'_, '_, A>,
        at: &Iterate,
        mu: f64,
        part: f64,
    ) {
        for (((aim, ds), dl), l) in
            self.aim.iter_mut().zip(&self.slacks).zip(&self.multipliers).zip(&at.multipliers)
        {
            *aim = (mu - part * ds * dl) / l;
        }
        self.solve(system, at);
        self.refine(system, at);
        self.complete(at);
    }

    /// The solution of the Newton system with the `$\mathrm d\rho$` and `$\mathrm d\kappa$` that
    /// [`meet_conditions`](Self::meet_conditions) asks for.
    fn solve<A: LinearOperator + ?Sized>(&mut self, system: &mut System<'_, '_, A>, at: &Iterate) {
        for (((r, aim), s), misfit) in
            self.wanted.iter_mut().zip(&self.aim).zip(&at.slacks).zip(&self.misfits)
        {
            *r = aim - s - misfit;
        }
        match system.form() {
            Form::Rows => {
                for ((r, wanted), margin) in
                    self.multipliers.iter_mut().zip(&self.wanted).zip(&self.shift_margins)
                {
                    *r = wanted - margin;
                }
                self.low = system.solve(&mut self.multipliers);
            }
            Form::Unknowns => {
                let pairs = system.tangents.shifts.iter().zip(&system.tangents.slopes);
                let g: Vec<f64> = pairs.map(|(shift, d)| shift / d.max(LEAST_SLOPE)).collect();
                (self.w, self.low) = system.shift(Some(&g), &self.wanted, &self.ratios);
                let w = (self.w.as_slice(), self.low.as_slice());
                system.multipliers(w, &self.wanted, &self.ratios, &mut self.multipliers);
            }
        }
        (self.rho, self.d_width) = (0.0, 0.0);
        self.meet_conditions(system, at);
    }

    /// Adds the multiples of `$K^{-1} b$` and `$K^{-1} A E$` that bring `$b^\top(\lambda + \mathrm d\lambda)$` to
    /// 1 and meet the equation of the border, if there is one.
    fn meet_conditions<A: LinearOperator + ?Sized>(
        &mut self,
        system: &System<'_, '_, A>,
        at: &Iterate,
    ) {
        let b = &system.rows.bounds;
        let missing = 1.0 - dot(b, &at.multipliers) - dot(b, &self.multipliers);
        let bb = dot(b, &self.bound_response.multipliers);
        let (rho, width) = match &system.tangents.border {
            None => (missing / bb, 0.0),
            Some(border) => {
                let (still, be, ee) = match system.form() {
                    Form::Rows => (
                        border.missing + border.stiffness * self.d_width
                            - dot(&self.pulls, &self.multipliers),
                        dot(b, &self.pull_response.multipliers),
                        dot(&self.pulls, &self.pull_response.multipliers) - border.stiffness,
                    ),
                    Form::Unknowns => (
                        border.missing
                            + dot(&border.shares, &system.tangents.shifts)
                            + border.rest * self.d_width
                            - dot(&border.shares, &self.w),
                        dot(&border.shares, &self.bound_response.w),
                        dot(&border.shares, &self.pull_response.w) - border.rest,
                    ),
                };
                let determinant = bb * ee - be * be;
                (
                    (missing * ee - still * be) / determinant,
                    (still * bb - missing * be) / determinant,
                )
            }
        };
        for (amount, response) in [(rho, &self.bound_response), (width, &self.pull_response)] {
            if amount != 0.0 {
                let (multipliers, w) = (&mut self.multipliers, &mut self.w);
                match system.form() {
                    Form::Rows => {
                        let by = (response.multipliers.as_slice(), response.low.as_slice());
                        add_scaled_twofold((multipliers, &mut self.low), amount, by);
                    }
                    Form::Unknowns => {
                        add_scaled(multipliers, amount, &response.multipliers);
                        let by = (response.w.as_slice(), response.low.as_slice());
                        add_scaled_twofold((w, &mut self.low), amount, by);
                    }
                }
            }
        }
        self.rho += rho;
        self.d_width += width;
    }

    /// Sets `forces` to what the multipliers lead to, and `w` where that is not an unknown of its own.
    pub fn reach<A: LinearOperator + ?Sized>(&mut self, system: &mut System<'_, '_, A>) {
        let is_unknown = system.form() == Form::Unknowns;
        if self.low.is_empty() {
            system.rows.apply_adjoint(&self.multipliers, &mut self.forces);
        } else {
            let low: &[f64] = if is_unknown { &[] } else { &self.low };
            system.rows.apply_adjoint_twofold(&self.multipliers, low, &mut self.forces);
        }
        if is_unknown {
            return;
        }
        let tangents = &*system.tangents;
        let curve = tangents.shifts.iter().zip(&tangents.slopes);
        for ((w, du), (shift, slope)) in self.w.iter_mut().zip(&self.forces).zip(curve) {
            *w = shift + slope * du;
        }
        if let Some(border) = &tangents.border {
            add_scaled(&mut self.w, -self.d_width, &border.pulls);
        }
    }

    /// Refines `$(\mathrm d\lambda, \mathrm d\rho, \mathrm d\kappa)$` against the operator itself, and sets `w`.
    ///
    /// Near the solution `$\mathrm d\lambda$` is tiny, and so is the error left by a solve whose right-hand
    /// side is only what is missing.
    fn refine<A: LinearOperator + ?Sized>(&mut self, system: &mut System<'_, '_, A>, at: &Iterate) {
        if system.form() == Form::Unknowns {
            return self.refine_unknowns(system, at);
        }
        let mut last = f64::INFINITY;
        for round in 0..=REFINEMENTS {
            self.reach(system);
            if round == REFINEMENTS {
                return;
            }
            system.rows.apply(&self.w, &mut self.margins);
            for (((((r, wanted), dl), ratio), margin), b) in self
                .residual
                .iter_mut()
                .zip(&self.wanted)
                .zip(&self.multipliers)
                .zip(&self.ratios)
                .zip(&self.margins)
                .zip(&system.rows.bounds)
            {
                *r = wanted - ratio * dl - margin + self.rho * b;
            }
            let size = max_abs(&self.residual);
            if size.is_nan() || size <= system.accuracy || size > 0.5 * last {
                return;
            }
            last = size;
            let low = system.solve(&mut self.residual);
            let to = (self.multipliers.as_mut_slice(), self.low.as_mut_slice());
            add_scaled_twofold(to, 1.0, (&self.residual, &low));
            self.meet_conditions(system, at);
        }
    }

    /// The same where `$w$` is an unknown of its own: the multipliers follow from it, row by row, and what is left is
    /// `$g = A^\top\mathrm d\lambda - D^{-1}(w + \mathrm dw - \hat w + \mathrm d\kappa\,E)$`.
    fn refine_unknowns<A: LinearOperator + ?Sized>(
        &mut self,
        system: &mut System<'_, '_, A>,
        at: &Iterate,
    ) {
        let mut last = f64::INFINITY;
        for round in 0..=REFINEMENTS {
            self.balance(system);
            self.reach(system);
            if round == REFINEMENTS {
                return;
            }
            let tangents = &*system.tangents;
            let pulls = tangents.border.as_ref().map(|border| border.pulls.as_slice());
            let mut g = vec![0.0; self.w.len()];
            for (k, g) in g.iter_mut().enumerate() {
                let pull = self.d_width * pulls.map_or(0.0, |pulls| pulls[k]);
                let off = self.w[k] - tangents.shifts[k] + pull;
                *g = self.forces[k] - off / tangents.slopes[k].max(LEAST_SLOPE);
            }
            // What the residual costs of the gap, at most.
            let size = g.iter().zip(&at.w).map(|(g, w)| (g * w).abs()).sum::<f64>();
            if size.is_nan() || size <= system.accuracy || size > 0.5 * last {
                return;
            }
            last = size;
            let low = system.solve(&mut g);
            add_scaled_twofold((&mut self.w, &mut self.low), 1.0, (&g, &low));
            self.balance(system);
            self.meet_conditions(system, at);
        }
    }

    /// `$\mathrm d\lambda = \operatorname{diag}(\sigma)^{-1}(r - A\,\mathrm dw + \mathrm d\rho\,b)$`.
    fn balance<A: LinearOperator + ?Sized>(&mut self, system: &mut System<'_, '_, A>) {
        let pairs = self.wanted.iter().zip(&system.rows.bounds);
        self.residual.clear();
        self.residual.extend(pairs.map(|(wanted, b)| wanted + self.rho * b));
        let w = (self.w.as_slice(), self.low.as_slice());
        system.multipliers(w, &self.residual, &self.ratios, &mut self.multipliers);
    }

    /// The slacks that go with the multipliers.
    fn complete(&mut self, at: &Iterate) {
        for ((((ds, dl), aim), ratio), s) in self
            .slacks
            .iter_mut()
            .zip(&self.multipliers)
            .zip(&self.aim)
            .zip(&self.ratios)
            .zip(&at.slacks)
        {
            *ds = aim - ratio * dl - s;
        }
    }

    /// The largest share by which a full step would shrink a slack or a multiplier.
    pub fn blocking(&self, at: &Iterate) -> f64 {
        blocking(&at.multipliers, &self.multipliers).max(blocking(&at.slacks, &self.slacks))
    }

    /// `$(s + t\,\mathrm d s)^\top(\lambda + t\,\mathrm d\lambda)$` for a step `$t$`.
    pub fn complementarity_after(&self, at: &Iterate, step: f64) -> f64 {
        products_after(&at.slacks, &self.slacks, &at.multipliers, &self.multipliers, step)
    }

    /// Whether rounding or overflow left the direction usable.
    pub fn is_finite(&self) -> bool {
        self.multipliers.iter().chain(&self.slacks).all(|x| x.is_finite())
    }
}
