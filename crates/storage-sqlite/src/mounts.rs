use std::path::{Path, PathBuf};

/// File systems over a network: their locks do not hold what a write-ahead log needs.
const NETWORK: [&str; 14] = [
    "afs",
    "beegfs",
    "ceph",
    "cifs",
    "fuse.glusterfs",
    "fuse.s3fs",
    "fuse.sshfs",
    "glusterfs",
    "lustre",
    "nfs",
    "nfs3",
    "nfs4",
    "smb3",
    "smbfs",
];

/// The kind of the network file system that a path lies on, if it does; known on Linux alone.
pub(crate) fn network_file_system(path: &Path) -> Option<String> {
    let folder = path.parent()?.canonicalize().ok()?;
    let mounts = std::fs::read_to_string("/proc/self/mounts").ok()?;
    let kind = kind_at(&folder, &mounts)?;
    NETWORK.contains(&kind).then(|| kind.to_owned())
}

/// The kind of the file system that is mounted nearest above a folder; of two at one place the later counts.
fn kind_at<'a>(folder: &Path, mounts: &'a str) -> Option<&'a str> {
    let mount = |line: &'a str| {
        let mut fields = line.split(' ').skip(1);
        Some((unescape(fields.next()?), fields.next()?))
    };
    let above = mounts.lines().filter_map(mount).filter(|(place, _)| folder.starts_with(place));
    above.max_by_key(|(place, _)| place.components().count()).map(|(_, kind)| kind)
}

/// Blanks, tabs, newlines and backslashes in a path are written as octal.
fn unescape(place: &str) -> PathBuf {
    let escapes = [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")];
    PathBuf::from(escapes.iter().fold(place.to_owned(), |place, (code, is)| place.replace(code, is)))
}

#[cfg(test)]
mod tests;
