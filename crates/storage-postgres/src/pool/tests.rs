use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Place, QUEUE};

#[test]
fn the_queue_is_bounded_and_counted() {
    let waiting = AtomicUsize::new(0);
    let places: Vec<_> = (0..QUEUE).map(|_| Place::take(&waiting).unwrap()).collect();
    assert_eq!(waiting.load(Ordering::Relaxed), QUEUE);
    assert!(Place::take(&waiting).is_err());
    assert_eq!(waiting.load(Ordering::Relaxed), QUEUE, "who is refused does not count");
    drop(places);
    assert_eq!(waiting.load(Ordering::Relaxed), 0);
    assert!(Place::take(&waiting).is_ok());
}
