//! Exit statuses of the binary, which scripts rely on.

use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitStatus {
    /// 0: every claim that was run is reproduced, or the result is certified.
    Certified,
    /// 1: a claim differs, or an experiment failed.
    Differs,
    /// 2: misuse, such as an unknown name, a bad file or a folder that can't be written.
    Misuse,
    /// 3: no certified result for these data, with the finding that says why.
    Finding,
    /// 4: an experiment that was asked for is in a larger binary, which is built on demand.
    Elsewhere,
    /// 130: interrupted.
    Interrupted,
}

impl ExitStatus {
    /// The number that the shell sees.
    pub fn code(self) -> u8 {
        match self {
            Self::Certified => 0,
            Self::Differs => 1,
            Self::Misuse => 2,
            Self::Finding => 3,
            Self::Elsewhere => 4,
            Self::Interrupted => 130,
        }
    }
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(status.code())
    }
}
