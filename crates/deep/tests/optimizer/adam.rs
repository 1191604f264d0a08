//! Adam in one sweep, against its formula in double precision and against the framework's.

use burn::optim::{AdamConfig, AdamWConfig, ModuleOptimizer, Optimizer, decay::WeightDecayConfig};
use burn::tensor::{DType, Device, FloatDType, Tensor, TensorData};
use mirrorhead_deep::{AdamMoments, DeepError, FusedAdam, FusedAdamConfig, WeightDecay};

use crate::draws::{gaussians, numbers, tensor};
use crate::network::Network;

const STEPS: u64 = 50;
const RATE: f64 = 1e-3;

const DECAYS: [WeightDecay; 3] =
    [WeightDecay::None, WeightDecay::Penalty(0.3), WeightDecay::Decoupled(0.3)];

fn config() -> FusedAdamConfig {
    FusedAdamConfig::new().with_epsilon(1e-8)
}

fn method(weight_decay: WeightDecay) -> FusedAdam {
    config().with_weight_decay(weight_decay).build().expect("valid settings")
}

/// Gradients whose sizes are four decades apart.
fn gradient(count: usize, step: u64) -> Vec<f32> {
    let sizes = [1.0, 1e-4, 1e-2];
    let mut gradient = gaussians(count, 1.0, 100 + step);
    gradient.iter_mut().zip(sizes.iter().cycle()).for_each(|(g, size)| *g *= size);
    gradient
}

/// Weights after the steps.
fn trained<O: Optimizer>(method: &O, start: &[f32]) -> Vec<f32> {
    let (mut weights, mut state): (Tensor<1>, _) = (tensor(start, [start.len()]), None);
    for step in 0..STEPS {
        let gradient = tensor(&gradient(start.len(), step), [start.len()]);
        (weights, state) = method.step(RATE, weights, gradient, state);
    }
    numbers(&weights)
}

/// An entry in double precision, with bounds of what numbers of another width may differ by.
#[derive(Clone, Copy)]
struct Entry {
    weight: f64,
    mean: f64,
    square: f64,
    /// Of the weight, the mean and the square.
    bounds: [f64; 3],
}

/// As Kingma and Ba have it.
impl Entry {
    fn step(&mut self, g: f64, k: i32, decay: WeightDecay, rounding: f64) {
        let (beta_1, beta_2, epsilon) = (0.9, 0.999, 1e-8);
        let [of_weight, of_mean, of_square] = &mut self.bounds;
        let penalty = if let WeightDecay::Penalty(strength) = decay { strength } else { 0.0 };
        let factor = if let WeightDecay::Decoupled(c) = decay { 1.0 - RATE * c } else { 1.0 };
        let (added, w) = (penalty * self.weight, self.weight);
        let g_bound = penalty * *of_weight + rounding * (2.0 * added.abs() + (g + added).abs());
        let g = g + added;
        let (m, v) = (self.mean, self.square);
        self.mean = beta_1 * m + (1.0 - beta_1) * g;
        self.square = beta_2 * v + (1.0 - beta_2) * g * g;
        // Coefficients, products and sums are rounded.
        let both = 2.0 * ((beta_1 * m).abs() + ((1.0 - beta_1) * g).abs());
        *of_mean =
            beta_1 * *of_mean + (1.0 - beta_1) * g_bound + rounding * (both + self.mean.abs());
        *of_square = beta_2 * *of_square
            + (1.0 - beta_2) * 2.0 * g.abs() * g_bound
            + rounding * 4.0 * self.square;
        let mean = self.mean / (1.0 - beta_1.powi(k));
        let root = (self.square / (1.0 - beta_2.powi(k))).sqrt();
        let size = root + epsilon;
        let of_size = root * (*of_square / self.square + 4.0 * rounding) + 2.0 * rounding * size;
        let step = RATE * mean / size;
        let of_step = step.abs() * (of_size / size + 4.0 * rounding)
            + RATE * *of_mean / (1.0 - beta_1.powi(k)) / size;
        self.weight = factor * w - step;
        *of_weight = factor * *of_weight
            + of_step
            + rounding * (2.0 * (factor * w).abs() + self.weight.abs());
    }
}

/// Runs the optimizer and the formula on the same gradients and compares after every step.
fn compare(width: FloatDType, decay: WeightDecay) {
    const COUNT: usize = 700;
    let rounding = width.finfo().epsilon / 2.0;
    let cast = |numbers: &[f32]| -> Tensor<2> { tensor(numbers, [7, 100]).cast(width) };
    let start = gaussians(COUNT, 1.0, 1);
    let entry = |w: &f32| {
        let weight = f64::from(*w);
        Entry { weight, mean: 0.0, square: 0.0, bounds: [0.0; 3] }
    };
    let mut entries: Vec<Entry> = start.iter().map(entry).collect();
    let (method, mut weights, mut state) = (method(decay), cast(&start), None);
    for step in 0..STEPS {
        let gradient = gradient(COUNT, step);
        (weights, state) = method.step(RATE, weights, cast(&gradient), state);
        let k = i32::try_from(step).expect("few steps") + 1;
        let (found, mut wide) = (weights.to_data(), 0);
        assert_eq!(found.dtype(), DType::from(width));
        for ((entry, g), w) in entries.iter_mut().zip(&gradient).zip(found.iter::<f64>()) {
            entry.step(f64::from(*g), k, decay, rounding);
            // Of first order are the bounds; what is left are products of them.
            let (bound, error) = (1.001 * entry.bounds[0], (w - entry.weight).abs());
            assert!(error <= bound, "{width:?}, {decay:?}, step {k}: {error} above {bound}");
            wide += usize::from(bound > 0.01 * RATE * f64::from(k));
        }
        // Where penalty and gradient cancel, a step is as long as ever and its error a large part of it.
        assert!(wide <= COUNT / 100, "{width:?}, {decay:?}: {wide} bounds that say nothing");
    }
    assert_eq!(state.map(|state| state.steps), Some(STEPS));
}

#[test]
fn steps_are_those_of_the_formula() {
    for decay in DECAYS {
        for width in [FloatDType::F32, FloatDType::F64] {
            compare(width, decay);
        }
    }
}

/// The framework has `$1 - 0.999^k$` in single precision: to `$2^{-24}/10^{-3}$` of itself and to the roundings of a power and
/// of 0.999, together less than `$2\cdot10^{-4}$`, of which a step has half.
#[test]
fn steps_are_those_of_the_framework_to_its_roundings() {
    const COUNT: usize = 1_001;
    let start = gaussians(COUNT, 1.0, 1);
    let adam = AdamConfig::new().with_epsilon(1e-8);
    #[allow(clippy::cast_possible_truncation)]
    let of_framework = |decay| match decay {
        WeightDecay::Penalty(c) => {
            let penalty = WeightDecayConfig { penalty: c as f32 };
            trained(&adam.clone().with_weight_decay(Some(penalty)).build(), &start)
        }
        WeightDecay::Decoupled(c) => {
            let adam_w = AdamWConfig::new().with_epsilon(1e-8).with_weight_decay(c as f32);
            trained(&adam_w.build(), &start)
        }
        _ => trained(&adam.build(), &start),
    };
    for decay in DECAYS {
        let (ours, theirs) = (trained(&method(decay), &start), of_framework(decay));
        for ((a, b), start) in ours.iter().zip(&theirs).zip(&start) {
            // Steps are about as long as the rate; sums round to half a unit, on both sides.
            let units = STEPS as f64 * f64::from(f32::EPSILON) * f64::from(start.abs().max(1.0));
            let bound = STEPS as f64 * 1e-4 * RATE + 2.0 * units;
            let difference = f64::from((a - b).abs());
            assert!(difference <= bound, "{decay:?}: {a} is not {b} within {bound}");
            assert!(bound < STEPS as f64 * 1e-6 * f64::from(start.abs().max(1.0)));
            assert!(a != start);
        }
    }
}

#[test]
fn any_number_of_threads_makes_the_same_bits() {
    let count = 5 * (1 << 16) + 17;
    let (start, gradient) = (gaussians(count, 0.1, 1), gaussians(count, 1.0, 2));
    let bits = |threads: usize| -> Vec<u32> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        let method = method(WeightDecay::None);
        let step = |weights, state| method.step(RATE, weights, tensor(&gradient, [count]), state);
        let (weights, _) = pool.install(|| {
            let (weights, state) = step(tensor::<1>(&start, [count]), None);
            step(weights, state)
        });
        numbers(&weights).into_iter().map(f32::to_bits).collect()
    };
    let one = bits(1);
    for threads in [2, 3, 7] {
        assert!(bits(threads) == one, "{threads} threads");
    }
}

fn address(data: &TensorData) -> *const f32 {
    data.as_slice().expect("32-bit numbers").as_ptr()
}

#[test]
fn what_nothing_else_holds_is_written_where_it_lies() {
    const COUNT: usize = 5_000;
    let method = method(WeightDecay::None);
    let fresh = |seed| TensorData::new(gaussians(COUNT, 1.0, seed), [COUNT]);
    let (weights, gradient) = (fresh(1), tensor::<1>(&gaussians(COUNT, 1.0, 2), [COUNT]));
    let place = address(&weights);
    let weights = Tensor::<1>::from_data(weights, &Device::flex());
    let (weights, state) = method.step(RATE, weights, gradient.clone(), None);
    let weights = weights.into_data();
    assert_eq!(address(&weights), place);
    // Another holder keeps what it has.
    let weights = Tensor::<1>::from_data(weights, &Device::flex());
    let (held, before) = (weights.clone(), numbers(&weights));
    let held_state = state.clone();
    let mean = |state: &Option<AdamMoments<1>>| numbers(&state.as_ref().expect("a state").mean);
    let mean_before = mean(&held_state);
    let (weights, state) = method.step(RATE, weights, gradient, state);
    assert_eq!(numbers(&held), before);
    assert_ne!(numbers(&weights), before);
    assert_eq!(mean(&held_state), mean_before);
    assert_ne!(mean(&state), mean_before);
}

fn train(mut network: Network, optimizer: &mut ModuleOptimizer, steps: [u64; 2]) -> Network {
    for step in steps[0]..steps[1] {
        let gradients = network.gradients(step);
        network = optimizer.step(1e-2, network, gradients);
    }
    network
}

#[test]
fn a_run_goes_on_bitwise_from_its_record() {
    let optimizer = || config().init().expect("valid settings");
    let mut first = optimizer();
    let half_way = train(Network::new(3), &mut first, [0, 5]);
    let bytes = first.into_bytes().expect("a record");
    let mut second = optimizer().from_bytes(bytes).expect("a record");
    let whole = train(half_way.clone(), &mut first, [5, 10]).weights();
    let forgotten = train(half_way.clone(), &mut optimizer(), [5, 10]).weights();
    assert_eq!(train(half_way, &mut second, [5, 10]).weights(), whole);
    assert_ne!(forgotten, whole, "the state matters");
}

#[test]
fn a_record_of_moments_of_64_bits_keeps_them() {
    let weights = || tensor::<1>(&gaussians(9, 1.0, 1), [9]).cast(FloatDType::F64);
    let gradient = |step| tensor::<1>(&gaussians(9, 1.0, step), [9]).cast(FloatDType::F64);
    let method = method(WeightDecay::None);
    let (_, state) = method.step(RATE, weights(), gradient(2), None);
    let state = state.expect("a state");
    let mut sink = burn::optim::StateSink::default();
    burn::optim::RecordState::state_flatten(&state, "7", &mut sink);
    let mut source = burn::optim::StateSource::new(sink.scalars.into_iter().collect());
    sink.tensors.into_iter().for_each(|(name, data)| source.insert_tensor(name, data));
    let read: AdamMoments<1> =
        burn::optim::RecordState::state_unflatten("7", &mut source, &Device::flex())
            .expect("a state");
    let next = |state| method.step(RATE, weights(), gradient(3), Some(state)).0.into_data();
    assert_eq!(next(read), next(state));
}

/// Both ways: what the framework's Adam saved, and what it reads.
#[test]
fn records_are_those_of_the_framework() {
    let [ours, theirs] = [
        || config().init().expect("valid settings"),
        || AdamConfig::new().with_epsilon(1e-8).init(),
    ];
    for (from, to) in [(ours as fn() -> ModuleOptimizer, theirs as fn() -> _), (theirs, ours)] {
        let mut first = from();
        let half_way = train(Network::new(3), &mut first, [0, 5]);
        let mut second = to().from_bytes(first.into_bytes().expect("a record")).expect("a record");
        let expected = train(half_way.clone(), &mut first, [5, 10]).weights().concat();
        let found = train(half_way.clone(), &mut second, [5, 10]).weights().concat();
        let forgotten = train(half_way, &mut to(), [5, 10]).weights().concat();
        let farthest = |weights: &[f32]| {
            let pairs = weights.iter().zip(&expected);
            pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
        };
        // Five steps of at most some 1e-2, which differ by 1e-4 of themselves.
        assert!(farthest(&found) < 5.0 * 1e-2 * 1e-4 + 20.0 * f32::EPSILON, "{found:?}");
        assert!(farthest(&forgotten) > 1e-3, "the state matters");
    }
}

#[test]
fn half_precision_has_moments_of_32_bits() {
    for width in [FloatDType::F16, FloatDType::BF16] {
        let method = method(WeightDecay::None);
        let cast = |numbers: &[f32]| -> Tensor<1> { tensor(numbers, [300]).cast(width) };
        // Squares of these are zero in numbers of 16 bits.
        let gradient = cast(&gaussians(300, 1e-4, 2));
        let start = cast(&gaussians(300, 1e-3, 1));
        let (weights, state) = method.step(RATE, start.clone(), gradient.clone(), None);
        let state = state.expect("a state");
        assert_eq!((weights.dtype(), state.square.dtype()), (DType::from(width), DType::F32));
        let wide = |tensor: Tensor<1>| tensor.into_data().iter::<f64>().collect::<Vec<_>>();
        // The first step is as long as the rate, whatever the gradient, if its square is seen.
        for ((w, start), g) in wide(weights).iter().zip(wide(start)).zip(wide(gradient)) {
            let expected = start - RATE * g / (g.abs() + 1e-8);
            let bound = width.finfo().epsilon * expected.abs() + 1e-7;
            assert!((w - expected).abs() <= bound, "{width:?}: {w} is not {expected}");
        }
    }
}

#[test]
fn weights_without_a_gradient_stay() {
    let method = FusedAdamConfig::new().build().expect("valid settings");
    let start = gaussians(50, 1.0, 1);
    let still: Tensor<1> = tensor(&[0.0; 50], [50]);
    let (weights, state) = method.step(RATE, tensor(&start, [50]), still.clone(), None);
    let (weights, _) = method.step(RATE, weights, still, state);
    assert_eq!(numbers(&weights), start);
}

#[test]
fn a_state_of_another_shape_is_forgotten() {
    let method = method(WeightDecay::None);
    let draw = |count, seed| tensor::<1>(&gaussians(count, 1.0, seed), [count]);
    let (_, state) = method.step(RATE, draw(9, 1), draw(9, 2), None);
    let (fresh, _) = method.step(RATE, draw(7, 3), draw(7, 4), None);
    let (other, state) = method.step(RATE, draw(7, 3), draw(7, 4), state);
    assert_eq!(numbers(&other), numbers(&fresh));
    assert_eq!(state.map(|state| (state.mean.dims(), state.steps)), Some(([7], 1)));
}

#[test]
fn tensors_without_entries_stay() {
    let empty: Tensor<2> = tensor(&[], [0, 3]);
    let (weights, state) = method(WeightDecay::None).step(RATE, empty.clone(), empty, None);
    assert_eq!(weights.dims(), [0, 3]);
    assert!(state.is_none());
}

#[test]
fn settings_out_of_range_are_errors() {
    let refused = |name: &str, config: FusedAdamConfig| {
        let error = config.build().expect_err(name);
        assert!(matches!(error, DeepError::InvalidSetting(wrong) if wrong.name == name), "{error}");
        assert!(config.init().is_err());
    };
    for beta in [-0.1, 1.0, f64::NAN] {
        refused("beta_1", config().with_beta_1(beta));
        refused("beta_2", config().with_beta_2(beta));
    }
    for epsilon in [0.0, -1e-8, 1e-40, f64::NAN, f64::INFINITY] {
        refused("epsilon", config().with_epsilon(epsilon));
    }
    for strength in [-1e-3, f64::NAN, f64::INFINITY] {
        refused("weight decay", config().with_weight_decay(WeightDecay::Penalty(strength)));
        refused("weight decay", config().with_weight_decay(WeightDecay::Decoupled(strength)));
    }
}
