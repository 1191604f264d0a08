//! An attention head trained on data of your own: which token it selects, and the max-margin solution
//! that it converges to.
//!
//! `cargo run --example own_attention_data`

use mirrorhead::prelude::*;

/// Trains, reads the selection off the attention, and compares with the certified SVM.
///
/// # Errors
/// None, for these data.
pub fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Three sequences of different lengths, of tokens in the plane; a query and a label for each.
    let tokens = TokenBatch::from_rows(&[
        vec![vec![1.0, 0.2], vec![0.1, 1.0], vec![-0.5, 0.3]],
        vec![vec![-1.0, 0.4], vec![0.3, 0.9]],
        vec![vec![0.9, -0.6], vec![-0.2, -0.8], vec![-0.7, 0.1], vec![0.0, 0.5]],
    ])?;
    let queries = Matrix::from_rows(&[[1.0, 0.0], [0.6, 0.8], [0.8, -0.6]])?;
    let data = Dataset::new(tokens, &queries, vec![1.0, -1.0, 1.0])?;
    let decoder = Matrix::column(vec![1.0, -0.5])?;

    let norm = LpNorm::new(1.5)?;
    let risk = KeyQueryRisk::new(&data, &decoder, Loss::Logistic)?;
    let method = MirrorDescent::new(PowerPotential::new(norm), StepSize::DualNormalized(0.1));
    let start = Matrix::zeros(2, 2);
    let rule = StoppingRule::after(20_000);
    let trained = train_key_query(&risk, start, &method, &rule, &mut ())?;

    let weights = AttentionWeights::of(&trained.key_query, &data)?;
    let selection = TokenSelection::from_saturated(&weights, 0.99)?;
    println!("selected tokens {:?}", selection.tokens());
    let settings = SvmSettings::default();
    let svm = max_margin_key_query(&data, &selection, norm, &settings)?.max_margin()?;
    let distance = directional_bregman(norm, svm.direction(), trained.key_query.as_slice());
    println!("margin in [{}, {}]", svm.interval.lower, svm.interval.upper);
    println!("distance of the directions {distance:.2e}");
    assert!(distance < 1e-3, "{distance}");
    Ok(())
}
