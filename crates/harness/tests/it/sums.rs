//! An experiment for tests: partial sums of a series, and their sum as a cell that follows from them.

use mirrorhead_harness::{
    About, Axis, Build, CellContext, CellError, Claim, Entry, Experiment, Figure, Obtained,
    Profile, Registry, ReproduceArgs, Scope, Series, Shape, Summary,
};

const CLAIM: Claim = Claim { key: "sum", statement: "the sum is near pi^2/6", expected: "1.6" };

/// The sums of `1/k^2` over every seed's own thousand terms.
pub struct Sums;

impl Experiment for Sums {
    /// The first term of a cell; of the one that follows from the others, the sum of these.
    type Config = (u64, Option<f64>);
    type Outcome = f64;

    fn about(&self) -> About {
        let (title, setting, expectation) = ("Sums", "Sums of 1/k^2.", "They are small.");
        About { name: "sums", group: "sums", title, setting, expectation }
    }

    fn claims(&self) -> Vec<Claim> {
        vec![CLAIM]
    }

    fn cells(&self, scope: &Scope) -> Vec<Self::Config> {
        scope.seeds(5, 11).map(|seed| (1 + 1000 * (seed - 1), None)).collect()
    }

    fn further_cells(&self, _: &Scope, finished: &[(Self::Config, f64)]) -> Vec<Self::Config> {
        vec![(0, Some(finished.iter().map(|(_, sum)| sum).sum()))]
    }

    fn expected_further_cells(&self, _: &Scope) -> Vec<Self::Config> {
        vec![(0, Some(0.0))]
    }

    fn label(&self, (first, sum): &Self::Config) -> String {
        sum.map_or(format!("from {first}"), |_| "all".into())
    }

    fn cost_seconds(&self, (first, _): &Self::Config) -> f64 {
        1.0 + *first as f64
    }

    fn run_cell(&self, (first, sum): &Self::Config, _: &dyn CellContext) -> Result<f64, CellError> {
        let term = |k: u64| 1.0 / (k * k) as f64;
        Ok(sum.unwrap_or_else(|| (*first..first + 1000).map(term).sum()))
    }

    fn summarise(&self, cells: &[(Self::Config, f64)]) -> Summary {
        let points = cells.iter().map(|((first, _), sum)| [*first as f64, *sum]).collect();
        let figure = Figure {
            key: "sums".into(),
            title: "Sums".into(),
            caption: "They fall.".into(),
            x: Axis::linear("first term"),
            y: Axis::log("sum"),
            series: vec![Series::new("sums", 0, Shape::Line { points })],
        };
        let total = cells.iter().find(|((_, all), _)| all.is_some()).map_or(0.0, |(_, sum)| *sum);
        let text = format!("{total}");
        let obtained = Obtained { text, measurements: Vec::new(), n: cells.len() };
        let findings = vec![CLAIM.judged((1.6..1.65).contains(&total), obtained)];
        Summary { figures: vec![figure], findings, ..Summary::default() }
    }
}

/// What a build of this code runs.
pub fn registry(code: &'static str) -> Registry {
    let build = Build { version: code, git_revision: None, code_fingerprint: code, rustc: "rustc" };
    Registry::new(build, "sums").with(&[Entry { experiment: &Sums, fingerprint: code }])
}

/// The arguments of a command.
pub fn arguments<'a>(words: impl IntoIterator<Item = &'a str>) -> ReproduceArgs {
    use clap::Parser;
    let args = ReproduceArgs::parse_from(["reproduce"].into_iter().chain(words));
    assert_eq!(args.profile, Profile::Paper);
    args
}
