//! The arguments of `svm`.

use std::path::PathBuf;

use clap::Args;
use mirrorhead_svm::SvmError;

use super::wish::Wish;

/// Arguments of `svm`.
#[derive(Debug, Args)]
pub struct SvmArgs {
    /// Data: an svmlight or libsvm file (a label and `column:value` pairs on each line); or X (rows) and y
    /// (labels), in JSON or NPZ.
    pub file: PathBuf,
    /// Exponent of the norm, from 1 to inf, both included.
    #[arg(long, short)]
    pub p: f64,
    /// Soft margin: let a row fail by xi at the price of C xi [default: none may fail].
    #[arg(long, value_name = "C")]
    pub soft: Option<f64>,
    /// Soft margin: let a row fail by xi at the price of C/p xi^p.
    #[arg(long, value_name = "C", conflicts_with = "soft")]
    pub power: Option<f64>,
    /// Let the hyperplane leave the origin.
    #[arg(long)]
    pub intercept: bool,
    /// Weigh rows so that both sides of a plane weigh the same: by M/(2 M_c) where M_c of M rows are on that side.
    #[arg(long)]
    pub balanced: bool,
    /// Relative gap to prove.
    #[arg(long, value_name = "GAP", default_value_t = 1e-9)]
    pub gap: f64,
    /// Folder to write result.json to [default: a folder of its own for every run, in the checkout's out/svm].
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

impl SvmArgs {
    /// Which classifier they wish for.
    ///
    /// # Errors
    /// An exponent of no norm.
    pub fn wish(&self) -> Result<Wish, SvmError> {
        let Self { soft, power, intercept, balanced, .. } = *self;
        Ok(Wish { p: self.p.try_into()?, soft, power, intercept, balanced })
    }
}
