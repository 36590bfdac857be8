use std::sync::mpsc::channel;

use countersign_oauth::FaultKind;
use countersign_testkit::block_on;

use super::*;

const SOON: Duration = Duration::from_secs(60);

fn deadline() -> Deadline {
    Deadline::after(SOON)
}

fn until(what: impl Fn() -> bool) {
    let end = Deadline::after(Duration::from_secs(20));
    while !what() {
        assert!(!end.is_past(), "it did not come");
        std::thread::yield_now();
    }
}

#[test]
fn a_job_runs_and_its_thread_is_started_for_it() {
    let pool = Pool::new(2, 4);
    assert_eq!(pool.0.lock().serving, 0);
    assert_eq!(block_on(pool.run(deadline(), 0, || 7)).unwrap(), 7);
    for _ in 0..100 {
        block_on(pool.run(deadline(), 0, || 7)).unwrap();
    }
    assert_eq!(pool.0.lock().serving, 1, "one after the other needs no second one");
}

#[test]
fn a_full_queue_is_unavailable_at_the_limit_and_one_more() {
    let pool = Arc::new(Pool::new(1, 2));
    let (release, held) = channel::<()>();
    std::thread::scope(|scope| {
        let own = Arc::clone(&pool);
        scope.spawn(move || block_on(own.run(deadline(), 0, move || held.recv().map_or(1, |()| 2))));
        until(|| pool.0.lock().running.len() == 1);
        for waiting in 1..=2 {
            let own = Arc::clone(&pool);
            scope.spawn(move || assert_eq!(block_on(own.run(deadline(), 0, || 3)).unwrap(), 3));
            until(|| pool.0.lock().jobs.len() == waiting);
        }
        let fault = block_on(pool.run(deadline(), 0, || 4)).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Unavailable);
        drop(release);
    });
}

#[test]
fn a_job_that_never_ends_costs_its_own_thread_alone() {
    let pool = Pool::new(1, 4);
    let (release, held) = channel::<()>();
    let soon = Deadline::after(Duration::from_millis(10));
    assert_eq!(block_on(pool.run(soon, -1, move || held.recv().map_or(1, |()| 2))).unwrap(), -1);
    assert_eq!(block_on(pool.run(deadline(), 0, || 5)).unwrap(), 5);
    assert_eq!(pool.0.lock().stuck, 1);
    drop(release);
    until(|| pool.0.lock().stuck == 0);
    assert_eq!(block_on(pool.run(deadline(), 0, || 6)).unwrap(), 6);
}

#[test]
fn time_spent_in_the_queue_counts() {
    let pool = Pool::new(1, 4);
    let past = Deadline::after(Duration::ZERO);
    let fault = block_on(pool.run(past, 0, || 1)).unwrap_err();
    assert_eq!(fault.kind, FaultKind::Unavailable);
}

#[test]
fn a_panic_costs_its_caller_alone() {
    let pool = Pool::new(1, 4);
    let fault = block_on(pool.run(deadline(), 0, || panic!("as a test"))).unwrap_err();
    assert_eq!(fault.kind, FaultKind::Internal);
    assert_eq!(block_on(pool.run(deadline(), 0, || 2)).unwrap(), 2);
}
