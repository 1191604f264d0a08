//! Next-token prediction: sequences over a vocabulary, which tokens come before which in them, and seeded ones.

mod data;
mod example;
mod ranked_tokens;
mod token_graph;

pub use data::NextTokenData;
pub use example::NextToken;
pub use ranked_tokens::RankedTokens;
pub use token_graph::TokenGraph;
