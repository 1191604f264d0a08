//! `attsvm`: to come with the trainer.

use super::Ended;

pub fn attsvm(_: &crate::cli::AttsvmArgs) -> Ended {
    Err("not yet".into())
}
