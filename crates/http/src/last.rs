use std::sync::{Arc, PoisonError, RwLock};

use countersign_oauth::{Fault, FaultKind, Seconds, Timestamp};

/// How old an answer may be that is given while the store is away: as old as we let caches keep it.
const STALE: Seconds = Seconds(86_400);

/// What was last read of something that everybody may read, for the time while the store is away.
#[derive(Debug)]
pub struct LastRead<T>(RwLock<Option<(Timestamp, Arc<T>)>>);

impl<T> Default for LastRead<T> {
    fn default() -> Self {
        Self(RwLock::default())
    }
}

impl<T> LastRead<T> {
    /// What was read now, or else what was read before, if the store is away and that is not too old.
    ///
    /// # Errors
    /// Why nothing was read.
    pub(crate) fn or_before(&self, read: Result<T, Fault>, now: Timestamp) -> Result<Arc<T>, Fault> {
        match read {
            Ok(value) => {
                let value = Arc::new(value);
                *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some((now, Arc::clone(&value)));
                Ok(value)
            }
            Err(fault) if matches!(fault.kind, FaultKind::Unavailable) => {
                let before = self.0.read().unwrap_or_else(PoisonError::into_inner).clone();
                before.filter(|(at, _)| at.plus(STALE) >= now).map(|(_, value)| value).ok_or(fault)
            }
            Err(fault) => Err(fault),
        }
    }
}

#[cfg(test)]
mod tests {
    use countersign_oauth::{Fault, Seconds, Timestamp};

    use super::{LastRead, STALE};

    const NOW: Timestamp = Timestamp::from_millis(1_000_000);

    #[test]
    fn what_was_read_before_stands_in_for_a_store_that_is_away_and_for_a_day() {
        let last = LastRead::default();
        let away = || Err(Fault::unavailable("away"));
        assert!(last.or_before(away(), NOW).is_err(), "nothing was read yet");
        assert_eq!(*last.or_before(Ok(1), NOW).unwrap(), 1);
        assert_eq!(*last.or_before(away(), NOW.plus(STALE)).unwrap(), 1);
        assert!(last.or_before(away(), NOW.plus(Seconds(STALE.0 + 1))).is_err());
        assert!(last.or_before(Err(Fault::internal("broken")), NOW).is_err());
        assert_eq!(*last.or_before(Ok(2), NOW).unwrap(), 2);
    }
}
