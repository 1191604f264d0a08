//! Where training is after 10^300 steps: the mirror flow in the logarithm of time.
//!
//! The direction nears its limit like 1/log t, so nobody sees the limit by training.
//! `cargo run --example flow_to_1e300`

use mirrorhead::prelude::*;

/// Follows the flow to ever later times; the directions near the max-margin solution.
///
/// # Errors
/// None, for these data.
pub fn main() -> Result<(), Box<dyn std::error::Error>> {
    let planted = SphereTokens { n_sequences: 3, n_tokens: 4, dim: 3 }.sample(Seed(1))?;
    let risk = KeyQueryRisk::new(&planted.data, &planted.decoder, Loss::Logistic)?;
    let norm = LpNorm::new(3.0)?;
    let mut state = FlowState::new(&risk, norm, &[gaussian_matrix(3, 3, Seed(1))], 0.0)?;
    let log_times =
        [3.0, 10.0, 30.0, 100.0, 300.0].map(|decade: f64| decade * std::f64::consts::LN_10);
    let flowed = mirror_flow(&risk, &mut state, &log_times, &FlowSettings::default())?;
    assert_eq!(flowed.stop, FlowStop::Reached);

    let end = &flowed.points[flowed.points.len() - 1].parameters[0];
    let weights = AttentionWeights::of(end, &planted.data)?;
    let selection = TokenSelection::from_saturated(&weights, 0.99)?;
    let settings = SvmSettings::default();
    let svm = max_margin_key_query(&planted.data, &selection, norm, &settings)?.max_margin()?;
    let mut before = f64::INFINITY;
    for point in &flowed.points {
        let w = point.parameters[0].as_slice();
        let distance = directional_bregman(norm, svm.direction(), w);
        println!("t = 1e{:<3.0} distance {distance:.3e}", point.log_time / std::f64::consts::LN_10);
        assert!(distance < before, "{distance}");
        before = distance;
    }
    assert!(before < 1e-4, "{before}");
    Ok(())
}
