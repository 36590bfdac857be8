use countersign_testkit::block_on;

use super::oneshot;

#[test]
fn a_value_arrives_whether_sent_before_or_after_the_wait_begins() {
    let (sender, receiver) = oneshot();
    sender.send(1);
    assert_eq!(block_on(receiver), Some(1));

    let (sender, receiver) = oneshot();
    let (ready, begin) = std::sync::mpsc::channel::<()>();
    let thread = std::thread::spawn(move || {
        begin.recv().unwrap();
        sender.send(2);
    });
    let mut receiver = receiver;
    let mut ready = Some(ready);
    let value = block_on(std::future::poll_fn(|context| {
        let polled = std::pin::Pin::new(&mut receiver).poll(context);
        if let Some(ready) = ready.take() {
            assert!(polled.is_pending());
            ready.send(()).unwrap();
        }
        polled
    }));
    assert_eq!(value, Some(2));
    thread.join().unwrap();
}

#[test]
fn a_sender_that_goes_without_a_value_ends_the_wait() {
    let (sender, receiver) = oneshot::<()>();
    let thread = std::thread::spawn(move || drop(sender));
    assert_eq!(block_on(receiver), None);
    thread.join().unwrap();
}

#[test]
fn a_sender_knows_when_nobody_waits() {
    let (sender, receiver) = oneshot::<()>();
    assert!(!sender.is_abandoned());
    drop(receiver);
    assert!(sender.is_abandoned());
    sender.send(());
}
