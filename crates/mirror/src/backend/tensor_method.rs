//! A method as it acts on one tensor, on any backend.

use mirrorhead_kernels::{InvalidSetting, elementary};

use super::definition::Backend;
use super::entrywise::EntrywiseMap;
use super::form::{DirectionForm, SpaceForm};
use super::parts::{Ahead, At, Iterate, Keeps, Past, Remembered};
use super::real::Real;
use crate::{Memory, MirrorError, Schedule, ScheduledStep, StepSize};

/// A [`Method`](crate::Method) as it acts on one tensor, written over a [`Backend`]: what runs in double or single
/// precision, on slices, and on the tensors of a framework. [`Method::on_tensor`](crate::Method::on_tensor) makes one.
///
/// For slices, [`SliceState`](crate::SliceState) does all there is to do. For other tensors, a step is
/// [`reconcile`](Self::reconcile), [`measure`](Self::measure), [`look_ahead`](Self::look_ahead) and
/// [`weights`](Self::weights), after which the caller looks whether the result is finite.
#[derive(Clone, Copy)]
pub struct TensorMethod<'a> {
    direction: DirectionForm<'a>,
    memory: Memory,
    normalization: Normalization,
    length: f64,
    schedule: Schedule,
    space: SpaceForm<'a>,
    weight_decay: f64,
}

/// What is divided by its dual norm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Normalization {
    Nothing,
    /// The gradient, before it is remembered.
    Gradients,
    /// What the memory makes of the gradients.
    Drives,
}

impl<'a> TensorMethod<'a> {
    /// Of these parts.
    ///
    /// # Errors
    /// [`MirrorError::Incompatible`] for step rules that need more than one tensor and its gradient: Polyak's, global
    /// norms, and a bounded reach.
    pub(crate) fn new(
        direction: DirectionForm<'a>,
        memory: Memory,
        step: ScheduledStep,
        space: SpaceForm<'a>,
    ) -> Result<Self, MirrorError> {
        let (normalization, length) = match step.size {
            StepSize::Constant(length) => (Normalization::Nothing, length),
            StepSize::DualNormalized(length) => (Normalization::Drives, length),
            _ => {
                let step = "a Polyak, globally normalized or bounded";
                return Err(MirrorError::Incompatible { step, memory: "of one tensor" });
            }
        };
        let (schedule, space) = (step.schedule, space.simplified());
        Ok(Self { direction, memory, normalization, length, schedule, space, weight_decay: 0.0 })
    }

    /// The same method, with each gradient divided by its dual norm *before* it is remembered. Without a memory that is
    /// [`StepSize::DualNormalized`]; with one, that divides what the memory makes of them.
    #[must_use]
    pub fn normalizing_gradients(self) -> Self {
        Self { normalization: Normalization::Gradients, ..self }
    }

    /// The same method with decoupled weight decay `$\lambda$`: every step of length `$\eta$` first shrinks the weights by
    /// `$1 - \eta\lambda$`, which in the dual space of the power potential is `$u \leftarrow (1 - \eta\lambda)^{p-1}u$`.
    ///
    /// # Errors
    /// A decay that is negative or not finite, or of a space where it is no multiple of the dual point.
    pub fn with_weight_decay(self, weight_decay: f64) -> Result<Self, MirrorError> {
        let valid = weight_decay >= 0.0 && weight_decay.is_finite();
        InvalidSetting::unless(valid, "weight decay", weight_decay, "non-negative and finite")?;
        if weight_decay > 0.0 && self.homogeneity().is_none() {
            return Err(MirrorError::Incompatible { step: "a decaying", memory: "of this space" });
        }
        Ok(Self { weight_decay, ..self })
    }

    /// `$p - 1$`, by which the dual point scales.
    fn homogeneity(&self) -> Option<f64> {
        match self.space {
            SpaceForm::Primal => Some(1.0),
            SpaceForm::Entrywise(EntrywiseMap::Power(norm)) => Some(norm.p() - 1.0),
            _ => None,
        }
    }

    /// What is kept between steps.
    pub fn keeps(&self) -> Keeps {
        let sums = self.memory.keeps_gradients();
        let average = matches!(self.memory, Memory::Averaging { .. });
        Keeps {
            point: average || !matches!(self.space, SpaceForm::Primal),
            sum: sums,
            root: matches!(self.memory, Memory::Moments { .. }),
            average,
        }
    }

    /// Whether every entry goes its own way, once the norms are known.
    pub fn is_entrywise(&self) -> bool {
        let own = matches!(self.space, SpaceForm::Own(_));
        !own && !matches!(self.direction, DirectionForm::Own(_))
    }

    /// The space.
    pub(crate) fn space(&self) -> SpaceForm<'a> {
        self.space
    }

    /// `out` becomes the dual point of the weights, around the centre if there is one.
    pub fn mirror<B: Backend>(
        &self,
        on: &mut B,
        w: &B::Entries,
        centre: Option<&B::Entries>,
        spare: &mut B::Entries,
        out: &mut B::Entries,
    ) {
        match centre {
            None => self.space.mirror(on, w, out),
            Some(centre) => {
                on.combine(1.0, w, -1.0, centre, spare);
                self.space.mirror(on, spare, out);
            }
        }
    }

    /// The weights of a dual point, with the average and around the centre if there are such.
    pub fn weights<B: Backend>(
        &self,
        on: &mut B,
        of: Iterate<'_, B::Entries>,
        spare: &mut B::Entries,
        out: &mut B::Entries,
    ) {
        let Iterate { point, average, centre } = of;
        self.space.primal(on, point, out);
        if let Some(centre) = centre {
            on.copy(out, spare);
            on.combine(1.0, spare, 1.0, centre, out);
        }
        if let (Memory::Averaging { lookahead }, Some(average)) = (self.memory, average) {
            on.copy(out, spare);
            on.between(lookahead, spare, average, out);
        }
    }

    /// Sets `point` to the dual point `fresh` of the weights in the entries whose weight, `found`, is another than
    /// `expected`, the one that the dual point stands for: somebody else has set it. The average likewise.
    pub fn reconcile<B: Backend>(
        &self,
        on: &mut B,
        expected: &B::Entries,
        found: &B::Entries,
        fresh: &B::Entries,
        kept: (&mut B::Entries, Option<&mut B::Entries>),
    ) {
        let (point, average) = kept;
        on.restore(expected, found, self.slack(), fresh, point);
        if let Some(average) = average {
            on.restore(expected, found, self.slack(), found, average);
        }
    }

    /// Whether all weights are finite whose points are at most `reach`. The maps that backends know are increasing, and of
    /// any other the caller has looked at the weights.
    pub(super) fn stays_finite<T: Real>(&self, reach: T) -> bool {
        let weight = match self.space {
            SpaceForm::Entrywise(EntrywiseMap::Power(norm)) => {
                reach.signed_power(norm.inverse_mirror_power())
            }
            _ => reach,
        };
        // An average is at a distance of up to twice the largest.
        let room = if self.keeps().average { 2.0 } else { 1.0 };
        T::near(room * weight.wide()).wide().is_finite()
    }

    /// By how many roundings a weight may differ from the one that its dual point stands for.
    pub fn slack(&self) -> f64 {
        self.space.slack()
    }

    /// Measures the gradient, and what memory makes of it, where the step depends on it.
    pub fn measure<B: Backend>(
        &self,
        on: &mut B,
        past: &Past<'_, B::Entries>,
        at: &mut At<B::Norm>,
        room: Remembered<'_, B::Entries>,
    ) {
        if self.normalization == Normalization::Gradients {
            let norm = self.direction.dual_norm(on, self.space, past.gradient);
            at.gradient_norm = Some(norm);
        }
        if self.measures_drives() {
            let drive = self.drive(on, past, at, room);
            at.drive_norm = Some(self.direction.dual_norm(on, self.space, drive));
        }
    }

    /// Whether the step depends on the norm of what memory makes of the gradients.
    pub(super) fn measures_drives(&self) -> bool {
        match (self.direction, self.normalization) {
            (DirectionForm::Gradient, normalization) => normalization == Normalization::Drives,
            (direction, Normalization::Drives) => direction.divides_by_norm(),
            _ => true,
        }
    }

    /// Whether gradients are divided by their norm before they are remembered.
    pub(super) fn normalizes_gradients(&self) -> bool {
        self.normalization == Normalization::Gradients
    }

    /// What memory makes of the gradient; sets the next sums.
    fn drive<'r, B: Backend>(
        &self,
        on: &mut B,
        past: &Past<'r, B::Entries>,
        at: &At<B::Norm>,
        room: Remembered<'r, B::Entries>,
    ) -> &'r B::Entries {
        let Remembered { sum, root, drive, gradient: scaled } = room;
        let gradient: &B::Entries = match &at.gradient_norm {
            Some(norm) => {
                on.divide(past.gradient, norm, scaled);
                scaled
            }
            None => past.gradient,
        };
        let Some((beta, square)) = self.memory.coefficients() else { return gradient };
        match past.sum {
            Some(before) => on.combine(beta, before, 1.0, gradient, sum),
            None => on.copy(gradient, sum),
        }
        if let Some(square) = square {
            let (keep, before) = past.root.map_or((0.0, gradient), |root| (square.sqrt(), root));
            on.hypot(keep, before, 1.0, gradient, root);
        }
        let weights = self.memory.drive_weights(at.steps);
        self.memory.drive(on, weights, (sum, root, gradient), drive)
    }

    /// Where the step leads: the next dual point, and what is remembered.
    pub fn look_ahead<B: Backend>(
        &self,
        on: &mut B,
        past: &Past<'_, B::Entries>,
        at: &At<B::Norm>,
        ahead: Ahead<'_, B::Entries>,
    ) {
        let Ahead { point, remembered, unit, spare } = ahead;
        let length = at.rate * self.length * self.schedule.factor(at.steps);
        let drive = self.drive(on, past, at, remembered);
        let plain = matches!(self.direction, DirectionForm::Gradient) && at.drive_norm.is_none();
        let step: &B::Entries = if plain {
            drive
        } else {
            self.direction.unit(on, drive, at.drive_norm.as_ref(), spare, unit);
            match &at.drive_norm {
                Some(norm) if self.normalization != Normalization::Drives => {
                    on.multiply(unit, norm, spare);
                    spare
                }
                _ => unit,
            }
        };
        on.combine(self.decay(length), past.point, -length, step, point);
    }

    /// What a step of a length shrinks the dual point by.
    fn decay(&self, length: f64) -> f64 {
        match self.homogeneity() {
            Some(degree) if self.weight_decay > 0.0 => {
                elementary::powf((1.0 - length * self.weight_decay).max(0.0), degree)
            }
            _ => 1.0,
        }
    }

    /// The average after the step to `iterate`, the next parameter without the average.
    pub fn average<B: Backend>(
        &self,
        on: &mut B,
        steps: u64,
        before: &B::Entries,
        iterate: &B::Entries,
        out: &mut B::Entries,
    ) {
        on.between((steps as f64 + 2.0).recip(), before, iterate, out);
    }
}
