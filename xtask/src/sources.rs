//! The files of the work tree.

use std::fs;
use std::path::{Path, PathBuf};

/// A file with its text.
pub(crate) struct Source {
    /// Its path from the root of the work tree, with `/`.
    pub(crate) path: String,
    /// What it says.
    pub(crate) text: String,
}

impl Source {
    /// Tells whether the file is test code: `tests.rs`, or below a `tests` folder.
    pub(crate) fn is_test(&self) -> bool {
        let mut parts = self.path.rsplit('/');
        parts.next() == Some("tests.rs") || parts.any(|folder| folder == "tests")
    }
}

/// Reads all files with an extension below the folders, in the order of their paths.
pub(crate) fn read(root: &Path, folders: &[&str], extension: &str) -> Result<Vec<Source>, String> {
    let mut paths = Vec::new();
    for folder in folders {
        let folder = root.join(folder);
        if folder.is_dir() {
            collect(&folder, extension, &mut paths)?;
        }
    }
    paths.sort();
    paths.iter().map(|path| source(root, path)).collect()
}

/// The folder of the crate that a path lies in, such as `crates/pkce`.
pub(crate) fn crate_folder(path: &str) -> &str {
    let end = path.match_indices('/').nth(1).map(|(at, _)| at);
    end.and_then(|end| path.get(..end)).unwrap_or(path)
}

/// Reads one file.
pub(crate) fn read_text(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))
}

/// Writes one file, with its folder if need be.
pub(crate) fn write_text(path: &Path, text: &str) -> Result<(), String> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)
            .map_err(|error| format!("{} cannot be made: {error}", folder.display()))?;
    }
    fs::write(path, text).map_err(|error| format!("{} cannot be written: {error}", path.display()))
}

fn collect(folder: &Path, extension: &str, paths: &mut Vec<PathBuf>) -> Result<(), String> {
    let unreadable = |error| format!("{} cannot be listed: {error}", folder.display());
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        if name.starts_with('.') || name == "node_modules" || name == "target" {
            continue;
        }
        if entry.file_type().map_err(unreadable)?.is_dir() {
            collect(&path, extension, paths)?;
        } else if path.extension().is_some_and(|found| found == extension) {
            paths.push(path);
        }
    }
    Ok(())
}

fn source(root: &Path, path: &Path) -> Result<Source, String> {
    let from_root = path.strip_prefix(root).unwrap_or(path);
    Ok(Source { path: from_root.to_string_lossy().replace('\\', "/"), text: read_text(path)? })
}
