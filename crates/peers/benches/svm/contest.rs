//! The contest: our solver and Clarabel on the same attention SVMs.

use crate::conic::Formulation;
use crate::formulations::{as_written, told_of_factors};
use crate::instance::Sizes;
use crate::measurement::{Instance, Measured, Request, Solver};
use crate::record::Record;
use crate::table::{Table, digits, gap, megabytes, seconds};
use mirrorhead_svm::Norm;

const SIZES: [Sizes; 3] = [Sizes::new(6, 8, 10), Sizes::new(20, 16, 16), Sizes::new(50, 20, 32)];

/// Measurements of either solver, alternating.
const TURNS: usize = 3;

/// Solves that take longer get one turn.
const SLOW: f64 = 20.0;

/// Most unknowns at which Clarabel solves the SVM as written for exponents other than 2, for want of
/// time.
const PATIENT: usize = 500;

/// Measures both solvers on every instance.
pub fn run(exponents: &[Norm], record: &mut Record) {
    let mut table = Table::new(
        "A certified AttSVM and Clarabel (fastest of several formulations, and as written); shortest times",
        &[
            "(n, T, d)",
            "p",
            "gap",
            "Clarabel's",
            "time",
            "Clarabel",
            "ratio",
            "of CPU",
            "as written",
            "ratio",
            "of CPU",
            "memory",
            "Clarabel's",
        ],
    );
    for sizes in SIZES {
        for &p in exponents {
            if let Some(cells) = row(sizes, p, record, &mut table) {
                table.row(&cells);
            }
        }
    }
    record.keep(table);
}

fn row(sizes: Sizes, p: Norm, record: &mut Record, table: &mut Table) -> Option<Vec<String>> {
    let of = |solver| Request { instance: Instance::Attention(sizes), p, solver };
    let mut peer: Option<(Formulation, Measured)> = None;
    for formulation in told_of_factors(sizes, p) {
        let Some(tried) = record.measure(&of(Solver::Clarabel(formulation)), table) else {
            continue;
        };
        let better = peer.as_ref().is_none_or(|(_, best)| cost(&tried) < cost(best));
        if tried.ending == "Solved" && better {
            peer = Some((formulation, tried));
        }
    }
    let (formulation, mut theirs) = peer?;
    let mut ours = record.measure(&of(Solver::Mirrorhead), table)?;
    let turns = if theirs.fastest() > SLOW { 1 } else { TURNS };
    for _ in 1..turns {
        theirs.absorb(&record.measure(&of(Solver::Clarabel(formulation)), table)?);
        ours.absorb(&record.measure(&of(Solver::Mirrorhead), table)?);
    }
    let written = if p.p() == 2.0 || sizes.dim * sizes.dim <= PATIENT {
        record.measure(&of(Solver::Clarabel(as_written(p))), table)
    } else {
        None
    };
    let told = |what: &dyn Fn(&Measured) -> String| written.as_ref().map_or_else(String::new, what);
    Some(vec![
        sizes.to_string(),
        p.to_string(),
        gap(ours.gap),
        gap(theirs.gap),
        seconds(ours.fastest()),
        seconds(theirs.fastest()),
        digits(theirs.fastest() / ours.fastest()),
        processor_ratio(&theirs, &ours),
        told(&|written| seconds(written.fastest())),
        told(&|written| digits(written.fastest() / ours.fastest())),
        told(&|written| processor_ratio(written, &ours)),
        megabytes(ours.peak_bytes),
        megabytes(theirs.peak_bytes),
    ])
}

/// The ratio of what two solves took of all cores together, at least.
fn processor_ratio(theirs: &Measured, ours: &Measured) -> String {
    let ratio = theirs.least_processor_time().zip(ours.least_processor_time()).map(|(a, b)| a / b);
    ratio.map_or_else(|| "unknown".to_owned(), digits)
}

/// By what the fastest formulation is chosen: CPU seconds where they are known.
fn cost(measured: &Measured) -> f64 {
    measured.least_processor_time().unwrap_or_else(|| measured.fastest())
}
