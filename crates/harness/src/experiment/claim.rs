//! A claim of the paper, what a run obtained for it, and the verdict.

use serde::Serialize;

use super::effect::{Effect, Evidence};
use crate::study::Source;

/// A statement of the paper that an experiment can check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Claim {
    /// Key in the claim table, such as `attsvm-direction`; unique within an experiment.
    pub key: &'static str,
    /// The claim, in a sentence.
    pub statement: &'static str,
    /// What must be measured for the claim to count as reproduced.
    pub expected: &'static str,
}

/// How far the single measurements behind a value lie apart.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Spread {
    /// Which interval this is, such as `5% to 95%` of the measurements.
    pub kind: &'static str,
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

/// One number behind a verdict.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Measurement {
    /// What was measured, such as `p = 2`.
    pub label: String,
    /// The number.
    pub value: f64,
    /// How far the single measurements behind it lie apart.
    pub spread: Option<Spread>,
    /// How many measurements it summarises.
    pub n: usize,
}

impl Measurement {
    /// The estimate of an effect with its interval; none without runs.
    fn of_effect(effect: &Effect) -> Option<Self> {
        let spread = match effect.interval {
            [Some(low), Some(high)] if low < high => {
                Some(Spread { kind: "90% confidence", low, high })
            }
            _ => None,
        };
        let Effect { label, expected, n, .. } = effect;
        let label = format!("{label} ({expected})");
        Some(Self { label, value: effect.estimate?, spread, n: *n })
    }
}

/// What a run measured for a claim.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Obtained {
    /// The result, in a sentence.
    pub text: String,
    /// The numbers behind it.
    pub measurements: Vec<Measurement>,
    /// How many cells it rests on.
    pub n: usize,
}

/// Whether the measurement agrees with the claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The measurement is what the claim predicts.
    Reproduced,
    /// It isn't.
    Differs,
    /// It was run, and too little was measured to judge: too few runs, or too short ones.
    NotJudged,
    /// Nothing was run.
    NotRun,
}

impl Verdict {
    /// [`Reproduced`](Self::Reproduced) if the claim held, [`Differs`](Self::Differs) if not.
    pub fn from_check(held: bool) -> Self {
        if held { Self::Reproduced } else { Self::Differs }
    }

    /// Every verdict, the weightiest first.
    pub const ALL: [Self; 4] = [Self::Differs, Self::Reproduced, Self::NotJudged, Self::NotRun];

    /// The verdict in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Reproduced => "reproduced",
            Self::Differs => "differs",
            Self::NotJudged => "not judged",
            Self::NotRun => "not run",
        }
    }
}

impl Claim {
    /// What was measured for this claim, and whether it held.
    pub fn judged(&self, held: bool, obtained: Obtained) -> Finding {
        self.finding(Verdict::from_check(held), obtained)
    }

    /// What was measured for this claim, and whether it held; where it wasn't enough to judge it, only what
    /// a judgement needs is said, as in `not judged: that needs 3 runs of each`.
    pub fn judged_if(&self, enough: bool, held: bool, obtained: Obtained, needs: &str) -> Finding {
        if enough {
            return self.judged(held, obtained);
        }
        let text = format!("not judged: that needs {needs}");
        self.finding(Verdict::NotJudged, Obtained { text, ..obtained })
    }

    /// The claim by its effects: it differs if one of them is contradicted, is reproduced if all are supported, and else
    /// isn't judged. `text` says what was measured; the effect that decides is said with it.
    ///
    /// ```
    /// use mirrorhead_harness::{Bound, Claim, Effect, Verdict};
    /// let claim = Claim { key: "nearer", statement: "the own is nearer", expected: "a ratio of at least 1" };
    /// let ratio = |runs: &[f64]| Effect::median("ratio", runs, Bound::AtLeast(1.0));
    /// let verdict = |runs| claim.decided(vec![ratio(runs)], "measured").verdict;
    /// assert_eq!(verdict(&[3.0, 4.0, 5.0, 6.0, 7.0]), Verdict::Reproduced);
    /// assert_eq!(verdict(&[0.3, 0.4, 0.5, 0.6, 0.7]), Verdict::Differs);
    /// assert_eq!(verdict(&[3.0, 4.0]), Verdict::NotJudged); // too few for a median with an error
    /// ```
    pub fn decided(&self, effects: Vec<Effect>, text: impl Into<String>) -> Finding {
        let text = text.into();
        let with = |evidence| effects.iter().find(|effect| effect.evidence == evidence);
        let (verdict, text) = match (with(Evidence::Contradicts), with(Evidence::Undecided)) {
            (Some(against), _) => (Verdict::Differs, format!("{against}. In all: {text}")),
            (None, Some(open)) => (Verdict::NotJudged, format!("not judged: {open}")),
            (None, None) if effects.is_empty() => {
                (Verdict::NotJudged, "not judged: nothing that it is about was run".into())
            }
            (None, None) => {
                let power = effects.iter().map(|effect| effect.power).fold(1.0, f64::min);
                let sampled = if power < 1.0 {
                    format!("; power to see a violation {power:.2} or more")
                } else {
                    String::new()
                };
                (Verdict::Reproduced, text + &sampled)
            }
        };
        let measurements = effects.iter().filter_map(Measurement::of_effect).collect();
        let n = effects.iter().map(|effect| effect.n).max().unwrap_or(0);
        let obtained = Obtained { text, measurements, n };
        Finding { effects, ..self.finding(verdict, obtained) }
    }

    fn finding(&self, verdict: Verdict, obtained: Obtained) -> Finding {
        Finding { key: self.key, obtained, verdict, effects: Vec::new() }
    }
}

impl Finding {
    /// The same with further numbers to show, on which the verdict doesn't rest.
    #[must_use]
    pub fn with(mut self, further: impl IntoIterator<Item = Measurement>) -> Self {
        self.obtained.measurements.extend(further);
        self
    }
}

/// What was measured for a claim, and its verdict: made by [`Claim::decided`], [`Claim::judged`] and
/// [`Claim::judged_if`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Finding {
    /// Key of the claim.
    pub key: &'static str,
    /// What was measured.
    pub obtained: Obtained,
    /// What follows.
    pub verdict: Verdict,
    /// What it rests on, with sampling errors; empty where a rule other than [`Claim::decided`] has judged.
    pub effects: Vec<Effect>,
}

/// One row of the claim table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClaimResult {
    /// The experiment that checks it.
    pub experiment: &'static str,
    /// The claim.
    #[serde(flatten)]
    pub claim: Claim,
    /// Whose it is.
    pub source: Source,
    /// The verdict.
    pub verdict: Verdict,
    /// What was measured; nothing when not run.
    pub obtained: Option<Obtained>,
    /// The effects that decided it, with their sampling errors.
    pub effects: Vec<Effect>,
    /// Why it wasn't run, when it wasn't.
    pub reason: Option<String>,
}

impl ClaimResult {
    /// The row of a claim that nothing was measured for.
    pub fn not_run(experiment: &'static str, claim: Claim, reason: impl Into<String>) -> Self {
        Self {
            experiment,
            claim,
            source: Source::Paper,
            verdict: Verdict::NotRun,
            obtained: None,
            effects: Vec::new(),
            reason: Some(reason.into()),
        }
    }

    /// The same of a claim of this source.
    #[must_use]
    pub fn of(self, source: Source) -> Self {
        Self { source, ..self }
    }

    /// The rows of an experiment's claims, given what its run found.
    pub fn table(experiment: &'static str, claims: &[Claim], findings: &[Finding]) -> Vec<Self> {
        let row = |claim: &Claim| match findings.iter().find(|f| f.key == claim.key) {
            None => Self::not_run(experiment, *claim, "the run has no finding for it"),
            Some(finding) => Self {
                experiment,
                claim: *claim,
                source: Source::Paper,
                verdict: finding.verdict,
                obtained: Some(finding.obtained.clone()),
                effects: finding.effects.clone(),
                reason: None,
            },
        };
        claims.iter().map(row).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLAIMS: [Claim; 2] = [
        Claim { key: "a", statement: "a holds", expected: "1" },
        Claim { key: "b", statement: "b holds", expected: "2" },
    ];

    #[test]
    fn a_claim_without_a_finding_is_in_the_table_as_not_run() {
        let obtained = Obtained { text: "3".into(), measurements: Vec::new(), n: 1 };
        let table = ClaimResult::table("toy", &CLAIMS, &[CLAIMS[1].judged(false, obtained)]);
        let verdicts: Vec<_> = table.iter().map(|row| row.verdict).collect();
        assert_eq!(verdicts, [Verdict::NotRun, Verdict::Differs]);
        assert!(table[0].reason.is_some() && table[0].obtained.is_none());
    }

    #[test]
    fn too_little_to_judge_is_neither_a_difference_nor_a_missing_run() {
        let finding = |enough, held| {
            let text = "at least inf times".into();
            let obtained = Obtained { text, measurements: Vec::new(), n: 1 };
            CLAIMS[0].judged_if(enough, held, obtained, "3 runs")
        };
        let verdict = |enough, held| finding(enough, held).verdict;
        assert_eq!(finding(false, true).obtained.text, "not judged: that needs 3 runs");
        assert_eq!([verdict(false, true), verdict(false, false)], [Verdict::NotJudged; 2]);
        assert_eq!(
            [verdict(true, true), verdict(true, false)],
            [Verdict::Reproduced, Verdict::Differs]
        );
        assert_eq!(serde_json::to_value(Verdict::NotJudged).unwrap(), "not_judged");
    }
}
