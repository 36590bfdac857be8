use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use diesel::sql_types::Text;
use diesel::{Connection as _, QueryableByName, RunQueryDsl as _, SqliteConnection};

use crate::cluster::Cluster;
use crate::http::Client;
use crate::process::{Process, countersign, run};
use crate::tenant::Wire;

/// What is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Victim {
    /// One process.
    Process(usize),
    /// Every process.
    Everything,
    /// The database server, as a crash ends it.
    Database,
    /// One of the database's processes, after which it ends all others and recovers.
    Backend,
}

/// Where processes serve a tenant.
pub struct Site {
    pub folder: tempfile::TempDir,
    /// A port for each process; URLs name the first.
    pub ports: Vec<u16>,
    /// The options that name the store.
    pub store: Vec<String>,
    cluster: Option<Cluster>,
}

impl Site {
    /// One process on an SQLite file.
    pub fn on_sqlite() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            ports: vec![free_port()],
            store: Vec::new(),
            cluster: None,
        }
    }

    /// Two processes on a database server of their own.
    pub fn on_postgres() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let cluster = Cluster::start(Path::new(env!("CARGO_TARGET_TMPDIR"))).unwrap();
        let url = cluster.url("postgres");
        let (user, rest) = url.strip_prefix("postgres://").unwrap().split_once('@').unwrap();
        let (user, password) = user.split_once(':').unwrap();
        let path = folder.path().join("database.password");
        std::fs::write(&path, password).unwrap();
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        let url = format!("postgres://{user}@{rest}");
        let store = ["--database", &url, "--database-password-file", path.to_str().unwrap()];
        // Patience, so that a machine that is busy with everything at once is not taken for a lost database.
        let patience =
            ["--database-acquire-timeout-seconds", "20", "--database-statement-timeout-seconds", "20"];
        let store: Vec<String> = store.into_iter().chain(patience).map(str::to_owned).collect();
        let words: Vec<&str> =
            ["migrate", "apply"].into_iter().chain(store.iter().map(String::as_str)).collect();
        let ended = run(countersign(&words));
        assert_eq!(ended.code, Some(0), "{ended:?}");
        Self { folder, ports: vec![free_port(), free_port()], store, cluster: Some(cluster) }
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Starts a process; the first start of all brings the tenant.
    pub fn start(&self, number: usize, with_tenant: bool) -> Process {
        let path = |name: &str| self.folder.path().join(name).display().to_string();
        let issuer = format!("http://localhost:{}/", self.ports[0]);
        let mut command = countersign(&["dev", "--data", &path("data"), "--issuer", &issuer]);
        command.args(["--http-port", &self.ports[number].to_string()]).args(&self.store);
        command.args(["--log-level", "warn", "--login-attempts-per-address", "0", "--password-queue", "256"]);
        command.args(["--password-memory-kib", "8", "--password-iterations", "1"]);
        if with_tenant {
            command.args(["--tenant", &path("tenant.yaml"), "--users", &path("users.json")]);
        }
        Process::start(command, "Ctrl-C stops it")
    }

    /// A client of all processes, which take its requests in turn.
    pub fn wire(&self) -> Wire {
        // Any authority will do: nothing here speaks TLS.
        let ca = std::fs::read_to_string(self.data().join("ca.pem")).unwrap();
        let ports = self.ports.iter().map(|port| [*port, 0]).collect();
        Wire { base: format!("http://localhost:{}", self.ports[0]), client: Client::in_turn(&ca, ports) }
    }

    pub fn kill(&self, victim: Victim, processes: &mut [Process]) {
        match victim {
            Victim::Process(number) => processes[number].kill(),
            Victim::Everything => processes.iter_mut().for_each(Process::kill),
            Victim::Database => self.cluster().stop("immediate").unwrap(),
            Victim::Backend => self.cluster().kill_backend().unwrap(),
        }
    }

    /// Starts again what was killed, and waits until it serves.
    pub fn revive(&self, victim: Victim, processes: &mut [Process]) {
        match victim {
            Victim::Process(number) => processes[number] = self.start(number, false),
            Victim::Everything => {
                for (number, process) in processes.iter_mut().enumerate() {
                    *process = self.start(number, false);
                }
            }
            Victim::Database => self.cluster().start_again().unwrap(),
            Victim::Backend => {}
        }
        // By themselves: as many times in a row as there are processes, and once more.
        let (wire, begun, mut well) = (self.wire(), Instant::now(), 0);
        while well < 3 {
            let answer = wire.credentials().unwrap();
            assert!([200, 503].contains(&answer.status), "{answer:?}");
            well = if answer.status == 200 { well + 1 } else { 0 };
            assert!(begun.elapsed() < Duration::from_secs(10), "it does not come back: {answer:?}");
        }
    }

    /// Looks whether the file is sound; a PostgreSQL server recovers by itself or does not start.
    pub fn check_database(&self) {
        if self.cluster.is_some() {
            return;
        }
        let path = self.data().join("countersign.db");
        let url = format!("file:{}?mode=ro", path.display());
        let mut connection = SqliteConnection::establish(&url).unwrap();
        let found: Vec<Integrity> =
            diesel::sql_query("PRAGMA integrity_check").load(&mut connection).unwrap();
        let found: Vec<&str> = found.iter().map(|row| row.integrity_check.as_str()).collect();
        assert_eq!(found, ["ok"]);
    }

    fn cluster(&self) -> &Cluster {
        self.cluster.as_ref().unwrap()
    }
}

#[derive(QueryableByName)]
struct Integrity {
    #[diesel(sql_type = Text)]
    integrity_check: String,
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
