//! The example runs, and what it asserts holds.

#[path = "../../examples/burn_model.rs"]
mod burn_model;

#[test]
fn a_burn_model_of_your_own() {
    burn_model::main().unwrap();
}
