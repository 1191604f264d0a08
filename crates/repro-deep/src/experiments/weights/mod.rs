//! The weights of the models on reviews: how sparse keys, queries and values are.

use mirrorhead_harness::{
    About, Axis, Claim, Figure, Finding, Obtained, Quantity, Series, Shape, Summary, Table,
    TableEntry,
};
use mirrorhead_repro::REAL_DATA;

use super::imdb::findings::{compared, runs, sizes};
use super::imdb::profile::METHODS;
use super::view_of_imdb::View;
use crate::experiments::shared::over_seeds::measurement;
use crate::measures::weight_census::{LARGE, WeightCensus};
use crate::training::method::Method;
use crate::training::text_training::{TextOutcome, TextTraining};

const SMALLER_P_SPARSER: Claim = Claim {
    key: "smaller-p-sparser",
    statement: "keys, queries and values are sparser the smaller p is",
    expected: "for every size and each of keys, queries and values, the median sparseness over \
               the seeds falls from p = 1.1 to 2 to 3",
};

/// What it looks for in the runs of `imdb`.
pub struct Weights;

/// The maps, in the order of [`WeightCensus::of_blocks`].
const WEIGHT_MATRICES: [&str; 3] = ["keys", "queries", "values"];

/// Exponents from the sparsest to the densest weights, as the paper has it.
const EXPONENTS: [f64; 3] = [1.1, 2.0, 3.0];

type Cells = [(TextTraining, TextOutcome)];

impl View for Weights {
    fn about(&self) -> About {
        About {
            name: "weights",
            group: REAL_DATA,
            title: "Smaller p makes sparser keys, queries and values",
            setting: "The runs of `imdb`. Sizes of the entries of all key, query and value maps after the last \
                      epoch. Sparseness is Hoyer's, (sqrt(n) - l1/l2) / (sqrt(n) - 1): 0 when all entries \
                      are equal in size, 1 when only one isn't zero; also the share of entries smaller \
                      than a hundredth of the largest, the largest, and how many are larger than 0.06.",
            expectation: "Histograms of |K|, |Q|, |V| after the last epoch, for p = 1.1 and 2, with the largest \
                          entry and the number of those above 0.06: with p = 1.1 most entries are close to \
                          zero, a few are large, and fewer are above 0.06.",
        }
    }

    fn claims(&self) -> Vec<Claim> {
        vec![SMALLER_P_SPARSER]
    }

    fn summarise(&self, cells: &Cells) -> Summary {
        let figures = sizes(cells).into_iter().flat_map(|size| {
            (0..WEIGHT_MATRICES.len()).map(move |map| histogram(cells, size, map))
        });
        Summary {
            figures: figures.collect(),
            tables: sizes(cells)
                .into_iter()
                .flat_map(|size| [table(cells, size), large_entries(cells, size)])
                .collect(),
            findings: vec![sparser(cells)],
            ..Summary::default()
        }
    }
}

/// The census of a map in every run of a method.
fn censuses(cells: &Cells, size: usize, method: Method, map: usize) -> Vec<&WeightCensus> {
    runs(cells, size, method).into_iter().map(|outcome| &outcome.last.model.weights[map]).collect()
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

fn sparser(cells: &Cells) -> Finding {
    let (mut held, mut judged, mut texts) = (true, false, Vec::new());
    let mut measurements = Vec::new();
    for size in sizes(cells) {
        for (map, name) in WEIGHT_MATRICES.iter().enumerate() {
            let hoyer = |p: f64| -> Vec<f64> {
                let own = censuses(cells, size, Method::MirrorDescent { p }, map);
                own.iter().map(|census| census.hoyer).collect()
            };
            for p in EXPONENTS {
                let values = hoyer(p);
                if !values.is_empty() {
                    let label = format!("{size} block(s), {name}, p = {p}: sparseness");
                    measurements.push(measurement(label, &values));
                }
            }
            let medians: Vec<f64> = EXPONENTS.iter().filter_map(|p| median(hoyer(*p))).collect();
            judged |= medians.len() == EXPONENTS.len();
            held &= medians.windows(2).all(|pair| pair[0] > pair[1]);
            let shown: Vec<String> = medians.iter().map(|m| format!("{m:.3}")).collect();
            texts.push(format!("{name} {}", shown.join(" > ")));
        }
    }
    let text = format!("median sparseness for p = 1.1, 2, 3: {}", texts.join("; "));
    let text = if held { text } else { text.replace(" > ", ", ") };
    let obtained = Obtained { text, measurements, n: compared(cells).count() };
    SMALLER_P_SPARSER.judged_if(judged, held, obtained, "runs of every p")
}

/// The share of entries in each bin, on average over the seeds.
fn histogram(cells: &Cells, size: usize, map: usize) -> Figure {
    let series = |(hue, method): (usize, &Method)| {
        let own = censuses(cells, size, *method, map);
        let n: usize = own.iter().map(|census| census.n).sum();
        let counts = |bin: usize| own.iter().map(|census| census.counts[bin]).sum::<usize>();
        let edges = WeightCensus::edges().zip(WeightCensus::edges().skip(1));
        let bins = own.first().map_or(0, |census| census.counts.len());
        let share = |(bin, (low, high)): (usize, (f64, f64))| {
            [(low * high).sqrt(), counts(bin) as f64 / n as f64]
        };
        let points = edges.take(bins).enumerate().map(share).collect();
        Series::new(method.to_string(), hue, Shape::Line { points })
    };
    Figure {
        key: format!("{}-{size}", WEIGHT_MATRICES[map]),
        title: format!("Sizes of the entries of the {}, {size} block(s)", WEIGHT_MATRICES[map]),
        caption: "Share of the entries in each quarter of a decade, over all seeds, after the last epoch. Left \
                  out are entries below 1e-12, such as zeros."
            .into(),
        x: Axis::log("size of an entry"),
        y: Axis::linear("share of entries"),
        series: METHODS.iter().enumerate().map(series).collect(),
    }
}

fn table(cells: &Cells, size: usize) -> Table {
    let row = |method: &Method| {
        let mut row = vec![TableEntry::text(method.to_string())];
        for map in 0..WEIGHT_MATRICES.len() {
            let own = censuses(cells, size, *method, map);
            let of = |value: &dyn Fn(&WeightCensus) -> f64| {
                Quantity::mean(&own.iter().map(|census| value(census)).collect::<Vec<_>>(), 3)
            };
            row.push(TableEntry::Obtained { obtained: of(&|census| census.hoyer) });
            row.push(TableEntry::Obtained { obtained: of(&|census| census.sparsity) });
        }
        row
    };
    let columns = WEIGHT_MATRICES.iter().flat_map(|map| {
        [format!("{map}: sparseness"), format!("{map}: share below 1% of the largest")]
    });
    Table {
        key: format!("sparseness-{size}"),
        title: format!("Sparseness of the weights, {size} block(s)"),
        caption: "Mean and standard deviation over the seeds, after the last epoch.".into(),
        columns: std::iter::once("method".into()).chain(columns).collect(),
        rows: METHODS.iter().map(row).collect(),
    }
}

/// The largest entry of each map, and how many are large, beside the paper's numbers.
fn large_entries(cells: &Cells, size: usize) -> Table {
    let row = |method: &Method| {
        let mut row = vec![TableEntry::text(method.to_string())];
        for map in 0..WEIGHT_MATRICES.len() {
            let own = censuses(cells, size, *method, map);
            let of = |value: &dyn Fn(&WeightCensus) -> f64, decimals| {
                let values: Vec<f64> = own.iter().map(|census| value(census)).collect();
                Quantity::mean(&values, decimals)
            };
            row.push(TableEntry::Obtained { obtained: of(&|census| census.largest, 3) });
            let obtained = of(&|census| census.large as f64, 0);
            row.push(match paper_large(size, *method, map) {
                Some(n) => TableEntry::BesidePaper { obtained, paper: Quantity::new(n, 0) },
                None => TableEntry::Obtained { obtained },
            });
        }
        row
    };
    let columns = WEIGHT_MATRICES
        .iter()
        .flat_map(|map| [format!("{map}: largest"), format!("{map}: larger than {LARGE}")]);
    Table {
        key: format!("large-entries-{size}"),
        title: format!("Large entries of the weights, {size} block(s)"),
        caption: "The size of the largest entry and the number of entries above the paper's bound, of all blocks; mean \
                  and standard deviation over the seeds, after the last epoch."
            .into(),
        columns: std::iter::once("method".into()).chain(columns).collect(),
        rows: METHODS.iter().map(row).collect(),
    }
}

/// The paper's numbers of entries above [`LARGE`], which it has for six blocks.
fn paper_large(size: usize, method: Method, map: usize) -> Option<f64> {
    let counts = match method {
        Method::MirrorDescent { p: 1.1 } => [18_206.0, 13_964.0, 7_643.0],
        Method::MirrorDescent { p: 2.0 } => [27_224.0, 14_654.0, 10_127.0],
        _ => return None,
    };
    (size == 6).then_some(counts[map])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiments::imdb::findings::example;

    #[test]
    fn the_last_epoch_is_looked_at_and_the_papers_counts_stand_beside_its_model() {
        let (mut config, mut outcome) = example(METHODS[0], 1, 800);
        outcome.best.model.weights = [1.0; 3].map(|size| WeightCensus::of(&[size]));
        outcome.last.model.weights =
            [0.5, 0.06, 0.01].map(|size| WeightCensus::of(&[size, 0.1, 0.0]));
        let counts = |config: &TextTraining, size| {
            let table = large_entries(&[(config.clone(), outcome.clone())], size);
            table.rows[0].clone()
        };
        let obtained = |value, decimals| Quantity::mean(&[value], decimals);
        let row = counts(&config, config.model.n_blocks);
        assert_eq!(row[1], TableEntry::Obtained { obtained: obtained(0.5, 3) });
        assert_eq!(row[2], TableEntry::Obtained { obtained: obtained(2.0, 0) });
        assert_eq!(row[4], TableEntry::Obtained { obtained: obtained(1.0, 0) });
        config.model.n_blocks = 6;
        let paper = Quantity::new(18_206.0, 0);
        let row = counts(&config, 6);
        assert_eq!(row[2], TableEntry::BesidePaper { obtained: obtained(2.0, 0), paper });
    }
}
