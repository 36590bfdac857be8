use countersign_oauth::{Clock, Timestamp};

use super::SystemClock;

#[test]
fn the_system_clock_shows_a_time_of_this_century_and_does_not_stand_still() {
    let first = SystemClock.now();
    assert!(first > Timestamp::from_seconds(1_700_000_000));
    assert!(first < Timestamp::from_seconds(4_102_444_800));
    while SystemClock.now() == first {
        std::hint::spin_loop();
    }
    assert!(SystemClock.now() > first);
}
