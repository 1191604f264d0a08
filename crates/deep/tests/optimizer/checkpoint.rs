//! A run that is stopped and goes on ends where one that is not stopped ends.

use burn::module::{Module, ParamGroup};
use burn::optim::ModuleOptimizer;
use mirrorhead_deep::{MirrorDescent, MirrorDescentConfig, Momentum};

use crate::network::Network;

fn method(p: f64, momentum: Momentum) -> MirrorDescent {
    MirrorDescentConfig::new(p).with_momentum(momentum).build().expect("valid")
}

/// p = 1.1 for everything but the attention layer.
fn optimizer() -> ModuleOptimizer {
    ModuleOptimizer::from(method(1.1, Momentum::HeavyBall(0.9))).with_group(
        ParamGroup::from_predicate("attention"),
        method(3.0, Momentum::None),
        None,
    )
}

fn train(
    mut network: Network,
    optimizer: &mut ModuleOptimizer,
    steps: std::ops::Range<u64>,
) -> Network {
    for step in steps {
        let gradients = network.gradients(step);
        network = optimizer.step(1e-2, network, gradients);
    }
    network
}

fn bits(network: &Network) -> [Vec<u32>; 4] {
    network.weights().map(|weights| weights.into_iter().map(f32::to_bits).collect())
}

#[test]
fn the_record_of_the_state_continues_bitwise() {
    let mut first = optimizer();
    let half_way = train(Network::new(3), &mut first, 0..5);
    let mut second = optimizer().load_record(first.to_record());
    let stopped = train(half_way.clone(), &mut second, 5..10);
    let forgotten = train(half_way.clone(), &mut optimizer(), 5..10);
    let whole = train(half_way, &mut first, 5..10);
    assert_eq!(bits(&stopped), bits(&whole));
    assert_ne!(bits(&forgotten), bits(&whole), "the state matters");
}

#[test]
fn and_through_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let (state, weights) = (folder.path().join("state.bpk"), folder.path().join("weights.bpk"));
    let mut first = optimizer();
    let half_way = train(Network::new(3), &mut first, 0..5);
    first.save(&state).expect("a file");
    half_way.clone().save_file(&weights).expect("a file");
    let whole = train(half_way, &mut first, 5..10);

    let mut second = optimizer().load(&state).expect("a record");
    let loaded = Network::new(99).load_file(&weights);
    let stopped = train(loaded, &mut second, 5..10);
    assert_eq!(bits(&stopped), bits(&whole));
}
