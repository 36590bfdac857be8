use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use diesel::sql_types::Text;
use diesel::{Connection as _, QueryableByName, RunQueryDsl as _, SqliteConnection};

use crate::administrator::Administrator;
use crate::audit::audit;
use crate::dice::Dice;
use crate::http::Client;
use crate::process::{Process, countersign};
use crate::tenant::{self, Wire};
use crate::worker::Worker;

/// As many requests are in flight.
const WORKERS: usize = 64;
const PASSWORD: &str = "a password of many users";
/// Kills, unless the environment says another number.
const KILLS: u64 = 25;
/// How long a start may take.
const READY: Duration = Duration::from_secs(3);

#[test]
fn rp_01_a_kill_under_load_loses_nothing_and_nothing_is_honoured_twice() {
    let seed = Dice::seed();
    println!("COUNTERSIGN_TEST_SEED={seed} repeats this");
    let kills = std::env::var("COUNTERSIGN_TEST_KILLS").map_or(KILLS, |kills| kills.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    tenant::write(folder.path(), WORKERS + 1, PASSWORD);
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let issuer = format!("http://localhost:{port}/");
    let mut server = start(folder.path(), &issuer, true);
    // Any authority will do: nothing here speaks TLS.
    let ca = std::fs::read_to_string(folder.path().join("data/ca.pem")).unwrap();
    let wire = || Wire { base: format!("http://localhost:{port}"), client: Client::new(&ca) };

    let mut dice = Dice::new(seed);
    let mut workers: Vec<Worker> = (0..WORKERS)
        .map(|n| Worker::new(wire(), tenant::email(n), PASSWORD, Dice::new(dice.below(u64::MAX))))
        .collect();
    let data = folder.path().join("data");
    let mut administrator = Administrator::new(data.clone(), wire(), tenant::email(WORKERS), PASSWORD);
    let mut keys = wire().keys();
    thread::scope(|scope| {
        for worker in &mut workers {
            scope.spawn(|| worker.begin_well());
        }
    });
    for kill in 1..=kills {
        let after = Duration::from_millis(100 + dice.below(800));
        load(&mut workers, &mut administrator, &mut server, after);
        let begun = Instant::now();
        server = start(folder.path(), &issuer, false);
        assert!(begun.elapsed() < READY, "a start after a kill took {:?}", begun.elapsed());
        println!("kill {kill} after {after:?}, ready again within {:?}", begun.elapsed());
        check_database(&data.join("countersign.db"));
        let now = wire().keys();
        assert!(keys.iter().all(|key| now.contains(key)), "a key is gone: {keys:?}, now {now:?}");
        keys = now;
        for worker in &mut workers {
            // Connections to the server that is dead are of no use.
            worker.wire.client = Client::new(&ca);
            worker.browser.client = worker.wire.client.clone();
        }
        thread::scope(|scope| {
            for worker in &mut workers {
                let keys = &keys;
                scope.spawn(move || audit(worker, keys, kill == kills));
            }
        });
        administrator.audit();
        let wrong = workers.iter().flat_map(|worker| &worker.ledger.wrong).chain(&administrator.wrong);
        let wrong: Vec<&String> = wrong.collect();
        assert!(wrong.is_empty(), "seed {seed}, kill {kill}, {} faults: {:#?}", wrong.len(), wrong.first());
    }
    server.signal("TERM");
    assert_eq!(server.wait(), Some(0));
    report(&workers, &administrator);
}

fn start(folder: &Path, issuer: &str, first: bool) -> Process {
    let path = |name: &str| folder.join(name).display().to_string();
    let mut command = countersign(&["dev", "--data", &path("data"), "--issuer", issuer]);
    command.args(["--log-level", "warn", "--login-attempts-per-address", "0", "--password-queue", "256"]);
    command.args(["--password-memory-kib", "8", "--password-iterations", "1"]);
    if first {
        command.args(["--tenant", &path("tenant.yaml"), "--users", &path("users.json")]);
    }
    Process::start(command, "Ctrl-C stops it")
}

/// Lets everybody work, and kills the server in the middle of it.
fn load(workers: &mut [Worker], administrator: &mut Administrator, server: &mut Process, after: Duration) {
    let stop = AtomicBool::new(false);
    // Nothing is sent: when every worker has given up, there is nothing to wait for.
    let (alarm, alarms) = mpsc::channel::<()>();
    thread::scope(|scope| {
        for worker in workers {
            let (stop, alarm) = (&stop, alarm.clone());
            scope.spawn(move || {
                let _alarm = alarm;
                while let Ok(()) = worker.step().map_err(|away| {
                    if !stop.load(Ordering::SeqCst) {
                        worker.ledger.wrong.push(format!("the server went away by itself: {}", away.0));
                    }
                }) {}
            });
        }
        drop(alarm);
        scope.spawn(|| administrator.work(&stop));
        let _ = alarms.recv_timeout(after);
        stop.store(true, Ordering::SeqCst);
        server.kill();
    });
}

#[derive(QueryableByName)]
struct Integrity {
    #[diesel(sql_type = Text)]
    integrity_check: String,
}

fn check_database(path: &Path) {
    let mut connection = SqliteConnection::establish(&format!("file:{}?mode=ro", path.display())).unwrap();
    let found: Vec<Integrity> = diesel::sql_query("PRAGMA integrity_check").load(&mut connection).unwrap();
    let found: Vec<&str> = found.iter().map(|row| row.integrity_check.as_str()).collect();
    assert_eq!(found, ["ok"]);
}

/// Says what was tried, and fails where something was not.
fn report(workers: &[Worker], administrator: &Administrator) {
    let kinds = [
        "login",
        "code",
        "code race",
        "refresh",
        "refresh race",
        "revoke",
        "reuse",
        "replay",
        "client credentials",
    ];
    for kind in kinds {
        let answered: u32 = workers.iter().filter_map(|worker| worker.ledger.answered.get(kind)).sum();
        let cut: u32 = workers.iter().filter_map(|worker| worker.ledger.unanswered.get(kind)).sum();
        println!("{kind}: {answered} answered, {cut} in flight at a kill");
        assert!(answered > 0, "no {kind} was answered");
    }
    let (answered, cut) = (administrator.answered, administrator.unanswered);
    println!("user changes: {answered} acknowledged, {cut} cut short");
    assert!(answered > 0);
}
