//! A step on slices, in two sweeps over chunks that fit the nearest cache.

use rayon::prelude::*;

use super::definition::Backend;
use super::parts::{Ahead, At, Iterate, Past, Remembered};
use super::real::{CHUNK, Real, largest};
use super::slices::{Shape, Slices};
use super::tensor_method::TensorMethod;

/// A tensor with all that a method keeps of it, in slices of one length.
#[derive(Debug)]
pub struct SliceTensor<'a, T> {
    /// The weights.
    pub weights: &'a mut [T],
    /// The dual point, if the method keeps one.
    pub point: Option<&'a mut [T]>,
    /// The sum of gradients, if it keeps one; zero before the first step.
    pub sum: Option<&'a mut [T]>,
    /// The root of the sum of their squares, if it keeps one; zero before the first step.
    pub root: Option<&'a mut [T]>,
    /// The average of the iterates, if it keeps one.
    pub average: Option<&'a mut [T]>,
    /// What the potential is centred at, if not at zero.
    pub centre: Option<&'a [T]>,
    /// The gradient.
    pub gradient: &'a [T],
}

/// What became of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was taken.
    Taken,
    /// It would not have been finite: everything is as it was.
    Refused,
}

impl<T: Real> SliceTensor<'_, T> {
    /// Takes a step of `method` after `steps` others, on all threads where the tensor is large: bitwise the same on any
    /// number of them. Weights that somebody else has set since the last step count.
    ///
    /// Entrywise methods walk the memory twice: to see where the step leads, and to take it.
    ///
    /// # Panics
    /// If the slices are of different lengths, or what the method [`keeps`](TensorMethod::keeps) is missing.
    pub fn step(
        &mut self,
        method: &TensorMethod<'_>,
        shape: Shape,
        steps: u64,
        rate: f64,
    ) -> Outcome {
        let count = self.weights.len();
        assert_eq!((count, count), (shape.len(), self.gradient.len()), "entries of one tensor");
        let mut at = At::new(steps, rate);
        self.measure(method, shape, &mut at);
        if !at.is_finite() {
            return Outcome::Refused;
        }
        let width = if method.is_entrywise() { CHUNK } else { count.max(1) };
        let mut chunks = self.chunks(width);
        let visit = Visit { method, shape, at: &at };
        let reach = sweep(&mut chunks, &visit, |chunk, visit, scratch| {
            if visit.at.steps > 0 {
                chunk.reconcile(visit, scratch);
            }
            chunk.reach(visit, scratch)
        });
        let reach = T::of_bits(reach.unwrap_or_default());
        if !method.stays_finite(reach) {
            return Outcome::Refused;
        }
        #[expect(
            clippy::redundant_closure_for_method_calls,
            reason = "the method has one lifetime only"
        )]
        sweep(&mut chunks, &visit, |chunk, visit, scratch| chunk.advance(visit, scratch));
        Outcome::Taken
    }

    /// Measures what the step depends on, of the whole tensor.
    fn measure(&self, method: &TensorMethod<'_>, shape: Shape, at: &mut At<f64>) {
        let room = |used: bool| vec![T::default(); if used { self.weights.len() } else { 0 }];
        let (keeps, drives) = (method.keeps(), method.measures_drives());
        let (mut sum, mut root) = (room(drives && keeps.sum), room(drives && keeps.root));
        let mut drive = room(drives && keeps.sum);
        let mut gradient = room(drives && method.normalizes_gradients());
        let past = Past {
            point: self.gradient,
            sum: self.sum.as_deref(),
            root: self.root.as_deref(),
            gradient: self.gradient,
        };
        let room = Remembered {
            sum: sum.as_mut_slice(),
            root: root.as_mut_slice(),
            drive: drive.as_mut_slice(),
            gradient: gradient.as_mut_slice(),
        };
        method.measure(&mut Slices::new(shape), &past, at, room);
    }

    /// Cuts everything into chunks.
    fn chunks(&mut self, width: usize) -> Vec<Chunk<'_, T>> {
        fn cut<'s, T>(
            slice: &'s mut Option<&mut [T]>,
            width: usize,
        ) -> Option<std::slice::ChunksMut<'s, T>> {
            slice.as_deref_mut().map(|slice| slice.chunks_mut(width))
        }
        let mut point = cut(&mut self.point, width);
        let mut sum = cut(&mut self.sum, width);
        let mut root = cut(&mut self.root, width);
        let mut average = cut(&mut self.average, width);
        let mut centre = self.centre.map(|centre| centre.chunks(width));
        let pairs = self.weights.chunks_mut(width).zip(self.gradient.chunks(width));
        let chunk = |(weights, gradient)| Chunk {
            weights,
            point: point.as_mut().and_then(Iterator::next),
            sum: sum.as_mut().and_then(Iterator::next),
            root: root.as_mut().and_then(Iterator::next),
            average: average.as_mut().and_then(Iterator::next),
            centre: centre.as_mut().and_then(Iterator::next),
            gradient,
        };
        pairs.map(chunk).collect()
    }
}

/// Chunks from which threads pay: a tenth of a millisecond of work.
const PARALLEL_CHUNKS: usize = 256;

/// What a sweep is made for.
struct Visit<'a> {
    method: &'a TensorMethod<'a>,
    shape: Shape,
    at: &'a At<f64>,
}

/// Visits all chunks, on all threads where they are many, and returns the largest of what is said about them.
fn sweep<T: Real, R: Ord + Send>(
    chunks: &mut [Chunk<'_, T>],
    visit: &Visit<'_>,
    each: impl Fn(&mut Chunk<'_, T>, &Visit<'_>, &mut Scratch<T>) -> R + Sync,
) -> Option<R> {
    let width = chunks.first().map_or(0, |chunk| chunk.weights.len());
    let scratch = || Scratch::new(visit.shape, width);
    if chunks.len() < PARALLEL_CHUNKS {
        let mut scratch = scratch();
        return chunks.iter_mut().map(|chunk| each(chunk, visit, &mut scratch)).max();
    }
    let chunks = chunks.par_iter_mut().with_min_len(PARALLEL_CHUNKS / 2);
    chunks.map_init(scratch, |scratch, chunk| each(chunk, visit, scratch)).max()
}

/// The same entries of everything that a step reads and writes.
struct Chunk<'a, T> {
    weights: &'a mut [T],
    point: Option<&'a mut [T]>,
    sum: Option<&'a mut [T]>,
    root: Option<&'a mut [T]>,
    average: Option<&'a mut [T]>,
    centre: Option<&'a [T]>,
    gradient: &'a [T],
}

/// Room for what is computed about a chunk.
struct Scratch<T> {
    on: Slices<T>,
    buffers: [Vec<T>; 8],
}

impl<T: Real> Scratch<T> {
    fn new(shape: Shape, width: usize) -> Self {
        let buffers = std::array::from_fn(|_| vec![T::default(); width]);
        Self { on: Slices::new(shape), buffers }
    }

    /// The backend, and rooms of `len` entries: the next point, sum and root, then five more.
    fn lend(&mut self, len: usize) -> (&mut Slices<T>, [&mut [T]; 8]) {
        (&mut self.on, self.buffers.each_mut().map(|buffer| &mut buffer[..len]))
    }
}

impl<T: Real> Chunk<'_, T> {
    /// The point that is kept, or the weights where these are it.
    fn point(&self) -> &[T] {
        self.point.as_deref().unwrap_or(self.weights)
    }

    /// Sets the point to that of the weights where somebody else has set these.
    fn reconcile(&mut self, visit: &Visit<'_>, scratch: &mut Scratch<T>) {
        let Some(point) = self.point.as_deref_mut() else { return };
        let (method, centre) = (visit.method, self.centre);
        let (on, [expected, spare, fresh, ..]) = scratch.lend(point.len());
        let iterate = Iterate { point, average: self.average.as_deref(), centre };
        method.weights(on, iterate, spare, expected);
        if Slices::any_differs(expected, self.weights, method.slack()) {
            method.mirror(on, self.weights, centre, spare, fresh);
            let kept = (point, self.average.as_deref_mut());
            method.reconcile(on, expected, self.weights, fresh, kept);
        }
    }

    /// The bits of the largest entry of the next point; those of NaN if something else is not finite.
    fn reach(&mut self, visit: &Visit<'_>, scratch: &mut Scratch<T>) -> T::Bits {
        self.look_ahead(visit, scratch);
        let (on, [point, _, root, next, spare, ..]) = scratch.lend(self.weights.len());
        let reach = largest(point);
        let mut finite = self.root.is_none() || T::of_bits(largest(root)).wide().is_finite();
        if !visit.method.is_entrywise() {
            let iterate = Iterate { point, average: None, centre: self.centre };
            visit.method.weights(on, iterate, spare, next);
            finite &= T::of_bits(largest(next)).wide().is_finite();
        }
        if finite { reach } else { reach.max(T::near(f64::NAN).size_bits()) }
    }

    /// Takes the step. A weight whose point stays, stays to the last bit.
    fn advance(&mut self, visit: &Visit<'_>, scratch: &mut Scratch<T>) {
        self.look_ahead(visit, scratch);
        let (method, steps) = (visit.method, visit.at.steps);
        let (on, [next, sum, root, weights, spare, mean, ..]) = scratch.lend(self.weights.len());
        for (kept, new) in [(&mut self.sum, sum), (&mut self.root, root)] {
            if let Some(kept) = kept.as_deref_mut() {
                kept.copy_from_slice(new);
            }
        }
        let Some(point) = self.point.as_deref_mut() else {
            return self.weights.copy_from_slice(next);
        };
        let centre = self.centre;
        method.weights(on, Iterate { point: next, average: None, centre }, spare, weights);
        if let Some(average) = self.average.as_deref_mut() {
            method.average(on, steps, average, weights, mean);
            average.copy_from_slice(mean);
            let iterate = Iterate { point: next, average: Some(average), centre };
            method.weights(on, iterate, spare, weights);
        } else {
            on.keep_still(point, next, self.weights, weights);
        }
        self.weights.copy_from_slice(weights);
        point.copy_from_slice(next);
    }

    /// Where the step leads, into the first rooms.
    fn look_ahead(&self, visit: &Visit<'_>, scratch: &mut Scratch<T>) {
        let (on, [point, sum, root, drive, gradient, unit, spare, _]) =
            scratch.lend(self.weights.len());
        let past = Past {
            point: self.point(),
            sum: self.sum.as_deref(),
            root: self.root.as_deref(),
            gradient: self.gradient,
        };
        let remembered = Remembered { sum, root, drive, gradient };
        let ahead = Ahead { point, remembered, unit, spare };
        visit.method.look_ahead(on, &past, visit.at, ahead);
    }
}
