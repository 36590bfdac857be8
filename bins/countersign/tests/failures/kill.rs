use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::administrator::Administrator;
use crate::audit::audit;
use crate::dice::Dice;
use crate::process::Process;
use crate::site::{Site, Victim};
use crate::tenant;
use crate::worker::Worker;

/// As many requests are in flight.
const WORKERS: usize = 64;
const PASSWORD: &str = "a password of many users";
/// Kills, unless the environment says another number.
const KILLS: u64 = 25;
const KILLS_ON_POSTGRES: u64 = 20;
/// How long the start of a process may take.
const READY: Duration = Duration::from_secs(3);

#[test]
fn rp_01_a_kill_under_load_loses_nothing_and_nothing_is_honoured_twice() {
    let site = Site::on_sqlite();
    run(&site, KILLS, |_| Victim::Everything);
}

#[test]
fn rp_01_rp_15_nor_on_postgresql_whichever_of_two_processes_and_the_database_is_killed() {
    let site = Site::on_postgres();
    run(&site, KILLS_ON_POSTGRES, |kill| match kill % 10 {
        5 => Victim::Database,
        0 => Victim::Backend,
        1 | 4 | 7 => Victim::Process(0),
        2 | 8 => Victim::Process(1),
        _ => Victim::Everything,
    });
}

/// Kills again and again under load, and compares the ledger each time.
fn run(site: &Site, kills: u64, victim: impl Fn(u64) -> Victim) {
    let seed = Dice::seed();
    println!("COUNTERSIGN_TEST_SEED={seed} repeats this");
    let kills = std::env::var("COUNTERSIGN_TEST_KILLS").map_or(kills, |kills| kills.parse().unwrap());
    tenant::write(site.folder.path(), WORKERS + 1, PASSWORD);
    let mut processes: Vec<Process> =
        (0..site.ports.len()).map(|number| site.start(number, number == 0)).collect();
    let mut dice = Dice::new(seed);
    let mut workers: Vec<Worker> = (0..WORKERS)
        .map(|n| Worker::new(site.wire(), tenant::email(n), PASSWORD, Dice::new(dice.below(u64::MAX))))
        .collect();
    let mut administrator =
        Administrator::new(site.data(), site.wire(), tenant::email(WORKERS), PASSWORD, &site.store);
    let mut keys = site.wire().keys();
    thread::scope(|scope| {
        for worker in &mut workers {
            scope.spawn(|| worker.begin_well());
        }
    });
    for kill in 1..=kills {
        let after = Duration::from_millis(100 + dice.below(800));
        let victim = victim(kill);
        load(&mut workers, &mut administrator, after, || site.kill(victim, &mut processes));
        let begun = Instant::now();
        site.revive(victim, &mut processes);
        let ready = READY * u32::try_from(processes.len()).unwrap();
        assert!(begun.elapsed() < ready, "a start after a kill took {:?}", begun.elapsed());
        println!("kill {kill} of {victim:?} after {after:?}, ready again within {:?}", begun.elapsed());
        site.check_database();
        let now = site.wire().keys();
        assert!(keys.iter().all(|key| now.contains(key)), "a key is gone: {keys:?}, now {now:?}");
        keys = now;
        for worker in &mut workers {
            // Connections to the server that is dead are of no use.
            worker.wire.client = site.wire().client;
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
    for process in &mut processes {
        process.signal("TERM");
        assert_eq!(process.wait(), Some(0));
    }
    report(&workers, &administrator);
}

/// Lets everybody work, and kills in the middle of it. Who noticed nothing, because a database was back at once,
/// stops when it is over.
fn load(workers: &mut [Worker], administrator: &mut Administrator, after: Duration, kill: impl FnOnce()) {
    let (stop, over) = (AtomicBool::new(false), AtomicBool::new(false));
    // Nothing is sent: when every worker has given up, there is nothing to wait for.
    let (alarm, alarms) = mpsc::channel::<()>();
    thread::scope(|scope| {
        for worker in workers {
            let (stop, over, alarm) = (&stop, &over, alarm.clone());
            scope.spawn(move || {
                let _alarm = alarm;
                while !over.load(Ordering::SeqCst) {
                    let Err(away) = worker.step() else { continue };
                    if !stop.load(Ordering::SeqCst) {
                        worker.ledger.wrong.push(format!("the server went away by itself: {}", away.0));
                    }
                    return;
                }
            });
        }
        drop(alarm);
        scope.spawn(|| administrator.work(&stop));
        let _ = alarms.recv_timeout(after);
        stop.store(true, Ordering::SeqCst);
        kill();
        over.store(true, Ordering::SeqCst);
    });
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
