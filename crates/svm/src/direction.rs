//! The Newton direction: predictor, corrector, and the refinement that makes it accurate.

use mirrorhead_kernels::{add_scaled, dot, max_abs};

use crate::iterate::Iterate;
use crate::newton::{Form, LEAST_SLOPE};
use crate::newton_system::{Response, System};
use crate::step::{blocking, products_after};
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
    pub dual_point: Vec<f64>,
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
            dual_point: vec![0.0; n],
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
    pub fn predict(&mut self, system: &mut System<'_, '_>, at: &Iterate) {
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
    pub fn retarget(&mut self, system: &mut System<'_, '_>) {
        if system.form() == Form::Rows {
            system.rows.apply(&system.tangents.shifts, &mut self.shift_margins);
        }
    }

    /// The direction towards complementarity `mu` that makes up for a part of the second-order error of the
    /// predictor, which must have been computed.
    pub fn correct(&mut self, system: &mut System<'_, '_>, at: &Iterate, mu: f64, part: f64) {
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
    fn solve(&mut self, system: &mut System<'_, '_>, at: &Iterate) {
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
    fn meet_conditions(&mut self, system: &System<'_, '_>, at: &Iterate) {
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

    /// Sets `dual_point` to what the multipliers lead to, and `w` where that is not an unknown of its own.
    pub fn reach(&mut self, system: &mut System<'_, '_>) {
        let is_unknown = system.form() == Form::Unknowns;
        if self.low.is_empty() {
            system.rows.apply_adjoint(&self.multipliers, &mut self.dual_point);
        } else {
            let low: &[f64] = if is_unknown { &[] } else { &self.low };
            system.rows.apply_adjoint_twofold(&self.multipliers, low, &mut self.dual_point);
        }
        if is_unknown {
            return;
        }
        let tangents = &*system.tangents;
        let curve = tangents.shifts.iter().zip(&tangents.slopes);
        for ((w, du), (shift, slope)) in self.w.iter_mut().zip(&self.dual_point).zip(curve) {
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
    fn refine(&mut self, system: &mut System<'_, '_>, at: &Iterate) {
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
    fn refine_unknowns(&mut self, system: &mut System<'_, '_>, at: &Iterate) {
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
                *g = self.dual_point[k] - off / tangents.slopes[k].max(LEAST_SLOPE);
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
    fn balance(&mut self, system: &mut System<'_, '_>) {
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

    /// Moves `at` `step` of the way.
    pub fn advance(&self, at: &mut Iterate, step: f64) {
        for (l, dl) in at.multipliers.iter_mut().zip(&self.multipliers) {
            *l += step * dl;
        }
        for (s, ds) in at.slacks.iter_mut().zip(&self.slacks) {
            *s += step * ds;
        }
        add_scaled(&mut at.w, step, &self.w);
        at.rho += step * self.rho;
    }

    /// Whether rounding or overflow left the direction usable.
    pub fn is_finite(&self) -> bool {
        self.multipliers.iter().chain(&self.slacks).all(|x| x.is_finite())
    }
}
