//! `cargo xtask layers`: which crate may use which, and what belongs into one crate alone.

mod picture;
mod pure;
mod rules;
mod texts;

use crate::sources;
use crate::work::Work;

/// A floor of the tower.
struct Floor {
    number: u8,
    rooms: &'static [&'static str],
    is: &'static str,
}

/// The tower, from the top. Arrows point down only, and crates of one floor do not see each other.
/// Rooms that are not built yet have their floor already.
const FLOORS: [Floor; 11] = [
    Floor { number: 10, rooms: &["bins/countersign"], is: "the program" },
    Floor { number: 9, rooms: &["server"], is: "composition" },
    Floor {
        number: 8,
        rooms: &[
            "http",
            "crypto",
            "outbound",
            "mail",
            "actions",
            "fake-providers",
            "storage-sqlite",
            "storage-postgres",
            "storage-memory",
        ],
        is: "one foreign world each",
    },
    Floor { number: 7, rooms: &["auth0", "management", "pages"], is: "dialect, administration, face" },
    Floor { number: 6, rooms: &["grants", "openid"], is: "what the server offers" },
    Floor { number: 5, rooms: &["token-endpoint", "authorization-endpoint"], is: "the endpoints" },
    Floor { number: 4, rooms: &["gate"], is: "the one issuance gate" },
    Floor {
        number: 3,
        rooms: &["client-auth", "token", "users", "connections"],
        is: "who calls, for whom, with what",
    },
    Floor { number: 2, rooms: &["mtls", "dpop", "storage"], is: "binding and memory" },
    Floor { number: 1, rooms: &["jose", "pkce"], is: "formats" },
    Floor { number: 0, rooms: &["oauth"], is: "vocabulary" },
];

/// They implement traits of the floors up to [`STARRED_SEE`], and only `server` and tests name them.
const STARRED: [&str; 7] =
    ["crypto", "outbound", "mail", "actions", "storage-sqlite", "storage-postgres", "storage-memory"];
const STARRED_SEE: u8 = 3;

/// A room beside the tower.
struct Beside {
    room: &'static str,
    sees: &'static [&'static str],
    seen_by: &'static [&'static str],
}

/// `storage-schema` serves the SQL backends; the others are for tests.
const BESIDE: [Beside; 4] = [
    Beside {
        room: "storage-schema",
        sees: &["oauth", "jose", "storage"],
        seen_by: &["storage-sqlite", "storage-postgres"],
    },
    Beside { room: "storage-contract", sees: &["oauth", "jose", "storage"], seen_by: &[] },
    Beside { room: "postgres-testbed", sees: &["oauth", "storage-postgres"], seen_by: &[] },
    Beside { room: "testkit", sees: &["oauth", "jose", "storage"], seen_by: &[] },
];

/// Crates of others that belong into few rooms.
const FOREIGN: [(&str, &[&str]); 21] = [
    ("actix-web", &["http", "fake-providers"]),
    ("actix-http", &["http"]),
    ("actix-rt", &["http"]),
    ("argon2", &["crypto"]),
    ("async-std", &[]),
    ("diesel", &["storage-schema", "storage-sqlite", "storage-postgres"]),
    ("diesel-async", &["storage-postgres"]),
    ("diesel_migrations", &["storage-sqlite", "storage-postgres"]),
    ("futures-executor", &[]),
    ("getrandom", &["crypto"]),
    ("hyper", &["outbound"]),
    ("josekit", &["crypto"]),
    ("libsqlite3-sys", &["storage-sqlite"]),
    ("openssl", &["crypto", "http", "storage-postgres", "fake-providers"]),
    ("p256", &["dpop"]),
    ("rand", &["crypto"]),
    ("reqwest", &["outbound"]),
    ("postgres-openssl", &["storage-postgres"]),
    ("rquickjs", &["actions"]),
    ("tokio", &["http", "server", "outbound", "fake-providers", "storage-postgres", "postgres-testbed"]),
    ("tokio-postgres", &["storage-postgres", "postgres-testbed"]),
];

/// No floor up to [`NO_RUNTIME_UP_TO`] has one of these, not even in its tests.
const RUNTIMES: [&str; 7] =
    ["actix-rt", "actix-web", "async-std", "futures-executor", "hyper", "reqwest", "tokio"];
const NO_RUNTIME_UP_TO: u8 = 7;

/// Runs the check, after redrawing the picture if that is asked for.
pub(crate) fn run(write: bool) -> Result<(), String> {
    let work = Work::find()?;
    let metadata = work.metadata(&[])?;
    let packages = rules::packages(&metadata)?;
    let made = pure::follow(&metadata)?;
    let mut faults = Vec::new();
    let document = work.root().join("docs/architecture.md");
    let old = sources::read_text(&document)?;
    let new = picture::redraw(&old, &picture::draw(&packages))?;
    if write {
        sources::write_text(&document, &new)?;
    } else if old != new {
        faults.push("docs/architecture.md has a stale picture: run `cargo xtask layers --write`".to_owned());
    }
    faults.extend(rules::faults(&packages));
    faults.extend(pure::faults(&made));
    let files = sources::read(work.root(), &["bins", "crates", "xtask"], "rs")?;
    faults.extend(texts::faults(&files));
    println!("{}", pure::table(&made));
    if faults.is_empty() {
        println!("{} crates and {} files keep the layers", packages.len(), files.len());
        return Ok(());
    }
    Err(format!("faults against the layers: {}\n{}", faults.len(), faults.join("\n")))
}

/// The floor of a room, if it stands in the tower.
fn floor(room: &str) -> Option<u8> {
    FLOORS.iter().find(|floor| floor.rooms.contains(&room)).map(|floor| floor.number)
}

fn beside(room: &str) -> Option<&'static Beside> {
    BESIDE.iter().find(|beside| beside.room == room)
}

#[cfg(test)]
mod tests;
