//! What deep models read: reviews, images, word vectors.

pub mod frozen_reviews;
pub mod image_source;
pub mod leading_subspace;
pub mod review_tokens;
pub mod text_source;
pub mod word_vectors;
