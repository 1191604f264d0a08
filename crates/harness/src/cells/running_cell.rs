//! A running cell: where it keeps checkpoints, reports progress, and hears of interruptions.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::folder::OutputFolder;
use super::interruption::{Deferral, Interruption};
use super::kept_file::read_kept;
use super::progress::CellProgress;
use crate::experiment::{CellContext, CellError, Scope};

/// The context of a running cell: a folder for its checkpoints, and its place in a run.
pub struct RunningCell<'a> {
    scope: &'a Scope,
    checkpoints: PathBuf,
    run: Option<PlaceInRun<'a>>,
    deferral: OnceLock<Deferral<'a>>,
}

/// Who watches a cell, and who may interrupt it.
struct PlaceInRun<'a> {
    progress: &'a CellProgress<'a>,
    interruption: &'a Interruption,
}

impl<'a> RunningCell<'a> {
    /// A cell outside a run, as for a test: checkpoints are in this folder, nobody watches, and
    /// nothing interrupts.
    pub fn outside_a_run(scope: &'a Scope, checkpoints: impl Into<PathBuf>) -> Self {
        let checkpoints = checkpoints.into();
        Self { scope, checkpoints, run: None, deferral: OnceLock::new() }
    }

    /// A cell in a run.
    pub(crate) fn of_run(
        scope: &'a Scope,
        checkpoints: PathBuf,
        progress: &'a CellProgress<'a>,
        interruption: &'a Interruption,
    ) -> Self {
        let run = Some(PlaceInRun { progress, interruption });
        Self { run, ..Self::outside_a_run(scope, checkpoints) }
    }
}

impl CellContext for RunningCell<'_> {
    fn scope(&self) -> &Scope {
        self.scope
    }

    fn checkpoints(&self) -> Result<&Path, CellError> {
        fs::create_dir_all(&self.checkpoints).map_err(|error| {
            let folder = self.checkpoints.display();
            CellError::new(format!("can't create the folder of checkpoints {folder}: {error}"))
        })?;
        Ok(&self.checkpoints)
    }

    fn save(&self, name: &str, contents: &[u8]) -> Result<(), CellError> {
        OutputFolder::for_reading(self.checkpoints()?).write(name, contents)?;
        Ok(())
    }

    fn saved(&self, name: &str) -> Result<Option<Vec<u8>>, CellError> {
        let path = self.checkpoints.join(name);
        match read_kept(&path) {
            Ok(contents) => Ok(Some(contents)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(CellError::new(format!("can't read {}: {error}", path.display()))),
        }
    }

    fn report(&self, done: f64, message: &str) {
        if let Some(run) = &self.run {
            run.progress.report(done, message);
        }
    }

    fn interrupted(&self) -> bool {
        let Some(run) = &self.run else { return false };
        self.deferral.get_or_init(|| run.interruption.defer()).is_raised()
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
    fn only_a_cell_that_has_asked_is_waited_for_and_only_until_it_has_ended() {
        let ended = Arc::new(AtomicBool::new(false));
        let end = Arc::clone(&ended);
        let interruption = Interruption::new(move || end.store(true, Ordering::Relaxed));
        let (scope, cells) = (Scope::new(Profile::Quick), cells(&TOY));
        let progress = Progress::over(cells.iter().map(|(_, cell)| cell));
        let watched = progress.start(&cells[0].1);
        let asking = RunningCell::of_run(&scope, "unused".into(), &watched, &interruption);
        let silent = RunningCell::of_run(&scope, "unused".into(), &watched, &interruption);
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
        let cell = RunningCell::outside_a_run(&scope, temp.path().join("a/b"));
        cell.report(0.5, "half way");
        assert!(!cell.interrupted());
        assert_eq!(cell.saved("epoch"), Ok(None));
        cell.save("epoch", b"7").unwrap();
        assert_eq!(cell.saved("epoch"), Ok(Some(b"7".to_vec())));
        assert_eq!(fs::read_dir(cell.checkpoints().unwrap()).unwrap().count(), 1);
        let error = RunningCell::outside_a_run(&scope, "/dev/null/a").checkpoints().unwrap_err();
        assert!(error.to_string().contains("/dev/null/a"), "{error}");
    }
}
