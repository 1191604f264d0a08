//! The seeds that a command asks for.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// Seeds one after the other: `100` for the first hundred, `101-200` for those after them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seeds {
    first: u64,
    last: u64,
}

impl Seeds {
    /// The seeds `1..=n`.
    pub fn first(n: u64) -> Self {
        Self { first: 1, last: n }
    }

    /// The seeds, in order.
    pub fn range(self) -> RangeInclusive<u64> {
        self.first..=self.last
    }
}

impl FromStr for Seeds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!("`{text}` is neither a number of seeds, from 1, nor a range such as 101-200")
        };
        let number = |text: &str| text.trim().parse::<u64>().ok().filter(|number| *number > 0);
        let seeds = match text.split_once('-') {
            None => number(text).map(Self::first),
            Some((first, last)) => {
                number(first).zip(number(last)).map(|(first, last)| Self { first, last })
            }
        };
        seeds.filter(|seeds| seeds.first <= seeds.last).ok_or_else(wrong)
    }
}

impl fmt::Display for Seeds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.first {
            1 => write!(f, "{}", self.last),
            first => write!(f, "{first}-{}", self.last),
        }
    }
}

/// A number where the seeds start at 1, else a range as text.
impl Serialize for Seeds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.first {
            1 => serializer.serialize_u64(self.last),
            _ => serializer.collect_str(self),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_a_number_or_a_range() {
        for (text, range, shown) in
            [("5", 1..=5, "5"), ("1-5", 1..=5, "5"), ("101-200", 101..=200, "101-200")]
        {
            let seeds: Seeds = text.parse().unwrap();
            assert_eq!((seeds.range(), seeds.to_string()), (range, shown.into()));
        }
        for text in ["0", "0-3", "5-4", "-3", "3-", "many", "", "1-2-3"] {
            assert!(text.parse::<Seeds>().unwrap_err().contains("101-200"), "{text}");
        }
        let json = |text: &str| serde_json::to_value(text.parse::<Seeds>().unwrap()).unwrap();
        assert_eq!((json("7"), json("8-9")), (7.into(), "8-9".into()));
    }
}
