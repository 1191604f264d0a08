//! Settings, and who watches what they are for.

use std::fmt;
use std::ops::Deref;

/// Settings `S`, handed over together with functions of the caller: one that is asked whether to stop, and one that
/// is told of the progress `P`. Settings are plain data, which can be kept in a file; these are not.
///
/// Where `impl Into<Watched<S>>` is asked for, `&settings` or `settings` alone will do.
///
/// ```
/// use mirrorhead_kernels::Watched;
/// use std::sync::atomic::{AtomicUsize, Ordering};
/// fn count<'a>(up_to: impl Into<Watched<'a, usize, usize>>) -> usize {
///     let up_to = up_to.into();
///     (0..*up_to).take_while(|k| { up_to.tell(|| *k); !up_to.is_interrupted() }).count()
/// }
/// let told = AtomicUsize::new(0);
/// let (stop, note) = (|| told.load(Ordering::Relaxed) == 2, |k| told.store(k, Ordering::Relaxed));
/// assert_eq!(count(&5), 5);
/// assert_eq!(count(Watched::<usize, usize>::from(&5).with_interrupt(&stop).with_progress(&note)), 2);
/// ```
pub struct Watched<'a, S, P = ()> {
    settings: S,
    interrupt: Option<&'a (dyn Fn() -> bool + Sync)>,
    progress: Option<&'a (dyn Fn(P) + Sync)>,
}

impl<'a, S, P> Watched<'a, S, P> {
    /// With a function that is asked again and again; `true` ends what is going on, with what there is so far.
    #[must_use]
    pub fn with_interrupt<'b>(self, interrupt: &'b (dyn Fn() -> bool + Sync)) -> Watched<'b, S, P>
    where
        'a: 'b,
    {
        Watched { settings: self.settings, interrupt: Some(interrupt), progress: self.progress }
    }

    /// With a function that is told how far it has got.
    #[must_use]
    pub fn with_progress<'b>(self, progress: &'b (dyn Fn(P) + Sync)) -> Watched<'b, S, P>
    where
        'a: 'b,
    {
        Watched { settings: self.settings, interrupt: self.interrupt, progress: Some(progress) }
    }

    /// Other settings under the same eyes.
    pub fn with_settings<T>(&self, settings: T) -> Watched<'a, T, P> {
        Watched { settings, interrupt: self.interrupt, progress: self.progress }
    }

    /// Whether the caller wants to stop.
    pub fn is_interrupted(&self) -> bool {
        self.interrupt.is_some_and(|interrupt| interrupt())
    }

    /// Tells the caller, if it wants to know.
    pub fn tell(&self, progress: impl FnOnce() -> P) {
        if let Some(tell) = self.progress {
            tell(progress());
        }
    }
}

impl<S, P> Deref for Watched<'_, S, P> {
    type Target = S;

    fn deref(&self) -> &S {
        &self.settings
    }
}

impl<S: Copy, P> Clone for Watched<'_, S, P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S: Copy, P> Copy for Watched<'_, S, P> {}

impl<S, P> From<S> for Watched<'_, S, P> {
    fn from(settings: S) -> Self {
        Self { settings, interrupt: None, progress: None }
    }
}

impl<S: Copy, P> From<&S> for Watched<'_, S, P> {
    fn from(settings: &S) -> Self {
        Self::from(*settings)
    }
}

impl<'a, S: Copy, P> From<&Watched<'a, S, P>> for Watched<'a, S, P> {
    fn from(watched: &Watched<'a, S, P>) -> Self {
        *watched
    }
}

impl<S: fmt::Debug, P> fmt::Debug for Watched<'_, S, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watched")
            .field("settings", &self.settings)
            .field("interrupt", &self.interrupt.map(|_| "a function"))
            .field("progress", &self.progress.map(|_| "a function"))
            .finish()
    }
}
