//! The sizes that every transformer has, checked.

use crate::error::TransformerError;

/// Checks that every size is positive, that the heads share the width evenly, and that the dropout rate
/// is one.
pub fn validate(
    sizes: &[(&'static str, usize)],
    width: usize,
    n_heads: usize,
    dropout: f64,
) -> Result<(), TransformerError> {
    if let Some((what, _)) = sizes.iter().find(|(_, size)| *size == 0) {
        return Err(TransformerError::EmptyModel { what });
    }
    if !width.is_multiple_of(n_heads) {
        return Err(TransformerError::UnevenHeads { width, n_heads });
    }
    if !(0.0..1.0).contains(&dropout) {
        return Err(TransformerError::Dropout { rate: dropout });
    }
    Ok(())
}
