//! The examples run, and what they assert holds.

#[path = "../../examples/flow_to_1e300.rs"]
mod flow_to_1e300;
#[path = "../../examples/own_attention_data.rs"]
mod own_attention_data;
#[path = "../../examples/own_optimizer.rs"]
mod own_optimizer;
#[path = "../../examples/own_svm.rs"]
mod own_svm;

#[test]
fn an_svm_of_your_own() {
    own_svm::main().unwrap();
}

#[test]
fn an_optimizer_for_your_own_objective() {
    own_optimizer::main().unwrap();
}

#[test]
fn attention_on_your_own_data() {
    own_attention_data::main().unwrap();
}

#[test]
fn the_flow_to_the_end_of_time() {
    flow_to_1e300::main().unwrap();
}
