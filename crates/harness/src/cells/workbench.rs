//! The workbench of a long cell: where it keeps checkpoints, reports progress, and hears of
//! interruptions.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::folder::OutputFolder;
use super::interruption::{Deferral, Interruption};
use super::progress::CellProgress;
use crate::experiment::{CellError, Device, Scope};

/// What a running cell has besides its configuration, and what it produces must not depend on: a
/// cell that is stopped at a checkpoint and resumed has the same outcome, bit for bit, as one that
/// isn't.
pub struct Workbench<'a> {
    scope: &'a Scope,
    checkpoints: PathBuf,
    run: Option<RunningCell<'a>>,
    deferral: OnceLock<Deferral<'a>>,
}

/// A cell's place in a run.
struct RunningCell<'a> {
    progress: &'a CellProgress<'a>,
    interruption: &'a Interruption,
}

impl<'a> Workbench<'a> {
    /// A workbench outside a run, as for a test: checkpoints are in this folder, nobody watches, and
    /// nothing interrupts.
    pub fn apart(scope: &'a Scope, checkpoints: impl Into<PathBuf>) -> Self {
        let checkpoints = checkpoints.into();
        Self { scope, checkpoints, run: None, deferral: OnceLock::new() }
    }

    /// The workbench of a cell in a run.
    pub(crate) fn of_run(
        scope: &'a Scope,
        checkpoints: PathBuf,
        progress: &'a CellProgress<'a>,
        interruption: &'a Interruption,
    ) -> Self {
        let run = Some(RunningCell { progress, interruption });
        Self { run, ..Self::apart(scope, checkpoints) }
    }

    /// The folder of this cell's checkpoints: it belongs to this configuration and code alone, outlives
    /// an interruption or a crash, and is removed once the cell's outcome is kept. A crash may come at any
    /// time: files that [`save`](Self::save) doesn't write are written under another name first.
    ///
    /// # Errors
    /// It can't be created.
    pub fn checkpoints(&self) -> Result<&Path, CellError> {
        fs::create_dir_all(&self.checkpoints).map_err(|error| {
            let folder = self.checkpoints.display();
            CellError::new(format!("can't create the folder of checkpoints {folder}: {error}"))
        })?;
        Ok(&self.checkpoints)
    }

    /// Writes a file of the checkpoint, all of it or nothing.
    ///
    /// # Errors
    /// It can't be written.
    pub fn save(&self, name: &str, contents: &[u8]) -> Result<(), CellError> {
        let folder = OutputFolder::for_reading(self.checkpoints()?);
        folder.write(name, contents).map(drop).map_err(CellError::new)
    }

    /// The contents of a file of the checkpoint; nothing when there is none.
    ///
    /// # Errors
    /// It is there and can't be read.
    pub fn saved(&self, name: &str) -> Result<Option<Vec<u8>>, CellError> {
        let path = self.checkpoints.join(name);
        match fs::read(&path) {
            Ok(contents) => Ok(Some(contents)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(CellError::new(format!("can't read {}: {error}", path.display()))),
        }
    }

    /// Tells whoever watches that this part of the work is done, from 0 to 1, and how it goes: the epoch,
    /// say, and the throughput. A cell that goes on from a checkpoint starts with the part that was
    /// done before.
    pub fn report(&self, done: f64, message: &str) {
        if let Some(run) = &self.run {
            run.progress.report(done, message);
        }
    }

    /// Whether the cell shall save a checkpoint and end with [`CellError::Interrupted`].
    ///
    /// A run that is interrupted waits for the cells that have asked before, and for no other: ask
    /// once at the start, and then wherever a checkpoint can be made, every few seconds.
    pub fn interrupted(&self) -> bool {
        let Some(run) = &self.run else { return false };
        self.deferral.get_or_init(|| run.interruption.defer()).is_raised()
    }

    /// The file of this name in the data folder.
    ///
    /// # Errors
    /// It isn't there.
    pub fn data_file(&self, name: &str) -> Result<PathBuf, CellError> {
        self.scope.data_file(name)
    }

    /// The folder of the data files.
    pub fn data_dir(&self) -> &Path {
        &self.scope.data_dir
    }

    /// What trains deep models. Outcomes depend on it, so it is in the configuration too.
    pub fn device(&self) -> Device {
        self.scope.device
    }

    /// The file of sentences that the command names.
    pub fn sentences(&self) -> Option<&Path> {
        self.scope.sentences.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;
    use crate::cells::Consequence;
    use crate::cells::progress::Progress;
    use crate::cells::toy::{TOY, cells};
    use crate::experiment::Profile;

    #[test]
    fn only_a_cell_that_has_asked_is_waited_for_and_only_until_its_bench_is_cleared() {
        let ended = Arc::new(AtomicBool::new(false));
        let end = Arc::clone(&ended);
        let interruption = Interruption::new(move || end.store(true, Ordering::Relaxed));
        let (scope, cells) = (Scope::new(Profile::Quick), cells(&TOY));
        let progress = Progress::over(cells.iter().map(|(_, cell)| cell));
        let cell = progress.start(&cells[0].1);
        let asking = Workbench::of_run(&scope, "unused".into(), &cell, &interruption);
        let silent = Workbench::of_run(&scope, "unused".into(), &cell, &interruption);
        assert!(!asking.interrupted() && !asking.interrupted());
        assert_eq!(interruption.raise(), Consequence::WaitsFor(1));
        assert!(asking.interrupted());
        drop(silent);
        assert!(!ended.load(Ordering::Relaxed));
        drop(asking);
        assert!(ended.load(Ordering::Relaxed));
    }

    #[test]
    fn outside_a_run_there_are_checkpoints_and_no_interruptions() {
        let temp = tempfile::tempdir().unwrap();
        let scope = Scope::new(Profile::Quick);
        let bench = Workbench::apart(&scope, temp.path().join("a/b"));
        bench.report(0.5, "half way");
        assert!(!bench.interrupted());
        assert_eq!(bench.saved("epoch"), Ok(None));
        bench.save("epoch", b"7").unwrap();
        assert_eq!(bench.saved("epoch"), Ok(Some(b"7".to_vec())));
        assert_eq!(fs::read_dir(bench.checkpoints().unwrap()).unwrap().count(), 1);
        let error = Workbench::apart(&scope, "/dev/null/a").checkpoints().unwrap_err();
        assert!(error.to_string().contains("/dev/null/a"), "{error}");
    }
}
