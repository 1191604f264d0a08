//! Links from the page to files: those that are there when it is written, and no other.

use std::path::{Path, PathBuf};

use super::html::escape;
use crate::workspace::workspace;

/// The links of a page in this folder.
#[derive(Debug, Clone)]
pub struct Links {
    folder: PathBuf,
    root: Option<PathBuf>,
}

impl Links {
    /// Links of a page in this folder.
    pub fn of_page_in(folder: &Path) -> Self {
        let real = |path: &Path| path.canonicalize().ok();
        let folder = real(folder).unwrap_or_else(|| folder.to_owned());
        Self { folder, root: workspace().and_then(real) }
    }

    /// A page of the workspace, by its path from the root: a link where the report lies in the workspace, else
    /// its name.
    pub fn page(&self, page: Option<&str>) -> Option<String> {
        let page = page?;
        let name = escape(page);
        Some(match self.way_to(page) {
            Some(way) => format!("<a href=\"{}\">{name}</a>", escape(&way)),
            None => format!("<code>{name}</code>"),
        })
    }

    /// The way from the page to a file of the workspace, if both are in it.
    fn way_to(&self, page: &str) -> Option<String> {
        let root = self.root.as_ref()?;
        let below = self.folder.strip_prefix(root).ok()?;
        let up = "../".repeat(below.components().count());
        root.join(page).is_file().then(|| up + page)
    }

    /// A file of the report's folder, if it is there.
    pub fn file(&self, name: &str, words: &str) -> Option<String> {
        let link = format!("<a href=\"{}\">{}</a>", escape(name), escape(words));
        self.folder.join(name).is_file().then_some(link)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_there_is_linked() {
        let temp = tempfile::tempdir().unwrap();
        let out = temp.path().join("out/quick");
        std::fs::create_dir_all(&out).unwrap();
        std::fs::create_dir(temp.path().join("docs")).unwrap();
        std::fs::write(temp.path().join("docs/rate.md"), "").unwrap();
        let real = |path: &Path| path.canonicalize().unwrap();
        let links = Links { folder: real(&out), root: Some(real(temp.path())) };
        let page = |page| links.page(Some(page)).unwrap();
        assert_eq!(page("docs/rate.md"), "<a href=\"../../docs/rate.md\">docs/rate.md</a>");
        assert_eq!(page("docs/gone.md"), "<code>docs/gone.md</code>");
        assert_eq!(links.page(None), None);
        let elsewhere = Links { folder: "/somewhere".into(), ..links.clone() };
        assert_eq!(elsewhere.page(Some("docs/rate.md")).unwrap(), "<code>docs/rate.md</code>");
        std::fs::write(out.join("a.csv"), "").unwrap();
        assert_eq!(links.file("a.csv", "CSV").unwrap(), "<a href=\"a.csv\">CSV</a>");
        assert_eq!(links.file("b.csv", "CSV"), None);
    }
}
