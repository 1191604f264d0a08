//! `attgd`: to come with the trainer.

use super::Ended;

pub fn attgd(_: &crate::cli::AttgdArgs) -> Ended {
    Err("not yet".into())
}
