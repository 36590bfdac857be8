//! PostgreSQL slow, away and back (RP-15, RP-17).

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use countersign_oauth::Secret;
use countersign_postgres_testbed::Database;
use countersign_server::ServeOptions;
use countersign_storage_postgres::{PostgresOptions, Tls, migrate};
use countersign_testkit::AUDIENCE;

use crate::cluster::Cluster;
use crate::support::{
    Backend, Harness, MACHINE, Request, Response, Store, Tenant, WEB, client_credentials, refresh,
};

/// Few connections and little patience.
fn impatient(url: String) -> PostgresOptions {
    PostgresOptions {
        pool_size: 2,
        acquire_timeout: Duration::from_secs(1),
        statement_timeout: Duration::from_secs(1),
        tls: Tls::Disable,
        ..PostgresOptions::new(Secret::new(url))
    }
}

fn serve(options: &PostgresOptions, processes: usize) -> Harness {
    let backend = if processes == 1 { Backend::Postgres } else { Backend::PostgresPair };
    Harness::over(backend, Store::on(options, processes), Tenant::default(), ServeOptions::default())
}

fn machine(server: &Harness) -> Response {
    server.token(&[MACHINE, &client_credentials(AUDIENCE)].concat())
}

/// The refusal of a server that is busy, or whose database is away.
fn is_busy(answer: &Response) -> bool {
    let busy = answer.status == 503;
    if busy {
        assert_eq!(answer.text("error"), "temporarily_unavailable", "{answer:?}");
        assert!(answer.header("retry-after").unwrap().parse::<u32>().unwrap() > 0, "{answer:?}");
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    busy
}

#[test]
fn rp_17_a_lock_that_is_not_let_go_and_a_pool_that_is_empty_answer_503_in_time_and_both_end() {
    let database = Database::make();
    let server = serve(&impatient(database.url()), 1);
    let tokens = server.web_tokens("openid offline_access", AUDIENCE);
    let token = tokens.text("refresh_token");
    let asked = [WEB, &refresh(&token)].concat();
    thread::scope(|scope| {
        scope.spawn(|| {
            database.execute("BEGIN; LOCK TABLE refresh_tokens IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(10)")
        });
        // Until the lock is taken.
        while server.token(&asked).status == 200 {}
        let held = Instant::now();
        // Two wait for the lock, the rest for a connection.
        let asking: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    let begun = Instant::now();
                    (server.token(&asked), begun.elapsed())
                })
            })
            .collect();
        for asked in asking {
            let (answer, took) = asked.join().unwrap();
            assert!(is_busy(&answer), "{answer:?}");
            // A connection, and up to three statements.
            assert!(took < Duration::from_secs(6), "{took:?}");
        }
        // What needs another table is not held up by it.
        let begun = Instant::now();
        server.get("/.well-known/jwks.json").expect(200);
        assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
        println!("held for {:?}", held.elapsed());
    });
    machine(&server).expect(200);
}

#[test]
fn rp_15_a_database_that_is_restarted_under_load_is_503_while_away_and_nothing_is_honoured_twice() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let cluster = Cluster::start(folder).unwrap();
    let options = impatient(cluster.url("postgres"));
    migrate::apply(&options).unwrap();
    let server = serve(&options, 2);
    for process in [0, 1] {
        for document in ["jwks.json", "openid-configuration"] {
            let request = Request::get(server.url(&format!("/.well-known/{document}")));
            server.client_of(process).send(&request).expect(200);
        }
    }
    let codes: Vec<String> = (0..60).map(|_| server.web_code("openid", AUDIENCE)).collect();
    let stop = AtomicBool::new(false);
    let redeemed = thread::scope(|scope| {
        let ends = Stop(&stop);
        let machines: Vec<_> = (0..4).map(|_| scope.spawn(|| work(&server, &stop))).collect();
        let redeeming: Vec<_> = codes
            .chunks(15)
            .map(|codes| scope.spawn(|| codes.iter().map(|code| redeem(&server, code, &stop)).sum::<usize>()))
            .collect();
        for mode in ["fast", "immediate", "immediate"] {
            cluster.stop(mode).unwrap();
            let away = machine(&server);
            assert!(is_busy(&away), "{away:?}");
            for document in ["jwks.json", "openid-configuration"] {
                server.get(&format!("/.well-known/{document}")).expect(200);
            }
            wait_for(Duration::from_secs(10), || server.get("/readyz").status == 503);
            cluster.start_again().unwrap();
            // By itself: within five seconds, and more on a busy machine.
            wait_for(Duration::from_secs(10), || machine(&server).status == 200);
        }
        let redeemed: usize = redeeming.into_iter().map(|thread| thread.join().unwrap()).sum();
        drop(ends);
        let answered: usize = machines.into_iter().map(|thread| thread.join().unwrap()).sum();
        assert!(answered > 0);
        redeemed
    });
    println!("{redeemed} of {} codes redeemed", codes.len());
    // Whoever heard nothing but 503 may have spent his code; nobody gets tokens for it once more.
    for code in &codes {
        let answer = server.web_exchange(code);
        assert_eq!((answer.status, answer.text("error").as_str()), (403, "invalid_grant"), "{answer:?}");
    }
    wait_for(Duration::from_secs(10), || server.get("/readyz").status == 200);
}

/// Tells the threads to stop, also where the test fails.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Gets tokens until told to stop; answers how many.
fn work(server: &Harness, stop: &AtomicBool) -> usize {
    let mut answered = 0;
    while !stop.load(Ordering::SeqCst) {
        let answer = machine(server);
        assert!(answer.status == 200 || is_busy(&answer), "{answer:?}");
        answered += usize::from(answer.status == 200);
    }
    answered
}

/// Shows a code until somebody says something else than 503; answers how often it brought tokens.
fn redeem(server: &Harness, code: &str, stop: &AtomicBool) -> usize {
    while !stop.load(Ordering::SeqCst) {
        let answer = server.web_exchange(code);
        if is_busy(&answer) {
            // Not at once again: the server says how long to wait.
            thread::sleep(Duration::from_millis(300));
            continue;
        }
        // 403: an exchange whose answer was 503 has reached the database after all.
        assert!([200, 403].contains(&answer.status), "{answer:?}");
        return usize::from(answer.status == 200);
    }
    0
}

fn wait_for(limit: Duration, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < limit, "not within {limit:?}");
        thread::sleep(Duration::from_millis(100));
    }
}
