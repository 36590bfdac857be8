use std::fs::File;
use std::path::{Path, PathBuf};

use countersign_crypto::DataKeys;
use countersign_oauth::SecureRandom;

use crate::{Failure, files};

/// The folder that `countersign dev` keeps everything in, readable by its owner alone.
pub struct DataDir {
    path: PathBuf,
}

/// While it is held, no other process prepares the same folder.
pub(crate) struct Prepared {
    _lock: File,
}

impl DataDir {
    /// Names a folder; nothing is read or made.
    #[must_use]
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    /// Makes the folder, if it is not there, and keeps other processes out of it for a moment.
    ///
    /// # Errors
    /// [`Failure`] of `--data`.
    pub(crate) fn prepare(&self) -> Result<Prepared, Failure> {
        files::make_private_folder(&self.path)?;
        let path = self.file(".lock");
        files::touch_private(&path)?;
        let locked = File::open(&path).and_then(|file| file.lock().map(|()| file));
        let lock = locked.map_err(|error| {
            Failure::of("--data", format!("{} cannot be locked: {error}", path.display()))
        })?;
        Ok(Prepared { _lock: lock })
    }

    /// Whether a server was started here before.
    #[must_use]
    pub fn is_used(&self) -> bool {
        self.data_key_file().is_file()
    }

    /// The data key, made at the first start.
    ///
    /// # Errors
    /// [`Failure`] naming the file.
    pub(crate) fn data_keys(&self, random: &dyn SecureRandom) -> Result<DataKeys, Failure> {
        let path = self.data_key_file();
        match files::read(&path)? {
            None => {
                if self.database_file().is_file() {
                    let text = format!("{} is gone, and the database beside it needs it", path.display());
                    return Err(Failure::of("--data", text));
                }
                let keys = DataKeys::generate(random);
                files::replace(&path, keys.to_text().expose().as_bytes())?;
                Ok(keys)
            }
            Some(bytes) => crate::store::parse_data_keys("--data", &bytes),
        }
    }

    /// The file of the data key.
    #[must_use]
    pub fn data_key_file(&self) -> PathBuf {
        self.file("data.key")
    }

    /// The database, where no other is named.
    #[must_use]
    pub fn database_file(&self) -> PathBuf {
        self.file("countersign.db")
    }

    /// A file in the folder.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}
