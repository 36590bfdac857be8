use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use countersign_postgres_testbed::Database;

/// A PostgreSQL database as the program is told of it: without the password, which has a file of its own.
pub struct Postgres {
    pub database: Database,
    pub url: String,
    pub password_file: String,
}

impl Postgres {
    /// With the schema in it.
    pub fn make(folder: &Path) -> Self {
        Self::of(Database::make(), folder)
    }

    /// With nothing in it.
    pub fn make_empty(folder: &Path) -> Self {
        Self::of(Database::make_empty(), folder)
    }

    fn of(database: Database, folder: &Path) -> Self {
        let url = database.url();
        let (user, rest) = url.strip_prefix("postgres://").unwrap().split_once('@').unwrap();
        let (user, password) = user.split_once(':').unwrap_or((user, "none"));
        let path = folder.join("database.password");
        std::fs::write(&path, password).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        Self { url: format!("postgres://{user}@{rest}"), password_file: path.display().to_string(), database }
    }

    /// The options that name it.
    pub fn options(&self) -> [&str; 4] {
        ["--database", &self.url, "--database-password-file", &self.password_file]
    }
}
