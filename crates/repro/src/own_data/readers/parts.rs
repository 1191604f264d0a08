//! The lists or arrays of a data file by their names, in whichever format.

use std::ops::RangeInclusive;

use super::DataProblem;
use super::nested::NestedList;

/// The names that mean something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// Tokens, by sequence; or all in a row, beside `lengths`.
    X,
    /// Labels.
    Y,
    /// Queries.
    Z,
    /// The decoder.
    V,
    /// Where training starts.
    W0,
    /// The number of tokens of each sequence.
    Lengths,
    /// Which tokens are there, and which are padding.
    Mask,
}

impl Key {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::X, Self::Y, Self::Z, Self::V, Self::W0, Self::Lengths, Self::Mask];

    /// As files spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::X => "X",
            Self::Y => "Y",
            Self::Z => "Z",
            Self::V => "v",
            Self::W0 => "W0",
            Self::Lengths => "lengths",
            Self::Mask => "mask",
        }
    }

    /// The key of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.name() == name)
    }

    /// How deep its lists may be nested. A vector may stand as a row or a column.
    pub fn depths(self) -> RangeInclusive<usize> {
        match self {
            Self::X => 2..=3,
            Self::Y | Self::V | Self::Lengths => 1..=2,
            Self::Z | Self::W0 | Self::Mask => 2..=2,
        }
    }

    /// Whether a truth value is as good as 0 or 1.
    pub fn takes_truth_values(self) -> bool {
        matches!(self, Self::Y | Self::Mask)
    }

    /// Whether data may do without.
    pub fn is_optional(self) -> bool {
        matches!(self, Self::W0 | Self::Lengths | Self::Mask)
    }
}

/// What a data file holds; sizes and numbers are still to be checked.
#[derive(Debug, Default)]
pub struct Parts {
    lists: [Option<NestedList>; Key::ALL.len()],
    /// Every name in the file, known or not.
    pub names: Vec<String>,
}

impl Parts {
    /// Keeps the list of this name.
    pub fn put(&mut self, key: Key, list: NestedList) {
        self.lists[key as usize] = Some(list);
    }

    /// Takes the list of this name, if the file has it.
    pub fn take(&mut self, key: Key) -> Option<NestedList> {
        self.lists[key as usize].take()
    }

    /// Takes a list that must be there.
    ///
    /// # Errors
    /// It isn't; the names that are there are listed.
    pub fn need(&mut self, key: Key) -> Result<NestedList, DataProblem> {
        self.take(key)
            .ok_or_else(|| DataProblem::Missing { key: key.name(), present: self.names.clone() })
    }
}
