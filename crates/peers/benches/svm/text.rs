//! Plain linear SVMs: opinions of film reviews on bags of words, and labelled rows from files.

use std::path::{Path, PathBuf};

use crate::formulations::sparse_quadratic;
use crate::measurement::{Instance, Measured, Request, Solver};
use crate::record::Record;
use crate::table::{Table, digits, gap, megabytes, seconds};
use mirrorhead_svm::Norm;

/// Clarabel is measured up to this many documents.
const PEER_DOCUMENTS: usize = 2_000;

/// Solves the SVM of growing numbers of reviews.
pub fn run(archive: &Path, documents: &[usize], exponents: &[Norm], record: &mut Record) {
    let mut table = Table::new(
        "Opinions of film reviews, tf-idf bags of words (hard margin, relative gap 1e-9)",
        &[
            "documents",
            "words",
            "p",
            "solver",
            "gap",
            "margin",
            "active",
            "factor",
            "rounds",
            "iterations",
            "time",
            "memory",
            "held out",
        ],
    );
    for &documents in documents {
        for &p in exponents {
            let instance = Instance::Text { documents, archive: archive.to_path_buf() };
            let ours = Request { instance, p, solver: Solver::Mirrorhead };
            measure(&ours, "ours", record, &mut table);
            if p.p() == 2.0 && documents <= PEER_DOCUMENTS {
                for formulation in sparse_quadratic() {
                    let solver = Solver::Clarabel(formulation);
                    let name =
                        format!("Clarabel, {:?} {:?}", formulation.side, formulation.storage);
                    measure(&Request { solver, ..ours.clone() }, &name, record, &mut table);
                }
            }
        }
    }
    record.keep(table);
}

/// Solves the SVM of labelled rows, as they are: the last column is to be one where a bias is wanted.
pub fn run_files(files: &[PathBuf], exponents: &[Norm], record: &mut Record) {
    let mut table = Table::new(
        "Labelled rows (hard margin, relative gap 1e-9)",
        &["file", "rows x unknowns", "p", "gap", "margin", "iterations", "time", "CPU"],
    );
    for file in files {
        for &p in exponents {
            let instance = Instance::File(file.clone());
            let request = Request { instance, p, solver: Solver::Mirrorhead };
            let Some(measured) = record.measure(&request, &mut table) else { continue };
            table.row(&[
                file.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
                format!("{} x {}", measured.shape[0], measured.shape[1]),
                p.to_string(),
                gap(measured.gap),
                format!("{:.6e}", measured.margin),
                measured.iterations.to_string(),
                seconds(measured.fastest()),
                measured.least_processor_time().map_or_else(String::new, seconds),
            ]);
            if measured.ending != "certified" {
                table.note(&format!("{}, p = {p}: {}", file.display(), measured.ending));
            }
        }
    }
    record.keep(table);
}

fn measure(request: &Request, name: &str, record: &mut Record, table: &mut Table) {
    let Some(measured) = record.measure(request, table) else { return };
    let Measured { shape: [rows, unknowns], work, .. } = measured;
    let count = |number: Option<usize>| number.map_or_else(String::new, |n| n.to_string());
    table.row(&[
        rows.to_string(),
        (unknowns - 1).to_string(),
        request.p.to_string(),
        name.to_owned(),
        gap(measured.gap),
        format!("{:.6e}", measured.margin),
        count(work.map(|work| work.active)),
        count(work.map(|work| work.largest_factor)),
        count(work.map(|work| work.rounds)),
        measured.iterations.to_string(),
        seconds(measured.fastest()),
        megabytes(measured.peak_bytes),
        measured.accuracy.map_or_else(String::new, |share| format!("{} %", digits(100.0 * share))),
    ]);
    if !["certified", "Solved"].contains(&measured.ending.as_str()) {
        table.note(&format!("{rows} documents, p = {}, {name}: {}", request.p, measured.ending));
    }
}
