//! The arguments of `attgd` and `attsvm`.

use std::num::NonZeroU64;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use mirrorhead_attention::Loss;

/// Arguments of `attgd`.
#[derive(Debug, Args)]
pub struct AttgdArgs {
    /// Data: X, Y, Z, v and possibly W0, in JSON or NPZ.
    pub file: PathBuf,
    /// Exponent of the geometry, greater than 1; 2 is gradient descent.
    /// Several exponents, separated by commas, are run one after the other and compared in a table.
    #[arg(long, short, required = true, value_delimiter = ',', allow_negative_numbers = true)]
    pub p: Vec<f64>,
    /// Step size.
    #[arg(long, default_value_t = 0.1, allow_negative_numbers = true)]
    pub step: f64,
    /// Number of iterations [default: the paper's, 1500 for p < 2, 2000 for p = 2, 20000 for p > 2].
    #[arg(long, value_name = "N", value_parser = parse_iterations)]
    pub iters: Option<NonZeroU64>,
    /// Loss of the margin.
    #[arg(long, value_enum, default_value_t = LossName::Logistic)]
    pub loss: LossName,
    /// Multiply the step size by the gradient itself.
    #[arg(long)]
    pub constant: bool,
    /// Divide the gradient by its dual norm first (this is the default, as in the paper).
    #[arg(long, conflicts_with = "constant")]
    pub normalized: bool,
    /// Start: `zeros`, `file` (the data's W0), or a seed of Gaussian entries [default: the data's
    /// W0 if it has one, else zeros].
    #[arg(long, value_name = "zeros|file|SEED")]
    pub w0: Option<StartName>,
    /// Save the state this often, in seconds: the most work that is lost when the process is killed.
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = parse_seconds)]
    pub save_every: Duration,
    /// Folder to write result.json to; with several exponents, to one folder in it for each [default: a
    /// folder of its own for every run, in out/attgd].
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// Arguments of `attsvm`.
#[derive(Debug, Args)]
pub struct AttsvmArgs {
    /// Data: X, Y, Z and v, in JSON or NPZ.
    pub file: PathBuf,
    /// Exponent of the norm, from 1 to inf, both included.
    #[arg(long, short)]
    pub p: f64,
    /// Selected tokens: a JSON file (a list, or a result.json), or `opt` for the tokens with the
    /// highest scores.
    #[arg(long, value_name = "FILE|opt")]
    pub selection: PathBuf,
    /// Folder to write result.json to [default: a folder of its own for every run, in out/attsvm].
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// A number of iterations, as digits or with an exponent.
fn parse_iterations(text: &str) -> Result<NonZeroU64, String> {
    let written_out = || {
        let value: f64 = text.parse().ok()?;
        let whole = value.fract() == 0.0 && (1.0..=9e15).contains(&value);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked")]
        whole.then_some(value as u64)
    };
    let number = text.parse().ok().or_else(written_out).and_then(NonZeroU64::new);
    number.ok_or_else(|| "it must be a whole number of at least 1, such as 2000 or 1e5".into())
}

fn parse_seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds.ok_or_else(|| "it must be a number of seconds, such as 5 or 0.5".into())
}

/// Names of the losses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LossName {
    /// log(1 + exp(-x))
    Logistic,
    /// exp(-x)
    Exponential,
    /// -x
    Correlation,
}

impl From<LossName> for Loss {
    fn from(name: LossName) -> Self {
        match name {
            LossName::Logistic => Self::Logistic,
            LossName::Exponential => Self::Exponential,
            LossName::Correlation => Self::Correlation,
        }
    }
}

/// Where training starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartName {
    /// At zero.
    Zeros,
    /// At the data's `W0`.
    File,
    /// At a matrix of standard normal entries.
    Seed(u64),
}

impl std::str::FromStr for StartName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "zeros" => Ok(Self::Zeros),
            "file" => Ok(Self::File),
            _ => text.parse().map(Self::Seed).map_err(|_| {
                format!("`{text}` is neither `zeros`, nor `file`, nor a seed (a whole number)")
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iterations_may_have_an_exponent() {
        for (text, number) in [("7", 7), ("1e5", 100_000), ("2.5e3", 2_500), ("1E2", 100)] {
            assert_eq!(parse_iterations(text).map(NonZeroU64::get), Ok(number));
        }
        for text in ["0", "-1", "1.5", "1e-3", "1e300", "many", "", "NaN"] {
            assert!(parse_iterations(text).unwrap_err().contains("1e5"), "{text}");
        }
        let most = u64::MAX.to_string();
        assert_eq!(parse_iterations(&most).map(NonZeroU64::get), Ok(u64::MAX));
    }

    #[test]
    fn seconds_are_no_less_than_none() {
        assert_eq!(parse_seconds("0.5"), Ok(Duration::from_millis(500)));
        for text in ["-1", "NaN", "inf", "often"] {
            assert!(parse_seconds(text).unwrap_err().contains("seconds"), "{text}");
        }
    }

    #[test]
    fn starts_are_parsed() {
        assert_eq!("zeros".parse(), Ok(StartName::Zeros));
        assert_eq!("17".parse(), Ok(StartName::Seed(17)));
        assert!("-1".parse::<StartName>().unwrap_err().contains("seed"));
    }
}
