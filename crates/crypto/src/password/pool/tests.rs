use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::channel;
use std::task::{Context, Waker};
use std::time::Duration;

use countersign_oauth::FaultKind;
use countersign_testkit::block_on;

use super::Pool;

#[test]
fn jobs_run_off_the_callers_thread_and_answer_it() {
    let pool = Pool::start(2, 4, 8).unwrap();
    let caller = std::thread::current().id();
    let worker = block_on(pool.run(|_| std::thread::current().id())).unwrap();
    assert_ne!(worker, caller);
    assert_eq!(pool.waiting(), 0);
}

#[test]
fn a_full_queue_is_unavailable_at_once_and_good_again_when_it_drains() {
    const QUEUE: usize = 3;
    let pool = Pool::start(1, QUEUE, 8).unwrap();
    let (release, released) = channel::<()>();
    let (started, has_started) = channel::<()>();
    let mut context = Context::from_waker(Waker::noop());

    let mut blocking = pin!(pool.run(move |_| {
        started.send(()).unwrap();
        released.recv().unwrap();
    }));
    assert!(blocking.as_mut().poll(&mut context).is_pending());
    has_started.recv().unwrap();

    let mut waiting: Vec<_> = (0..QUEUE).map(|number| Box::pin(pool.run(move |_| number))).collect();
    for job in &mut waiting {
        assert!(job.as_mut().poll(&mut context).is_pending(), "the limit itself is taken");
    }
    assert_eq!(pool.waiting(), QUEUE);
    let refused = block_on(pool.run(|_| ())).unwrap_err();
    assert_eq!(refused.kind, FaultKind::Unavailable);
    assert_eq!(pool.waiting(), QUEUE);

    release.send(()).unwrap();
    block_on(blocking).unwrap();
    for (number, job) in waiting.into_iter().enumerate() {
        assert_eq!(block_on(job).unwrap(), number);
    }
    assert_eq!(block_on(pool.run(|_| 7)).unwrap(), 7);
}

#[test]
fn a_job_whose_caller_has_gone_is_left_out() {
    let pool = Pool::start(1, 4, 8).unwrap();
    let (release, released) = channel::<()>();
    let ran = Arc::new(AtomicU32::new(0));
    let mut context = Context::from_waker(Waker::noop());
    let mut blocking = Box::pin(pool.run(move |_| released.recv().unwrap()));
    assert!(blocking.as_mut().poll(&mut context).is_pending());
    let counter = Arc::clone(&ran);
    let mut abandoned = Box::pin(pool.run(move |_| counter.fetch_add(1, Ordering::SeqCst)));
    assert!(abandoned.as_mut().poll(&mut context).is_pending());
    drop(abandoned);
    release.send(()).unwrap();
    block_on(blocking).unwrap();
    block_on(pool.run(|_| ())).unwrap();
    assert_eq!(ran.load(Ordering::SeqCst), 0);
}

#[test]
fn a_job_that_panics_is_a_fault_of_its_caller_alone() {
    let pool = Pool::start(1, 4, 8).unwrap();
    let fault = block_on(pool.run(|_| panic!("on purpose"))).map(|(): ()| ()).unwrap_err();
    assert_eq!(fault.kind, FaultKind::Internal);
    assert_eq!(block_on(pool.run(|_| 1)).unwrap(), 1);
}

#[test]
fn memory_of_any_size_is_lent() {
    let pool = Pool::start(1, 1, 8).unwrap();
    for blocks in [1, 8, 9, 64] {
        assert_eq!(block_on(pool.run(move |memory| memory.lend(blocks, |lent| lent.len()))).unwrap(), blocks);
    }
    assert!(Pool::start(0, 1, 8).is_err());
}

#[test]
fn a_thread_that_is_left_alone_gives_its_memory_back() {
    let pool = Pool::start_with(1, 1, 8, Duration::from_millis(1)).unwrap();
    let held_after = |pause| {
        assert_eq!(block_on(pool.run(|memory| memory.lend(8, |lent| lent.len()))).unwrap(), 8);
        let (_never, nothing) = channel::<()>();
        nothing.recv_timeout(pause).unwrap_err();
        block_on(pool.run(|memory| memory.is_held())).unwrap()
    };
    assert!(!held_after(Duration::from_millis(200)));
    let pool = Pool::start(1, 1, 8).unwrap();
    block_on(pool.run(|memory| memory.lend(8, |_| ()))).unwrap();
    assert!(block_on(pool.run(|memory| memory.is_held())).unwrap(), "held while there is work");
}
